// SPDX-License-Identifier: Apache-2.0
// What an installation answers whatever its app: words, invitations, outbox, and how it links another device.
#include "replica/house_operations.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "crypto/words.h"
#include "kith/base64.h"
#include "kith/shape.h"
#include "replica/doorstep.h"
#include "replica/journal.h"
#include "replica/linking.h"
#include "replica/testing/desk.h"
#include "space/rescue.h"

namespace kith::replica {
namespace {

using testing::key_of;
using testing::must;

/// What a shell command prints.
std::string answer_of(const std::string& command) {
  std::string out;
  char part[256];
  FILE* const pipe = ::popen(command.c_str(), "r");
  while (std::fgets(part, sizeof part, pipe) != nullptr) out += part;
  ::pclose(pipe);
  return out;
}

/// A founder's installation, or one that is to be linked.
class TestHouse final : public testing::Desk, public House {
 public:
  using Desk::Desk;

  void found() {
    keys_.entropy.emplace().fill(0x5a);
    words = crypto::words_from_entropy(*keys_.entropy);
    const crypto::Key root = crypto::derive_root(crypto::seed_from_words(words));
    keys_.root = root;
    space::SpaceKeys keys;
    personal_ = must(space::Space::found(environment(), options("personal.kith"), root, crypto::personal_lineage(root),
                                         HostKey{}, keys));
    shared_ = must(space::Space::found(environment(), options("space.kith"), root, Lineage{}, HostKey{}, keys));
    memory_ = must(Memory::open(shared_->store().db()));
  }
  void link(const LinkRequest& request, const LinkAnswer& answer) {
    space::SpaceKeys keys = request.personal_keys;
    personal_ =
        must(space::Space::link(environment(), options("personal.kith"), request.personal, answer.personal, keys));
    keys = request.space_keys;
    shared_ = must(space::Space::link(environment(), options("space.kith"), request.space, answer.space.value(), keys));
  }
  Pos post(std::uint64_t rest_ms) {
    return must(shared_->write("post written", {.rest_ms = rest_ms},
                               [&](Writer& writer) {
                                 return writer.exec("INSERT INTO posts(id, body) VALUES (?, 'x')", {shared_->new_id()});
                               }))
        .pos;
  }
  /// Also holds the answer against the type that is promised for it.
  Result<Json> ask(std::string_view name, Json arguments = Json::object({})) {
    const OperationTable& table = house_operations();
    const Json answer = KITH_TRY(kith::call(table, *this, name, arguments));
    const auto fits = check_shape(answer, table.find(name)->result, table.types, "The answer");
    EXPECT_TRUE(fits.ok()) << name << ": " << (fits.ok() ? "" : fits.error().message()) << "\n" << answer.dump();
    return answer;
  }
  ErrorCode refusal(std::string_view name, Json arguments = Json::object({})) {
    const auto answer = ask(name, std::move(arguments));
    return answer.ok() ? ErrorCode::kInternal : answer.error().code();
  }

  // -- House
  space::Space* shared_space() override { return shared_.get(); }
  space::Space* personal_space() override { return personal_.get(); }
  space::Keyring& keyring() override { return keys_; }
  Result<void> save_keys() override {
    ++saves;
    return {};
  }
  std::vector<std::string> addresses() override { return {"/ip4/192.168.1.20/tcp/8440"}; }
  std::string name_of(const PersonId& person) override { return person == shared_->person() ? "Ana" : ""; }
  Seq left() const override { return left_; }
  Memory* memory() override { return &*memory_; }
  Result<std::string> title_of(std::string_view table, const std::string& key) override {
    const Rows found = KITH_TRY(space().query("SELECT body FROM posts WHERE id = ?", {key}));
    return std::string(table) + ": " + std::get<std::string>(found.rows.at(0).at(0));
  }
  Result<std::vector<KnownPlace>> known_places() override {
    return std::vector<KnownPlace>{{shared_->lineage(), {}, "Elm Street"}, {Lineage{key_of(8).data}, {}, "Oak Street"}};
  }
  Result<void> note_device(const OwnDevice& device) override {
    noted.push_back(device);
    return {};
  }
  Result<std::vector<OwnDevice>> own_devices() override { return noted; }
  Result<void> take_along(Tables& tables) override {
    return tables.add("posts", KITH_TRY(space().query("SELECT id, body FROM posts")));
  }
  bool has_space() override { return shared_ != nullptr; }
  Database& space() override { return *shared_; }
  Database& personal() override { return *personal_; }
  Freshness freshness() override { return {}; }

 private:
  space::Keyring keys_;
  std::unique_ptr<space::Space> personal_, shared_;
  std::optional<Memory> memory_;
  Seq left_;

 public:
  /// Everything sealed has left, at this moment.
  void leave() {
    left_ = shared_->log().own_next();
    must(memory_->add_departure({left_, clock.wall_ms()}));
  }
  std::string words;
  int saves = 0;
  std::vector<OwnDevice> noted;  // what the personal space says, where it has arrived
};

class HouseOperations : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::start().ok());
    ana.found();
  }
  TestHouse ana{1};
};

TEST_F(HouseOperations, words_are_shown_practised_and_forgotten) {
  EXPECT_EQ(ana.refusal("words.forget"), ErrorCode::kRefused) << "words that nobody has seen";
  const auto shown = ana.ask("words.show");
  ASSERT_TRUE(shown.ok());
  ASSERT_EQ(shown->at("words").items().size(), 12u);
  EXPECT_EQ(ana.keyring().words, space::WordsState::kSeen);
  const std::string third = shown->at("words").items()[2].text().value_or("");
  EXPECT_EQ(ana.ask("words.check", Json::object({{"word", third}, {"index", 2}}))->at("ok").boolean(), true);
  EXPECT_EQ(ana.ask("words.check", Json::object({{"word", "zoo"}, {"index", 2}}))->at("ok").boolean(), false);
  EXPECT_EQ(ana.refusal("words.check", Json::object({{"word", "zoo"}, {"index", 12}})), ErrorCode::kUsage);
  ASSERT_TRUE(ana.ask("words.practised").ok());
  EXPECT_EQ(words_state_name(ana.keyring().words), "practised");
  const int saves = ana.saves;
  ASSERT_TRUE(ana.ask("words.forget").ok());
  EXPECT_EQ(ana.saves, saves + 1);
  EXPECT_FALSE(ana.keyring().root.has_value());
  EXPECT_FALSE(ana.shared_space()->keys().person_root.has_value());
  EXPECT_EQ(ana.refusal("words.show"), ErrorCode::kNotFound);
}

TEST_F(HouseOperations, what_rests_and_what_has_not_left_is_in_the_outbox) {
  ana.post(0);
  must(ana.shared_space()->tick());
  const Pos resting = ana.post(10'000);
  const auto outbox = ana.ask("replica.outbox");
  ASSERT_TRUE(outbox.ok());
  const Json::Array& items = outbox->at("items").items();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].at("why").text(), "resting");
  EXPECT_EQ(items[0].at("pos").integer(), resting.value);
  EXPECT_EQ(items[0].at("event").text(), "post written");
  EXPECT_EQ(items[0].at("title").text(), "posts: x");
  EXPECT_EQ(items[1].at("why").text(), "offline");
  EXPECT_EQ(ana.ask("replica.undo")->at("taken_back").integer(), resting.value);
  EXPECT_EQ(ana.refusal("replica.undo"), ErrorCode::kRefused);
  EXPECT_EQ(ana.ask("replica.outbox")->at("items").items().size(), 1u);
}

TEST_F(HouseOperations, what_has_left_is_listed_with_when) {
  const auto write = [&] {
    ana.post(0);
    must(ana.shared_space()->tick());
    ana.clock.advance(60'000);
  };
  write();
  EXPECT_TRUE(ana.ask("replica.departed")->at("items").items().empty());
  const std::uint64_t first = ana.clock.wall_ms();
  ana.leave();
  write();
  write();
  const std::uint64_t second = ana.clock.wall_ms();
  ana.leave();
  write();
  const Json answer = must(ana.ask("replica.departed"));
  const Json::Array& items = answer.at("items").items();
  ASSERT_EQ(items.size(), 3u) << "not the one that is still here";
  EXPECT_EQ(items[0].at("left_ms").integer(), static_cast<std::int64_t>(second));
  EXPECT_EQ(items[1].at("left_ms").integer(), static_cast<std::int64_t>(second));
  EXPECT_EQ(items[2].at("left_ms").integer(), static_cast<std::int64_t>(first));
  EXPECT_EQ(items[2].at("title").text(), "posts: x");
}

TEST_F(HouseOperations, a_door_tells_the_holder_of_an_invitation_and_nobody_else) {
  const auto made = must(ana.ask("replica.invite", Json::object({{"uses", 1}})));
  const auto invitation = must(space::Invitation::parse(made.at("link").text().value()));
  const auto other = must(space::Invitation::parse(must(ana.ask("replica.invite")).at("link").text().value()));
  const auto key = SignPublic::from(*from_hex(made.at("id").text().value())).value();
  EXPECT_EQ(doorstep_path(invitation), "/invitations/" + key.hex());
  const space::InviteState& state = *ana.shared_space()->authority().invite(key);
  EXPECT_EQ(invite_state(state, ana.clock.wall_ms()), "open");
  EXPECT_EQ(invite_state(state, state.expires_ms + 1), "expired");
  const Bytes sealed = must(seal_for_holder(ana.random, state, "Linden Row"));
  EXPECT_EQ(must(open_as_holder(invitation, sealed)), "Linden Row");
  EXPECT_EQ(open_as_holder(other, sealed).error().code(), ErrorCode::kCannotOpen);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(open_as_holder(invitation, changed).ok()) << "byte " << i;
    EXPECT_FALSE(open_as_holder(invitation, ByteView(sealed).first(i)).ok()) << "cut off at " << i;
  }
  must(ana.shared_space()->revoke_invite(key));
  EXPECT_EQ(invite_state(*ana.shared_space()->authority().invite(key), ana.clock.wall_ms()), "unknown");
}

TEST_F(HouseOperations, what_is_taken_along_is_a_database_that_comes_in_pieces) {
  constexpr int kPosts = 30'000;  // more than one piece
  must(ana.shared_space()->write("post written", {}, [&](Writer& writer) -> Result<void> {
    for (int i = 0; i < kPosts; ++i) {
      KITH_TRY(
          writer.exec("INSERT INTO posts(id, body) VALUES (?, 'Lost: a grey cat')", {ana.shared_space()->new_id()}));
    }
    return {};
  }));
  Json piece = must(ana.ask("replica.export"));
  const std::string file = piece.at("file").text().value();
  Bytes all;
  int pieces = 0;
  for (;;) {
    const auto bytes = from_base64(piece.at("data").text().value());
    ASSERT_TRUE(bytes.has_value());
    all.insert(all.end(), bytes->begin(), bytes->end());
    ++pieces;
    const auto next = piece.at("next").integer();
    if (!next) break;
    ASSERT_EQ(*next, static_cast<std::int64_t>(all.size()));
    piece = must(ana.ask("replica.export", Json::object({{"file", file}, {"from", *next}})));
  }
  EXPECT_GT(pieces, 1);
  EXPECT_EQ(piece.at("bytes").integer(), static_cast<std::int64_t>(all.size()));
  store::testing::Directory directory;
  const std::string path = directory.file("taken.sqlite");
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(all.size()));
  EXPECT_EQ(answer_of("sqlite3 " + path +
                      " 'PRAGMA integrity_check; SELECT count(*) FROM posts; SELECT group_concat(name) FROM "
                      "sqlite_schema WHERE sql IS NOT NULL'"),
            "ok\n30000\nposts\n");
  EXPECT_EQ(ana.refusal("replica.export", Json::object({{"file", file}, {"from", 0}})), ErrorCode::kNotFound)
      << "it is held no longer than it is asked for";
  EXPECT_EQ(ana.refusal("replica.export", Json::object({{"from", -1}})), ErrorCode::kUsage);
}

TEST_F(HouseOperations, an_invitation_is_made_listed_and_withdrawn) {
  const auto made = ana.ask("replica.invite", Json::object({{"uses", 3}}));
  ASSERT_TRUE(made.ok());
  const auto invites = ana.ask("replica.invites");
  ASSERT_EQ(invites->at("invites").items().size(), 1u);
  const Json& one = invites->at("invites").items()[0];
  EXPECT_EQ(one.at("invite").text(), made->at("id").text());
  EXPECT_EQ(one.at("uses").integer(), 3);
  EXPECT_EQ(one.at("name").text(), "Ana");
  ASSERT_TRUE(ana.ask("replica.revoke", Json::object({{"invite", *made->at("id").text()}})).ok());
  EXPECT_EQ(ana.ask("replica.invites")->at("invites").items()[0].at("revoked").boolean(), true);
  EXPECT_EQ(ana.refusal("replica.revoke", Json::object({{"invite", "12"}})), ErrorCode::kUsage);
  EXPECT_EQ(ana.refusal("replica.invite", Json::object({{"days", 0}})), ErrorCode::kUsage);
}

TEST_F(HouseOperations, the_journal_is_read_page_by_page) {
  for (int i = 0; i < 3; ++i) ana.post(0);
  const auto all = ana.ask("replica.log");
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->at("next").is_null());
  const auto first = ana.ask("replica.log", Json::object({{"limit", 2}}));
  ASSERT_EQ(first->at("entries").items().size(), 2u);
  const auto next = first->at("next").integer();
  ASSERT_TRUE(next.has_value());
  const auto rest = ana.ask("replica.log", Json::object({{"after", *next}}));
  EXPECT_EQ(rest->at("entries").items().size() + 2, all->at("entries").items().size());
}

TEST_F(HouseOperations, the_rescue_code_comes_with_those_of_other_places) {
  const auto rescue = ana.ask("replica.rescue");
  ASSERT_TRUE(rescue.ok());
  EXPECT_EQ(rescue->at("code").text(), space::rescue_code(ana.shared_space()->lineage()));
  ASSERT_EQ(rescue->at("others").items().size(), 1u);
  EXPECT_EQ(rescue->at("others").items()[0].at("name").text(), "Oak Street");
}

TEST_F(HouseOperations, another_device_is_linked_by_two_texts_and_retired_with_the_words) {
  TestHouse phone(2);
  const LinkRequest request = make_link_request(phone.random);
  const auto made = ana.ask("replica.link", Json::object({{"code", request.code()}}));
  ASSERT_TRUE(made.ok()) << made.error().message();
  const auto answer = parse_link_answer(*made->at("answer").text());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->addresses, ana.addresses());
  phone.link(request, *answer);
  EXPECT_EQ(phone.shared_space()->person(), ana.shared_space()->person());
  EXPECT_EQ(phone.personal_space()->id(), ana.personal_space()->id());
  EXPECT_NE(phone.shared_space()->log().own(), ana.shared_space()->log().own());
  EXPECT_EQ(phone.refusal("replica.link", Json::object({{"code", request.code()}})), ErrorCode::kBadWords)
      << "a linked device has no words";
  const DeviceId lost = ana.shared_space()->log().own();
  const DeviceId lost_personal = ana.personal_space()->log().own();
  must(ana.note_own_device());
  phone.noted = ana.noted;
  ASSERT_EQ(phone.noted.size(), 2u) << "whoever links a device says which logs are its";
  EXPECT_EQ(phone.noted[0].personal, phone.personal_space()->log().own());
  EXPECT_EQ(phone.noted[0].device, phone.shared_space()->log().own());
  EXPECT_EQ(phone.refusal("replica.retire", Json::object({{"device", lost.hex()}})), ErrorCode::kBadWords);
  const auto retired = phone.ask("replica.retire", Json::object({{"device", lost.hex()}, {"words", ana.words}}));
  ASSERT_TRUE(retired.ok()) << retired.error().message();
  EXPECT_EQ(retired->at("own_space").boolean(), true);
  EXPECT_TRUE(phone.personal_space()->authority().device(lost_personal)->retired_at.has_value());
  EXPECT_FALSE(phone.personal_space()->authority().device(phone.noted[0].personal)->retired_at.has_value());
  EXPECT_FALSE(phone.personal_space()->keys().person_root.has_value());
  EXPECT_FALSE(phone.shared_space()->keys().person_root.has_value()) << "typed for one act";
  const auto devices = phone.ask("replica.devices");
  ASSERT_EQ(devices->at("devices").items().size(), 2u);
  for (const Json& one : devices->at("devices").items())
    EXPECT_EQ(one.at("retired").boolean(), one.at("device").text() == lost.hex());
}

TEST_F(HouseOperations, an_end_that_was_cut_short_is_brought_to_its_end_by_doing_it_again) {
  TestHouse phone(2);
  const LinkRequest request = make_link_request(phone.random);
  const Json made = must(ana.ask("replica.link", Json::object({{"code", request.code()}})));
  phone.link(request, must(parse_link_answer(*made.at("answer").text())));
  const Json wanted = Json::object({{"device", ana.shared_space()->log().own().hex()}, {"words", ana.words}});
  EXPECT_EQ(must(phone.ask("replica.retire", wanted)).at("own_space").boolean(), false)
      << "her own space has not told yet which log was that device's";
  const auto lingering = [&] {
    int out = 0;
    const Json answer = must(phone.ask("replica.devices"));
    for (const Json& one : answer.at("devices").items()) {
      out += one.at("lingers").boolean().value_or(false) ? 1 : 0;
    }
    return out;
  };
  EXPECT_EQ(lingering(), 0);
  must(ana.note_own_device());
  phone.noted = ana.noted;
  EXPECT_EQ(lingering(), 1) << "which the page offers to remove once more";
  EXPECT_EQ(must(phone.ask("replica.retire", wanted)).at("own_space").boolean(), true);
  EXPECT_EQ(lingering(), 0);
  const std::uint64_t entries = must(phone.personal_space()->log().counters()).entries;
  EXPECT_EQ(must(phone.ask("replica.retire", wanted)).at("own_space").boolean(), true);
  EXPECT_EQ(must(phone.personal_space()->log().counters()).entries, entries) << "nothing is done twice";
}

TEST_F(HouseOperations, a_code_or_an_answer_that_is_cut_off_is_refused) {
  const LinkRequest request = make_link_request(ana.random);
  const std::string code = request.code();
  for (const std::string& wrong : {code.substr(1), code + "a", std::string("aeb3"), std::string()})
    EXPECT_EQ(ana.refusal("replica.link", Json::object({{"code", wrong}})), ErrorCode::kMalformed) << wrong;
  const std::string answer = *ana.ask("replica.link", Json::object({{"code", code}}))->at("answer").text();
  EXPECT_TRUE(parse_link_answer(" " + answer + "\n").ok());
  for (std::size_t size = 0; size < answer.size(); size += 7)
    EXPECT_FALSE(parse_link_answer(answer.substr(0, size)).ok());
}

}  // namespace
}  // namespace kith::replica

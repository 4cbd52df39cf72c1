// SPDX-License-Identifier: Apache-2.0
// Personal spaces that a house keeps for members without reading them: offered, refused, served to the person's other
// devices, and to whoever comes back with her words alone.
#include <gtest/gtest.h>

#include "sync/testing/house.h"

namespace kith::sync::testing {
namespace {

constexpr std::uint64_t kRoom = 64 << 20;

/// An installation with a neighbourhood, a personal space and, if it is asked to, those of others.
class Home final : public Spaces {
 public:
  Home(std::uint8_t number, FakeClock& the_clock) : clock(the_clock), random(1000 + number), root(key_of(number)) {
    host.data.fill(number);
  }

  void found() {
    shared = must(space::Space::found(environment(), options("space"), root, Lineage{key_of(0x77).data}, host, keys));
    found_personal();
  }
  void found_personal() {
    personal = must(space::Space::found(environment(), options("personal"), root, crypto::personal_lineage(root),
                                        HostKey{}, personal_keys));
  }
  /// Comes back with the words and nothing else.
  void restore_personal(const crypto::Key& words) {
    root = words;
    const Lineage lineage = crypto::personal_lineage(words);
    restoring_.emplace(Restoring{lineage, crypto::derive_identity(crypto::derive_person_root(words, lineage)), true});
  }
  /// A device of the same person, linked by her other one.
  void link_to(Home& other) {
    root = other.root;
    must(other.shared->remember(root));
    must(other.personal->remember(root));
    shared = link_space(*other.shared, "space", keys);
    personal = link_space(*other.personal, "personal", personal_keys);
  }
  void note(std::string_view body) { write(*personal, body); }
  void post(std::string_view body) { write(*shared, body); }
  static std::size_t count(space::Space& space) { return must(space.query("SELECT id FROM posts", {})).rows.size(); }
  space::Space* kept(const SpaceId& id) {
    const auto at = kept_.find(id);
    return at == kept_.end() ? nullptr : at->second.get();
  }
  std::string kept_path(const SpaceId& id) { return directory_.file("kept" + id.hex()); }
  void tell() {
    for (Session* session : sessions) {
      if (shared != nullptr) session->notify(shared->id());
      if (personal != nullptr) session->notify(personal->id());
      for (const auto& [id, space] : kept_) session->notify(id);
    }
  }

  // -- Spaces
  std::vector<space::Space*> spaces() override {
    return shared != nullptr ? std::vector<space::Space*>{shared.get()} : std::vector<space::Space*>{};
  }
  const crypto::SigningKey* log_key(const SpaceId& id) override {
    if (forged_keeper && shared != nullptr && shared->id() == id) return &*forged_keeper;
    for (space::Space* one : {shared.get(), personal.get()}) {
      if (one != nullptr && one->id() == id) return forged && one == personal.get() ? &*forged : one->log_key();
    }
    return nullptr;
  }
  const Restoring* restoring() override { return restoring_ ? &*restoring_ : nullptr; }
  space::Space* visit(const SpaceId& id) override {
    if (restoring_) {
      personal = must(space::Space::visit_to_restore(environment(), options("personal"), id, restoring_->lineage));
      return personal.get();
    }
    shared = must(space::Space::visit(environment(), options("space"), id, *invitation));
    return shared.get();
  }
  Result<void> authority_complete(space::Space& visited) override {
    if (restoring_) {
      KITH_TRY(visited.restore(root, personal_keys));
      restoring_.reset();
      return {};
    }
    KITH_TRY(visited.join(root, keys));
    found_personal();
    return {};
  }
  PeerCursor peer_cursor(const HostKey& peer, const SpaceId& space) override { return cursors_[{peer, space}]; }
  void set_peer_cursor(const HostKey& peer, const SpaceId& space, const PeerCursor& cursor) override {
    cursors_[{peer, space}] = cursor;
  }
  bool offers() override { return is_offering; }
  space::Space* offered() override { return personal.get(); }
  bool keeps() override { return is_keeping; }
  Result<std::shared_ptr<space::Space>> keep(const space::Space&, const PersonId& person, const SpaceId& id) override {
    if (personal != nullptr && personal->id() == id) return std::shared_ptr<space::Space>(personal);
    if (refuses) return *refuses;
    people.insert(person);
    if (!kept_.contains(id)) kept_[id] = must(space::Space::keep(environment(), options("kept" + id.hex()), id, room));
    return std::shared_ptr<space::Space>(kept_[id]);
  }
  std::vector<Restorable> restorable() override {
    std::vector<Restorable> out;
    for (const auto& [id, space] : kept_) {
      if (const auto founder = space->founder())
        out.push_back({id, crypto::derive_kept_gate_key(space->lineage(), *founder)});
    }
    return out;
  }
  Result<std::shared_ptr<space::Space>> open_restorable(const SpaceId& id) override { return kept_.at(id); }
  /// Sessions that speak of a kept space.
  long in_use(const SpaceId& id) const { return kept_.at(id).use_count() - 1; }

 private:
  space::Environment environment() { return {clock, random}; }
  space::OpenOptions options(const std::string& name) {
    return {directory_.file(name), must(store::Schema::parse(kSchema)), key_of(0x55)};
  }
  std::unique_ptr<space::Space> link_space(space::Space& from, const std::string& name, space::SpaceKeys& own_keys) {
    const auto request = space::Space::make_device_request(random, own_keys);
    const Bytes answer = must(from.link_device(request));
    return must(space::Space::link(environment(), options(name), request, answer, own_keys));
  }
  void write(space::Space& space, std::string_view body) {
    must(space.write("post written", {}, [&](Writer& writer) {
      return writer.exec("INSERT INTO posts(id, body) VALUES (?, ?)", {space.new_id(), std::string(body)});
    }));
    tell();
  }

  Directory directory_;
  std::map<SpaceId, std::shared_ptr<space::Space>> kept_;
  std::map<std::pair<HostKey, SpaceId>, PeerCursor> cursors_;
  std::optional<Restoring> restoring_;

 public:
  FakeClock& clock;
  SeededRandom random;
  crypto::Key root;
  HostKey host;
  space::SpaceKeys keys, personal_keys;
  std::unique_ptr<space::Space> shared;
  std::shared_ptr<space::Space> personal;
  std::optional<space::Invitation> invitation;
  std::vector<Session*> sessions;
  std::set<PersonId> people;
  std::optional<Error> refuses;
  std::optional<crypto::SigningKey> forged;         // shown in place of the personal space's
  std::optional<crypto::SigningKey> forged_keeper;  // from now on in place of the shared space's
  std::uint64_t room = kRoom;
  bool is_offering = true;
  bool is_keeping = false;
};

struct Talk {
  Talk(Home& from, Home& to, bool as_newcomer = false)
      : dialing(from),
        listening(to),
        dialer(Role::kDialer, from.host, to.host, from, from.clock, from.random,
               as_newcomer ? &*from.invitation : nullptr),
        listener(Role::kListener, to.host, from.host, to, to.clock, to.random) {
    from.sessions.push_back(&dialer);
    to.sessions.push_back(&listener);
  }
  ~Talk() {
    std::erase(dialing.sessions, &dialer);
    std::erase(listening.sessions, &listener);
  }
  void run() {
    for (bool is_moving = true; is_moving;) is_moving = int{move(dialer, listener)} + int{move(listener, dialer)} > 0;
    // What came for one is news for the others.
    dialing.tell();
    listening.tell();
    for (bool is_moving = true; is_moving;) is_moving = int{move(dialer, listener)} + int{move(listener, dialer)} > 0;
  }
  static bool move(Session& from, Session& to) {
    Bytes bytes;
    if (from.has_output()) from.take_output(bytes, 1 << 16);
    if (!bytes.empty()) to.receive(bytes);
    return !bytes.empty();
  }
  void expect_well() const {
    EXPECT_EQ(dialer.fault(), Fault::kNone) << dialer.fault_detail();
    EXPECT_EQ(listener.fault(), Fault::kNone) << listener.fault_detail();
  }
  /// The state of what is kept, as a side sees it; empty: nothing is.
  static std::string state_of(const Session& session) {
    for (const SpaceProgress& one : session.progress()) {
      if (one.is_about_keeping) return one.state;
    }
    return {};
  }

  Home& dialing;
  Home& listening;
  Session dialer;
  Session listener;
};

class KeepingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::start().ok());
    node.is_keeping = true;
    node.found();
    dan.invitation = must(node.shared->invite(clock.wall_ms() + 86'400'000, 10));
    Talk join(dan, node, true);
    join.run();
    join.expect_well();
    ASSERT_TRUE(dan.shared->is_member());
  }

  FakeClock clock;
  Home node{1, clock};
  Home dan{2, clock};
};

TEST_F(KeepingTest, a_node_keeps_a_members_space_from_the_first_session_and_cannot_read_it) {
  ASSERT_NE(node.kept(dan.personal->id()), nullptr) << "offered while joining";
  Talk talk(dan, node);
  dan.note("buy ladders for the whole street");
  talk.run();
  talk.expect_well();
  EXPECT_EQ(Talk::state_of(talk.dialer), "live");
  EXPECT_EQ(Talk::state_of(talk.listener), "live");
  space::Space& kept = *node.kept(dan.personal->id());
  EXPECT_EQ(must(kept.log().digest()), must(dan.personal->log().digest()));
  EXPECT_GE(must(kept.log().counters()).locked, 1u);
  EXPECT_FALSE(kept.is_member());
  EXPECT_EQ(node.people, std::set<PersonId>{dan.shared->person()});
  must(kept.store().db().checkpoint());
  std::FILE* file = std::fopen(node.kept_path(kept.id()).c_str(), "rb");
  ASSERT_NE(file, nullptr);
  std::string bytes(std::size_t{4} << 20, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
  std::fclose(file);
  EXPECT_GT(bytes.size(), 4096u);
  EXPECT_EQ(bytes.find("ladders"), std::string::npos);
}

TEST_F(KeepingTest, words_alone_bring_the_personal_space_back) {
  for (int i = 0; i < 40; ++i) dan.note("note " + std::to_string(i));
  {
    Talk(dan, node).run();
  }
  Home again(3, clock);
  again.restore_personal(dan.root);
  Talk talk(again, node);
  talk.run();
  talk.expect_well();
  ASSERT_NE(again.personal, nullptr) << (talk.dialer.refusal() != nullptr ? talk.dialer.refusal()->message() : "");
  EXPECT_TRUE(again.personal->is_member());
  EXPECT_EQ(again.personal->id(), dan.personal->id());
  EXPECT_EQ(Home::count(*again.personal), 40u);
  again.note("written after");
  talk.run();
  {
    Talk(dan, node).run();
  }
  EXPECT_EQ(Home::count(*dan.personal), 41u);
}

TEST_F(KeepingTest, words_of_nobody_here_find_nothing_and_say_so) {
  Home stranger(3, clock);
  stranger.restore_personal(key_of(0x99));
  Talk talk(stranger, node);
  talk.run();
  EXPECT_EQ(stranger.personal, nullptr);
  ASSERT_NE(talk.dialer.refusal(), nullptr);
  EXPECT_EQ(talk.dialer.refusal()->code(), ErrorCode::kPeerRefused);
}

TEST_F(KeepingTest, devices_of_one_person_meet_at_the_node) {
  Home phone(3, clock);
  phone.link_to(dan);
  dan.note("from the laptop");
  Talk at_home(dan, node);
  Talk on_the_way(phone, node);
  for (int i = 0; i < 2; ++i) {
    at_home.run();
    on_the_way.run();
  }
  phone.note("from the phone");
  for (int i = 0; i < 2; ++i) {
    on_the_way.run();
    at_home.run();
  }
  at_home.expect_well();
  on_the_way.expect_well();
  EXPECT_EQ(Home::count(*dan.personal), 2u);
  EXPECT_EQ(Home::count(*phone.personal), 2u);
}

TEST_F(KeepingTest, whoever_dials_each_offers_its_own) {
  dan.is_keeping = true;
  node.note("a founder's note");
  Talk talk(dan, node);
  talk.run();
  talk.expect_well();
  ASSERT_NE(dan.kept(node.personal->id()), nullptr);
  EXPECT_EQ(must(dan.kept(node.personal->id())->log().digest()), must(node.personal->log().digest()));
  // Two houses of one person, each of which would keep: it is the same space, spoken of once.
  Home second(3, clock);
  second.is_keeping = true;
  second.link_to(dan);
  dan.note("once");
  Talk own(second, dan);
  own.run();
  own.expect_well();
  EXPECT_EQ(Home::count(*second.personal), 1u);
  EXPECT_EQ(second.kept(dan.personal->id()), nullptr);
}

TEST_F(KeepingTest, an_older_program_is_not_asked) {
  node.is_keeping = false;
  Talk talk(dan, node);
  talk.run();
  talk.expect_well();
  EXPECT_EQ(talk.dialer.progress().size(), 1u);
  EXPECT_EQ(talk.dialer.progress().at(0).state, "live");
}

TEST_F(KeepingTest, a_refusal_is_told_and_harms_nothing_else) {
  for (const auto& [why, reason] :
       {std::pair(ErrorCode::kTooLarge, Refusal::kFull), std::pair(ErrorCode::kRefused, Refusal::kNotKept)}) {
    node.refuses = Error(why, "no", "");
    Talk talk(dan, node);
    dan.post("still in touch");
    talk.run();
    talk.expect_well();
    EXPECT_EQ(Talk::state_of(talk.dialer), "refused");
    EXPECT_EQ(talk.dialer.progress().back().refused_with, static_cast<std::uint8_t>(reason));
    EXPECT_EQ(Home::count(*node.shared), Home::count(*dan.shared));
    EXPECT_FALSE(talk.dialer.is_closed());
  }
}

TEST_F(KeepingTest, beyond_its_room_nothing_more_is_taken_and_the_person_is_told) {
  Home narrow(4, clock);
  narrow.is_keeping = true;
  narrow.room = 400 << 10;
  narrow.invitation = must(node.shared->invite(clock.wall_ms() + 86'400'000, 1));
  {
    Talk(narrow, node, true).run();
  }
  {
    Talk(dan, node).run();
  }
  Talk talk(dan, narrow);
  talk.run();
  EXPECT_EQ(Talk::state_of(talk.dialer), "live");
  for (int i = 0; i < 30; ++i) {
    std::string body(20'000, ' ');
    dan.random.fill({reinterpret_cast<std::uint8_t*>(body.data()), body.size()});
    for (char& c : body) c = static_cast<char>('a' + (static_cast<unsigned char>(c) % 26));
    dan.note(body);
    talk.run();
  }
  talk.expect_well();
  EXPECT_EQ(Talk::state_of(talk.dialer), "refused");
  EXPECT_EQ(talk.dialer.progress().back().refused_with, static_cast<std::uint8_t>(Refusal::kFull));
  EXPECT_FALSE(talk.dialer.is_closed());
  dan.post("the street goes on");
  talk.run();
  EXPECT_EQ(Home::count(*narrow.shared), Home::count(*dan.shared));
  // What is there comes back, and the device that it comes back to can say who it is.
  Home again(5, clock);
  again.restore_personal(dan.root);
  Talk back(again, narrow);
  back.run();
  back.expect_well();
  ASSERT_TRUE(again.personal != nullptr && again.personal->is_member());
  EXPECT_GT(Home::count(*again.personal), 5u);
  EXPECT_LT(Home::count(*again.personal), 30u);
}

TEST_F(KeepingTest, who_is_no_member_any_more_is_not_kept) {
  Home phone(3, clock);
  phone.link_to(dan);
  {
    Talk(phone, node).run();
  }
  {
    Talk(dan, node).run();
  }
  const DeviceId lost = phone.shared->log().own();
  must(dan.shared->retire_device(lost, {}));
  {
    Talk(dan, node).run();
  }
  node.people.clear();
  Talk talk(phone, node);
  phone.note("written by a thief");
  talk.run();
  EXPECT_TRUE(node.people.empty());
  EXPECT_NE(must(node.kept(phone.personal->id())->log().digest()), must(phone.personal->log().digest()));
}

TEST_F(KeepingTest, a_device_of_another_person_gets_nothing_of_it) {
  // Mira knows the id of Dan's space, and is a member: the node tells its people only.
  Home mira(6, clock);
  mira.invitation = must(node.shared->invite(clock.wall_ms() + 86'400'000, 1));
  {
    Talk(mira, node, true).run();
  }
  dan.note("not for Mira");
  {
    Talk(dan, node).run();
  }
  mira.forged.emplace(crypto::SigningKey::from_seed(key_of(0x66)));
  mira.personal = must(space::Space::keep({clock, mira.random}, {mira.kept_path(SpaceId{}), {}, key_of(0x55)},
                                          dan.personal->id(), kRoom));
  Talk talk(mira, node);
  talk.run();
  EXPECT_EQ(Talk::state_of(talk.dialer), "refused");
  EXPECT_EQ(must(mira.personal->log().counters()).entries, 0u);
}

TEST_F(KeepingTest, only_the_house_that_the_hello_has_proved_can_keep) {
  Talk talk(dan, node);
  node.forged_keeper.emplace(crypto::SigningKey::from_seed(key_of(0x66)));
  talk.run();
  EXPECT_EQ(talk.dialer.fault(), Fault::kBadProof) << talk.dialer.fault_detail();
}

TEST_F(KeepingTest, what_was_opened_is_left) {
  {
    Talk talk(dan, node);
    talk.run();
    EXPECT_EQ(node.in_use(dan.personal->id()), 1);
    Home again(3, clock);
    again.restore_personal(dan.root);
    Talk back(again, node);
    back.run();
    EXPECT_EQ(node.in_use(dan.personal->id()), 2);
  }
  EXPECT_EQ(node.in_use(dan.personal->id()), 0);
}

}  // namespace
}  // namespace kith::sync::testing

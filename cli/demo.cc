// SPDX-License-Identifier: Apache-2.0
#include "cli/demo.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <tuple>

#include "cli/demo_story.h"
#include "crypto/derive.h"
#include "replica/grouped_database.h"
#include "sync/session.h"
#include "town/forum/commands.h"
#include "town/market/commands.h"
#include "town/marks/marks.h"
#include "town/people/commands.h"
#include "town/town.h"

namespace kith::cli::demo {
namespace {

constexpr std::uint64_t kMinuteMs = 60'000;
constexpr std::uint64_t kHourMs = 60 * kMinuteMs;
constexpr std::uint64_t kDayMs = 24 * kHourMs;
constexpr std::size_t kRounds = 9;  // how often the year tells each of the story's threads and things anew

template <typename Id>
Id fresh(Random& random) {
  Id out;
  random.fill(out.data);
  return out;
}

/// One of the forty: a replica of their own, and one long conversation with the founder's.
class Neighbour final : public sync::Spaces {
 public:
  Neighbour(DemoClock& clock, Random& random, std::string path, const space::Invitation& invitation)
      : clock_(clock),
        random_(random),
        path_(std::move(path)),
        invitation_(invitation),
        root_(fresh<crypto::Key>(random)),
        storage_key_(fresh<crypto::Key>(random)),
        host_(fresh<HostKey>(random)) {}

  Result<void> join(node::Node& node, const HostKey& host) {
    talk(node, host, &invitation_);
    KITH_TRY(meet(node.neighbourhood()));
    if (own_ == nullptr || !own_->is_member())
      return Error(ErrorCode::kInternal, "A neighbour of the demonstration could not join.");
    talk(node, host, nullptr);
    return {};
  }

  /// Until both have what the other has.
  Result<void> meet(space::Space& founders) {
    if (own_ != nullptr) mine_->notify(own_->id());
    theirs_->notify(founders.id());
    Bytes pipe;
    for (bool is_moving = true; is_moving;) {
      is_moving = false;
      for (const auto& [from, to] : {std::pair(mine_.get(), theirs_.get()), std::pair(theirs_.get(), mine_.get())}) {
        from->tick();
        if (!from->has_output()) continue;
        pipe.clear();
        from->take_output(pipe, 1 << 20);
        to->receive(pipe);
        is_moving |= !pipe.empty();
        if (from->fault() == sync::Fault::kNone) continue;
        return Error(ErrorCode::kInternal, "The demonstration's sync failed: " + from->fault_detail());
      }
    }
    return {};
  }

  Database& database() { return database_; }
  space::Space& own() { return *own_; }

  // -- sync::Spaces
  std::vector<space::Space*> spaces() override {
    return own_ == nullptr ? std::vector<space::Space*>() : std::vector<space::Space*>{own_.get()};
  }
  const crypto::SigningKey* log_key(const SpaceId&) override { return own_ == nullptr ? nullptr : own_->log_key(); }
  space::Space* visit(const SpaceId& id) override {
    auto schema = store::Schema::parse(town::schema());
    if (!schema.ok()) return nullptr;
    auto made = space::Space::visit({clock_, random_}, {path_, std::move(*schema), storage_key_}, id, invitation_);
    if (!made.ok()) return nullptr;
    own_ = std::move(*made);
    return own_.get();
  }
  Result<void> authority_complete(space::Space& visited) override { return visited.join(root_, keys_); }
  sync::PeerCursor peer_cursor(const HostKey&, const SpaceId&) override { return {}; }
  void set_peer_cursor(const HostKey&, const SpaceId&, const sync::PeerCursor&) override {}

 private:
  void talk(node::Node& node, const HostKey& host, const space::Invitation* invitation) {
    mine_ = std::make_unique<sync::Session>(sync::Role::kDialer, host_, host, *this, clock_, random_, invitation);
    theirs_ = std::make_unique<sync::Session>(sync::Role::kListener, host, host_, node, clock_, random_);
  }

  DemoClock& clock_;
  Random& random_;
  std::string path_;
  space::Invitation invitation_;
  crypto::Key root_;
  crypto::Key storage_key_;
  HostKey host_;
  space::SpaceKeys keys_;
  std::unique_ptr<space::Space> own_;
  replica::GroupedDatabase database_{own_};
  std::unique_ptr<sync::Session> mine_;
  std::unique_ptr<sync::Session> theirs_;
};

/// Something that somebody does at a time.
struct Step {
  std::uint64_t at_ms;
  std::size_t who;
  std::function<Result<void>(Database&)> act;
};

class Year {
 public:
  Year(node::Node& node, DemoClock& clock, Random& random, std::uint64_t end_ms, std::uint32_t seed)
      : node_(node), clock_(clock), random_(random), end_ms_(end_ms), dice_(seed) {}

  Result<Counts> live(const std::string& folder) {
    KITH_TRY(move_in(folder));
    for (std::size_t round = 0; round < kRounds; ++round) {
      for (const Thread& thread : threads()) plan_thread(thread, round);
      for (const Thing& thing : things()) plan_thing(thing);
    }
    std::sort(steps_.begin(), steps_.end(),
              [](const Step& a, const Step& b) { return std::tie(a.at_ms, a.who) < std::tie(b.at_ms, b.who); });
    for (const Step& step : steps_) {
      if (step.at_ms < end_ms_) KITH_TRY(run(step));
    }
    for (auto& neighbour : neighbours_) KITH_TRY(neighbour->meet(node_.neighbourhood()));
    return counts_;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(dice_() % n); }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + dice_() % (high - low); }
  template <typename List>
  const auto& one_of(const List& list) {
    return list[below(list.size())];
  }
  std::size_t other_than(std::size_t who) { return (who + 1 + below(people().size() - 1)) % people().size(); }
  /// People write between seven and eleven at night.
  static std::uint64_t waking(std::uint64_t ms) {
    const std::uint64_t hour = ms / kHourMs % 24;
    return hour < 7 ? ms + (8 - hour) * kHourMs : ms;
  }

  Database& database(std::size_t who) { return who == 0 ? node_.space() : neighbours_[who - 1]->database(); }

  /// Hears the news, acts, and tells it.
  Result<void> run(const Step& step) {
    clock_.go_to(step.at_ms);
    Neighbour* neighbour = step.who == 0 ? nullptr : neighbours_[step.who - 1].get();
    if (neighbour != nullptr) KITH_TRY(neighbour->meet(node_.neighbourhood()));
    KITH_TRY(step.act(database(step.who)));
    if (neighbour == nullptr) return {};
    KITH_TRY(neighbour->own().tick());
    return neighbour->meet(node_.neighbourhood());
  }

  Result<void> move_in(const std::string& folder) {
    KITH_TRY(describe(node_.space(), people()[0]));
    std::vector<std::string> said(rules().begin(), rules().end());
    KITH_TRY(town::people::describe_place(node_.space(), {.name = std::nullopt, .enamel = 3, .rules = said}));
    const auto uses = static_cast<std::uint32_t>(people().size());
    const space::Invitation invitation = KITH_TRY(node_.neighbourhood().invite(end_ms_ + kYearMs, uses));
    const auto host = fresh<HostKey>(random_);
    for (std::size_t i = 1; i < people().size(); ++i) {
      clock_.go_to(clock_.wall_ms() + between(2 * kHourMs, 8 * kHourMs));
      auto& neighbour = *neighbours_.emplace_back(
          std::make_unique<Neighbour>(clock_, random_, folder + "/" + std::to_string(i) + ".kith", invitation));
      KITH_TRY(neighbour.join(node_, host));
      KITH_TRY(describe(neighbour.database(), people()[i]));
      KITH_TRY(neighbour.own().tick());
      KITH_TRY(neighbour.meet(node_.neighbourhood()));
      KITH_TRY(node_.neighbourhood().tick());
    }
    counts_.people = people().size();
    return {};
  }

  static Result<void> describe(Database& database, const Person& person) {
    KITH_TRY(
        town::people::change_profile(database, {.name = person.name, .about = person.about, .street = person.street}));
    return {};
  }

  /// Some day of the round's part of the year.
  std::uint64_t some_day(std::size_t round) {
    const std::uint64_t part = (end_ms_ - clock_.wall_ms()) / kRounds;
    return waking(clock_.wall_ms() + round * part + between(0, part));
  }

  void plan_thread(const Thread& thread, std::size_t round) {
    // Every thread is told once in full; later ones are smaller talk in the same corner.
    const bool is_first = thread.title[0] % kRounds == round;
    if (!is_first && below(3) > 0) return;
    const std::size_t author = below(people().size());
    const std::uint64_t at = some_day(round);
    const auto id = std::make_shared<std::string>();
    steps_.push_back({at, author, [this, id, &thread, is_first](Database& database) -> Result<void> {
                        town::forum::PostText text{.title = thread.title,
                                                   .body = thread.body,
                                                   .category = thread.category,
                                                   .lang = thread.lang,
                                                   .tags = {thread.tag}};
                        if (!is_first)
                          text.title =
                              std::string(thread.title) + (thread.lang[0] == 'd' ? ", noch einmal" : ", again");
                        *id = KITH_TRY(town::forum::write_post(database, text, 0)).id;
                        ++counts_.threads;
                        return {};
                      }});
    std::vector<const char*> replies;
    if (is_first) replies = thread.replies;
    for (std::size_t i = below(3); i > 0; --i) replies.push_back(one_of(answers(thread.lang)));
    std::uint64_t when = at;
    std::size_t who = author;
    for (const char* reply : replies) {
      when = waking(when + between(5 * kMinuteMs, 9 * kHourMs));
      who = other_than(who);
      plan_reply(id, who, when, reply);
    }
    for (std::size_t i = below(6); i > 0; --i) plan_thanks(id, other_than(author), at + between(kMinuteMs, 2 * kDayMs));
  }

  void plan_reply(const std::shared_ptr<std::string>& to, std::size_t who, std::uint64_t at, const char* words) {
    steps_.push_back({at, who, [this, to, words](Database& database) -> Result<void> {
                        KITH_TRY(town::forum::write_reply(database, *to, {.body = words}, 0));
                        ++counts_.replies;
                        return {};
                      }});
  }

  void plan_thanks(const std::shared_ptr<std::string>& to, std::size_t who, std::uint64_t at) {
    steps_.push_back({at, who, [to](Database& database) -> Result<void> {
                        KITH_TRY(town::marks::react(database, *to, "thanks", true));
                        return {};
                      }});
  }

  void plan_thing(const Thing& thing) {
    if (below(2) > 0) return;
    const std::size_t owner = below(people().size());
    const std::uint64_t at = some_day(below(kRounds));
    const auto id = std::make_shared<std::string>();
    steps_.push_back({at, owner, [this, id, &thing](Database& database) -> Result<void> {
                        const auto kind = town::market::kind_of(thing.kind).value_or(town::market::Kind::kGive);
                        *id = KITH_TRY(town::market::offer(database,
                                                           {.kind = kind,
                                                            .title = thing.title,
                                                            .text = thing.text,
                                                            .price = thing.price,
                                                            .tags = {thing.tag},
                                                            .photos = {}},
                                                           0))
                                  .id;
                        ++counts_.listings;
                        return {};
                      }});
    const std::size_t asking = below(4);
    std::uint64_t when = at;
    for (std::size_t i = 0; i < asking; ++i) {
      when = waking(when + between(20 * kMinuteMs, kDayMs));
      plan_request(id, owner, (owner + 1 + i * 7) % people().size(), when, i == 0 && below(4) > 0);
    }
  }

  void plan_request(const std::shared_ptr<std::string>& listing, std::size_t owner, std::size_t who, std::uint64_t at,
                    bool is_promised) {
    const auto id = std::make_shared<std::string>();
    const char* words = one_of(requests());
    steps_.push_back({at, who, [this, id, listing, words](Database& database) -> Result<void> {
                        const auto asked = town::market::ask(database, *listing, words, 0);
                        if (!asked.ok()) return {};  // somebody was quicker
                        *id = asked->id;
                        ++counts_.requests;
                        return {};
                      }});
    if (!is_promised) return;
    const std::uint64_t promised = waking(at + between(30 * kMinuteMs, 10 * kHourMs));
    const char* place = one_of(handovers());
    const bool is_done = below(6) > 0;
    steps_.push_back({promised, owner, [id, place, promised](Database& database) -> Result<void> {
                        if (id->empty()) return {};
                        const auto when = static_cast<std::int64_t>(promised + kDayMs);
                        KITH_TRY(town::market::promise(database, *id, {.when_ms = when, .place = place}, 0));
                        return {};
                      }});
    steps_.push_back({promised + kDayMs + 2 * kHourMs, owner, [id, is_done](Database& database) -> Result<void> {
                        if (id->empty()) return {};
                        KITH_TRY(town::market::settle(database, *id, is_done));
                        return {};
                      }});
  }

  node::Node& node_;
  DemoClock& clock_;
  Random& random_;
  std::uint64_t end_ms_;
  std::mt19937 dice_;
  std::vector<std::unique_ptr<Neighbour>> neighbours_;
  std::vector<Step> steps_;
  Counts counts_;
};

}  // namespace

Result<Counts> live_a_year(node::Node& node, DemoClock& clock, Random& random, const std::string& folder,
                           std::uint64_t end_ms, std::uint32_t seed) {
  return Year(node, clock, random, end_ms, seed).live(folder);
}

}  // namespace kith::cli::demo

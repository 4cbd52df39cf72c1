// SPDX-License-Identifier: Apache-2.0
// For tests of sessions: a house is one installation with a space in a directory of its own, a personal one if it
// wants, and those that it keeps for others; a wire joins two houses and cuts what goes over it anywhere.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/testing/fakes.h"
#include "crypto/derive.h"
#include "store/testing/directory.h"
#include "sync/session.h"

namespace kith::sync::testing {

using kith::testing::FakeClock;
using kith::testing::SeededRandom;

inline constexpr std::string_view kSchema =
    "CREATE TABLE posts(id TEXT PRIMARY KEY, body LWW_TEXT);\n"
    "CREATE EVENT \"post written\";\n";

inline crypto::Key key_of(std::uint8_t fill) {
  crypto::Key key;
  key.data.fill(fill);
  return key;
}

/// What a test wants to be true; says why not.
template <typename T>
T must(Result<T> result) {
  if (!result.ok()) ADD_FAILURE() << result.error().message();
  CHECK(result.ok());
  return std::move(result).value();
}
inline void must(Result<void> result) {
  if (!result.ok()) ADD_FAILURE() << result.error().message();
  CHECK(result.ok());
}

using store::testing::Directory;

class House : public Spaces {
 public:
  House(std::uint8_t number, std::uint64_t seed = 0, FakeClock* shared_clock = nullptr)
      : clock(shared_clock != nullptr ? *shared_clock : own_clock_),
        random(seed * 1000 + number),
        root(key_of(number)) {
    host.data.fill(number);
  }

  void found() {
    own = must(space::Space::found(environment(), options(), root, Lineage{key_of(0x77).data}, host, keys));
    log_key_.emplace(crypto::SigningKey::from_seed(keys.log_seed));
    listen();
  }
  void found_personal() {
    personal = must(space::Space::found(environment(), options("personal"), root, crypto::personal_lineage(root),
                                        HostKey{}, personal_keys));
  }

  /// From now on this house asks, with these words, for what they had been a member of.
  void restore(const crypto::Key& words, const Lineage& lineage) {
    root = words;
    restoring_.emplace(Restoring{lineage, crypto::derive_identity(crypto::derive_person_root(words, lineage))});
  }

  /// The same for her own space, of which she has the words and nothing else.
  void restore_personal(const crypto::Key& words) {
    restore(words, crypto::personal_lineage(words));
    restoring_->is_personal = true;
  }

  /// A device of the same person, linked by her other one.
  void link_to(House& other) {
    root = other.root;
    must(other.own->remember(root));
    must(other.personal->remember(root));
    own = link_space(*other.own, "space", keys);
    log_key_.emplace(crypto::SigningKey::from_seed(keys.log_seed));
    listen();
    personal = link_space(*other.personal, "personal", personal_keys);
  }

  /// Closes and opens again, as after a restart.
  void reopen() {
    own.reset();
    own = must(space::Space::open(environment(), options(), keys));
    listen();
  }

  std::string post(std::string_view body) { return write(*own, body); }
  std::string note(std::string_view body) { return write(*personal, body); }
  void edit(const std::string& id, std::string_view body) {
    must(own->write("post written", {}, [&](Writer& writer) {
      return writer.exec("UPDATE posts SET body = ? WHERE id = ?", {std::string(body), id});
    }));
    changed();
  }
  space::Invitation invite(std::uint32_t uses = 10, std::uint64_t lives_ms = 86'400'000) {
    invitation = must(own->invite(clock.wall_ms() + lives_ms, uses));
    changed();
    return *invitation;
  }

  static std::size_t count(space::Space& space) { return must(space.query("SELECT id FROM posts", {})).rows.size(); }
  std::size_t post_count() { return count(*own); }
  Bytes state_hash() { return must(own->store().state_hash()); }
  Hash digest() { return must(own->log().digest()); }
  /// The write-ahead log's, in its file.
  std::size_t log_bytes() { return directory_.content("space.kith-wal").size(); }

  /// Somebody else's space here; null: none of that id.
  space::Space* kept(const SpaceId& id) {
    const auto at = kept_.find(id);
    return at == kept_.end() ? nullptr : at->second.get();
  }
  std::string kept_file(const SpaceId& id) { return directory_.content(kept_name(id) + ".kith"); }
  /// Sessions that speak of it.
  long in_use(const SpaceId& id) const { return kept_.at(id).use_count() - 1; }
  /// Without a key to it, as a house keeps it.
  std::shared_ptr<space::Space> keep_blind(const SpaceId& id) {
    return must(space::Space::keep(environment(), options(kept_name(id)), id, room));
  }

  // -- Spaces
  std::vector<space::Space*> spaces() override {
    return own != nullptr ? std::vector<space::Space*>{own.get()} : std::vector<space::Space*>{};
  }
  const crypto::SigningKey* log_key(const SpaceId& id) override {
    if (personal != nullptr && personal->id() == id) return forged ? &*forged : personal->log_key();
    if (forged_keeper) return &*forged_keeper;
    return log_key_ ? &*log_key_ : nullptr;
  }
  const Restoring* restoring() override { return restoring_ ? &*restoring_ : nullptr; }
  space::Space* visit(const SpaceId& id) override {
    if (restoring_ && restoring_->is_personal) {
      personal = visit_to_restore(id, "personal");
      return personal.get();
    }
    if (own != nullptr) return own.get();
    own = restoring_ ? visit_to_restore(id, "space")
                     : must(space::Space::visit(environment(), options(), id, *invitation));
    listen();
    return own.get();
  }
  Result<void> authority_complete(space::Space& visited) override {
    if (&visited == personal.get()) {
      restoring_.reset();
      return visited.restore(root, personal_keys);
    }
    KITH_TRY(restoring_ ? visited.restore(root, keys) : visited.join(root, keys));
    restoring_.reset();
    log_key_.emplace(crypto::SigningKey::from_seed(keys.log_seed));
    if (is_offering && personal == nullptr) found_personal();
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
    if (!kept_.contains(id)) kept_[id] = keep_blind(id);
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

  /// Tells every session of this house that something changed.
  void changed() {
    for (Session* session : sessions) {
      if (own != nullptr) session->notify(own->id());
      if (personal != nullptr) session->notify(personal->id());
      for (const auto& [id, space] : kept_) session->notify(id);
    }
  }

 private:
  static std::string kept_name(const SpaceId& id) { return "kept-" + id.hex(); }
  space::Environment environment() { return {clock, random, directory_.files()}; }
  space::OpenOptions options(const std::string& name = "space") {
    return {directory_.file(name + ".kith"), must(store::Schema::parse(kSchema)), key_of(0x55)};
  }
  std::unique_ptr<space::Space> visit_to_restore(const SpaceId& id, const std::string& name) {
    return must(space::Space::visit_to_restore(environment(), options(name), id, restoring_->lineage));
  }
  std::unique_ptr<space::Space> link_space(space::Space& from, const std::string& name, space::SpaceKeys& own_keys) {
    const auto request = space::Space::make_device_request(random, own_keys);
    const Bytes answer = must(from.link_device(request));
    return must(space::Space::link(environment(), options(name), request, answer, own_keys));
  }
  std::string write(space::Space& space, std::string_view body) {
    const std::string id = space.new_id();
    must(space.write("post written", {}, [&](Writer& writer) {
      return writer.exec("INSERT INTO posts(id, body) VALUES (?, ?)", {id, std::string(body)});
    }));
    changed();
    return id;
  }
  void listen() {
    own->set_on_change([this] { changed(); });
  }

  Directory directory_;
  FakeClock own_clock_;
  std::optional<crypto::SigningKey> log_key_;
  std::optional<Restoring> restoring_;
  std::map<SpaceId, std::shared_ptr<space::Space>> kept_;
  std::map<std::pair<HostKey, SpaceId>, PeerCursor> cursors_;

 public:
  static constexpr std::uint64_t kRoom = 64 << 20;

  FakeClock& clock;
  SeededRandom random;
  crypto::Key root;
  HostKey host;
  space::SpaceKeys keys;
  std::optional<space::Invitation> invitation;  // made here, or to join with
  std::unique_ptr<space::Space> own;
  space::SpaceKeys personal_keys;
  std::shared_ptr<space::Space> personal;
  std::vector<Session*> sessions;
  std::set<PersonId> people;                        // whose spaces were offered here
  std::optional<Error> refuses;                     // why none is kept
  std::optional<crypto::SigningKey> forged;         // shown in place of the personal space's
  std::optional<crypto::SigningKey> forged_keeper;  // from now on in place of the other's
  std::uint64_t room = kRoom;
  bool is_offering = false;
  bool is_keeping = false;
};

/// Two sessions and the bytes between them.
class Wire {
 public:
  Wire(House& dialer_house, House& listener_house, bool as_newcomer = false)
      : dialing(dialer_house),
        listening(listener_house),
        dialer(Role::kDialer, dialing.host, listening.host, dialing, dialing.clock, dialing.random,
               as_newcomer ? &*dialing.invitation : nullptr),
        listener(Role::kListener, listening.host, dialing.host, listening, listening.clock, listening.random) {
    dialing.sessions.push_back(&dialer);
    listening.sessions.push_back(&listener);
  }
  ~Wire() {
    std::erase(dialing.sessions, &dialer);
    std::erase(listening.sessions, &listener);
  }

  static constexpr std::size_t kAll = SIZE_MAX / 2;

  /// Moves up to `bytes` from one side to the other. False if there was nothing.
  bool step(bool from_dialer, std::size_t bytes = kAll) {
    Session& from = from_dialer ? dialer : listener;
    Session& to = from_dialer ? listener : dialer;
    Bytes& pipe = from_dialer ? to_listener : to_dialer;
    Bytes& record = from_dialer ? dialer_said : listener_said;
    if (pipe.empty() && from.has_output()) {
      from.take_output(pipe, std::min<std::size_t>(bytes, 1 << 16));
      append(record, pipe);
    }
    if (pipe.empty()) return false;
    const std::size_t n = std::min(bytes, pipe.size());
    const Bytes piece(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(n));
    pipe.erase(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(n));
    to.receive(piece);
    return true;
  }

  /// From as soon as both are past the hello backfill has a stream of its own.
  void want_split() { wants_split_ = true; }
  bool is_split() const { return is_split_; }
  /// As step, on that stream: what waits there for what it rests on is offered again.
  bool step_backfill(bool from_dialer, std::size_t bytes = kAll) {
    Session& from = from_dialer ? dialer : listener;
    Session& to = from_dialer ? listener : dialer;
    Bytes& pipe = from_dialer ? backfill_to_listener : backfill_to_dialer;
    if (wants_split_ && !is_split_ && dialer.is_past_hello() && listener.is_past_hello()) {
      is_split_ = true;
      dialer.open_backfill();
      listener.open_backfill();
    }
    if (pipe.empty() && from.has_backfill()) from.take_backfill(pipe, std::min<std::size_t>(bytes, 1 << 16));
    if (pipe.empty() || !to.reads_backfill()) return false;
    const Bytes piece(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(std::min(bytes, pipe.size())));
    const std::size_t taken = to.receive_backfill(piece);
    pipe.erase(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(taken));
    return true;
  }

  /// Until nothing moves any more. The bound is for sessions that would chat for ever.
  void run() {
    constexpr int kStepsMax = 100'000;
    for (int i = 0; i < kStepsMax; ++i) {
      const bool there = step(true);
      const bool back = step(false);
      const bool backfill = int{step_backfill(true)} + int{step_backfill(false)} > 0;
      if (!there && !back && !backfill) return;
    }
    ADD_FAILURE() << "the two sessions never came to rest";
  }

  /// As run, and lets the time pass in which gaps are asked for again.
  void settle() {
    for (int i = 0; i < 5; ++i) {
      run();
      dialing.clock.advance(kAskAgainMs);
      if (&dialing.clock != &listening.clock) listening.clock.advance(kAskAgainMs);
      dialer.tick();
      listener.tick();
    }
    run();
  }

  void expect_no_fault() const {
    EXPECT_EQ(dialer.fault(), Fault::kNone) << dialer.fault_detail();
    EXPECT_EQ(listener.fault(), Fault::kNone) << listener.fault_detail();
  }
  void expect_healthy() const {
    expect_no_fault();
    EXPECT_FALSE(dialer.is_closed()) << (dialer.refusal() != nullptr ? dialer.refusal()->message() : "");
    EXPECT_FALSE(listener.is_closed()) << (listener.refusal() != nullptr ? listener.refusal()->message() : "");
  }

  std::size_t bytes_moved() const { return dialer_said.size() + listener_said.size(); }

  static constexpr std::uint64_t kAskAgainMs = 1'000;

  House& dialing;
  House& listening;
  Session dialer;
  Session listener;
  Bytes to_listener;
  Bytes to_dialer;
  Bytes backfill_to_listener;
  Bytes backfill_to_dialer;
  Bytes dialer_said;
  Bytes listener_said;

 private:
  bool wants_split_ = false;
  bool is_split_ = false;
};

inline void expect_equal(House& a, House& b) {
  EXPECT_EQ(a.digest(), b.digest());
  EXPECT_EQ(a.state_hash(), b.state_hash());
  EXPECT_EQ(a.post_count(), b.post_count());
}

}  // namespace kith::sync::testing

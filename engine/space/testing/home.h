// SPDX-License-Identifier: Apache-2.0
// A person's device with a real space in a file of its own, and the carrying of entries between two of them by hand: no
// protocol, no network, a clock that stands still.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/testing/fakes.h"
#include "crypto/testing/start.h"
#include "crypto/words.h"
#include "space/space.h"
#include "store/testing/directory.h"

namespace kith::space::testing {

inline constexpr std::string_view kNotesSchema =
    "CREATE TABLE notes(id TEXT PRIMARY KEY, body LWW_TEXT);\n"
    "CREATE EVENT \"note written\";\n";
inline constexpr std::uint64_t kWeekMs = 7 * 86'400'000;

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

/// From words, like everybody's; kept, because words are stretched on purpose.
inline crypto::Key root_of(std::uint8_t person) {
  static std::map<std::uint8_t, crypto::Key> known;
  if (const auto root = known.find(person); root != known.end()) return root->second;
  crypto::Key seed;
  seed.data.fill(person);
  return known[person] =
             crypto::derive_root(crypto::seed_from_words(crypto::words_from_entropy(seed.view().first(16))));
}

using store::testing::Directory;

class Home {
 public:
  Home(std::uint8_t the_person, kith::testing::FakeClock& the_clock, std::uint64_t seed = 0)
      : root(root_of(the_person)), clock(the_clock), random(seed * 1'000 + the_person) {
    storage_key.data.fill(static_cast<std::uint8_t>(the_person + seed));
  }

  OpenOptions options() { return options(schema); }
  OpenOptions options(std::string_view of) {
    return {directory.file("space.kith"), must(store::Schema::parse(of)), storage_key};
  }
  Environment environment() { return {clock, random, files != nullptr ? files : directory.files()}; }

  Space& found() {
    space = must(Space::found(environment(), options(), root, Lineage{}, HostKey{}, keys));
    return *space;
  }
  void visit(const Home& whom, const Invitation& invitation) {
    space = must(Space::visit(environment(), options(), whom.space->id(), invitation));
  }
  Result<void> join(Home& whom, const Invitation& invitation) {
    visit(whom, invitation);
    whom.tell_authority(*this);
    return space->join(root, keys);
  }
  void reopen() { reopen_with(schema); }
  /// By another version of the program.
  void reopen_with(std::string_view other) {
    schema = other;
    space.reset();
    space = must(Space::open(environment(), options(), keys));
  }

  Result<WriteReceipt> try_note(std::string_view body) {
    return space->write("note written", {}, [&](Writer& writer) {
      return writer.exec("INSERT INTO notes(id, body) VALUES (?, ?)", {space->new_id(), std::string(body)});
    });
  }
  void note(std::string_view body) {
    must(try_note(body));
    clock.advance(1);
    must(space->tick());
  }
  std::vector<std::string> notes() {
    std::vector<std::string> out;
    for (const auto& row : must(space->query("SELECT body FROM notes ORDER BY body", std::span<const Value>())).rows) {
      out.push_back(std::get<std::string>(row[0]));
    }
    return out;
  }
  std::string state_hash() { return to_hex(must(space->store().state_hash())); }

  /// Everything that the other lacks, authority first.
  Result<void> try_tell_authority(Home& to) {
    log::Log& log = space->log();
    const auto entries = must(log.authority_since(to.space->log().authority_heads()));
    log::RecordEncoder encoder(space->id());
    Bytes window;
    for (const auto& entry : entries) must(log.encode_authority(entry, encoder, window));
    if (window.empty()) return {};
    log::RecordDecoder decoder(to.space->id());
    KITH_TRY(to.space->log().accept(decoder, window));
    return {};
  }
  void tell_authority(Home& to) { must(try_tell_authority(to)); }
  log::Accepted tell_content(Home& to) {
    log::Log::Missing missing = must(space->log().missing_at(must(to.space->log().frontier())));
    log::Accepted sum;
    for (auto* ranges : {&missing.ahead, &missing.backfill}) {
      log::RecordEncoder encoder(space->id());
      log::RecordDecoder decoder(space->id());
      for (bool is_done = ranges->empty(); !is_done;) {
        const auto window =
            must(space->log().next_window(*ranges, ranges == &missing.backfill, encoder, 1'000, 1 << 20));
        const log::Accepted accepted = must(to.space->log().accept(decoder, window.records));
        sum.fresh += accepted.fresh;
        sum.locked += accepted.locked;
        is_done = window.done;
      }
    }
    return sum;
  }
  void tell(Home& to) {
    tell_authority(to);
    tell_content(to);
  }
  std::size_t count(log::Kind kind) {
    std::size_t out = 0;
    must(space->log().each_authority([&](const log::AuthorityEntry& entry) -> Result<void> {
      out += entry.header.kind == static_cast<std::uint8_t>(kind) ? 1 : 0;
      return {};
    }));
    return out;
  }

  crypto::Key root;
  kith::testing::FakeClock& clock;
  kith::testing::SeededRandom random;
  FileSystem* files = nullptr;  // null: the directory
  Directory directory;
  crypto::Key storage_key;
  std::string schema{kNotesSchema};  // of this home's program
  SpaceKeys keys;
  std::unique_ptr<Space> space;
};

/// Both ways until nothing moves; each device does its duties in between.
inline void meet(Home& a, Home& b) {
  for (int round = 0; round < 10; ++round) {
    must(a.space->tick());
    must(b.space->tick());
    a.tell(b);
    b.tell(a);
    if (must(a.space->log().digest()) == must(b.space->log().digest()) && !a.space->log().has_tail() &&
        !b.space->log().has_tail()) {
      return;
    }
  }
  ADD_FAILURE() << "two devices that meet should come to rest";
}

}  // namespace kith::space::testing

// SPDX-License-Identifier: Apache-2.0
// A replica with a log for tests: clock, store, log, fake governor; and what a peer would do with two of them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/hybrid_clock.h"
#include "base/testing/fakes.h"
#include "crypto/testing/start.h"
#include "log/log.h"
#include "log/testing/fake_governor.h"
#include "log/testing/samples.h"
#include "store/store.h"
#include "store/testing/memory_disk.h"

namespace kith::log::testing {

/// Unwraps in a test; a failure names itself and ends the process.
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

inline constexpr std::string_view kNotesSchema =
    "CREATE TABLE notes (id TEXT PRIMARY KEY, body LWW_TEXT, place TEXT);"
    "CREATE EVENT \"note written\"; CREATE EVENT \"note changed\";";

inline const crypto::Key kTestSecret = filled<crypto::Key>(0xee);

/// The genesis of the tests' space: its payload says nothing, its log is Ana's.
inline const crypto::SigningKey& founder_key() {
  static const crypto::SigningKey key = signing_key(1);
  return key;
}

struct Genesis {
  Header header;
  EntryId id;
  Bytes payload;
  SpaceId space() const { return SpaceId{id.data}; }
};

inline Genesis make_genesis() {
  Genesis genesis;
  genesis.payload = to_bytes(as_bytes("a genesis"));
  Header& header = genesis.header;
  header.kind = static_cast<std::uint8_t>(Kind::kGenesis);
  header.payload_length = static_cast<std::uint32_t>(genesis.payload.size());
  header.payload = clear_payload_hash(genesis.payload);
  header.time = Stamp::from_ms(1'789'999'999'000);
  header.device = device_of(founder_key());
  genesis.id = header_id(header);
  return genesis;
}

class House {
 public:
  explicit House(std::uint8_t key_seed) : key(signing_key(key_seed)), random(key_seed) { open(); }

  void open() {
    hybrid = std::make_unique<HybridClock>(clock);
    store::OpenOptions options;
    options.path = "street.kith";
    options.files = &disk;
    store = must(store::Store::open(options, must(store::Schema::parse(kNotesSchema)), clock, *hybrid));
    log = must(Log::open(*store, make_genesis().space(), clock, *hybrid, random));
    governor = std::make_unique<FakeGovernor>(*log, kTestSecret);
    log->set_governor(governor.get());
    must(log->set_own(&key));
    set_self();
  }
  void close() {
    log.reset();
    governor.reset();
    store.reset();
  }
  /// As if the machine had lost its power: what was not flushed is gone.
  void crash() {
    // The database must not tidy up on its way out.
    disk.fill_up(true);
    close();
    disk.fill_up(false);
    disk.lose_power();
    open();
  }
  void reopen() {
    close();
    open();
  }

  DeviceId device() const { return device_of(key); }

  /// The genesis, as a newcomer gets it.
  void receive_genesis() {
    const Genesis genesis = make_genesis();
    RecordEncoder encoder(genesis.space());
    Bytes window;
    encoder.encode(Record{genesis.header, genesis.id, genesis.payload, std::nullopt, false,
                          founder_key().sign("kith1 entry", genesis.id.view())},
                   window);
    RecordDecoder decoder(genesis.space());
    // The founder's own log is empty until its genesis is in.
    if (device() == genesis.header.device) must(log->set_own(nullptr));
    must(log->accept(decoder, window));
    must(log->set_own(&key));
  }
  void join() {
    receive_genesis();
    if (device() != make_genesis().header.device) must(log->append_authority(Kind::kJoin, as_bytes("a join")));
    set_self();
  }

  store::Committed write(std::string_view sql, std::vector<Value> parameters, std::uint64_t rest_ms = 0) {
    must(store->begin("note written", rest_ms));
    must(store->exec(sql, parameters));
    return must(store->commit());
  }
  store::Committed note(const std::string& id, const std::string& body, std::uint64_t rest_ms = 0) {
    return write("INSERT INTO notes(id, body, place) VALUES (?, ?, 'here')", {id, body}, rest_ms);
  }
  store::Committed change(const std::string& id, const std::string& body) {
    return write("UPDATE notes SET body = ?2 WHERE id = ?1", {id, body});
  }
  std::string body_of(const std::string& id) {
    const Value parameters[] = {id};
    const Rows rows = must(store->query("SELECT body FROM notes WHERE id = ?", parameters));
    if (rows.rows.empty()) return "(none)";
    const auto* text = std::get_if<std::string>(&rows.rows[0][0]);
    return text == nullptr ? "(erased)" : *text;
  }
  std::int64_t notes() { return std::get<std::int64_t>(must(store->query("SELECT count(*) FROM notes")).rows[0][0]); }
  std::string state_hash() { return to_hex(must(store->state_hash())); }
  Hash digest() { return must(log->digest()); }
  std::uint32_t seal() { return must(log->seal_tail(true)); }
  std::optional<FrontierItem> held(const DeviceId& device) {
    for (const FrontierItem& item : must(log->frontier())) {
      if (item.device == device) return item;
    }
    return std::nullopt;
  }

  kith::testing::FakeClock clock;
  std::unique_ptr<HybridClock> hybrid;
  store::testing::MemoryDisk disk;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Log> log;
  std::unique_ptr<FakeGovernor> governor;
  crypto::SigningKey key;
  kith::testing::SeededRandom random;

 private:
  void set_self() {
    const auto author = store->author(device(), device().view());
    must(author);
    store->set_self(*author);
  }
};

/// One direction of a connection.
class Wire {
 public:
  Wire(House& from, House& to) : from_(from), to_(to) {}

  Accepted authority() {
    Bytes window;
    const auto known = to_.log->authority_heads();
    for (const AuthorityEntry& entry : must(from_.log->authority_since(known))) {
      must(from_.log->encode_authority(entry, encoder_, window));
    }
    return must(to_.log->accept(decoder_, window));
  }
  /// Windows until nothing is left of `ranges`, or `windows_max` have been sent.
  Accepted send(std::vector<Range> ranges, bool newest_first, std::uint32_t records_max = 64,
                std::size_t bytes_max = 1 << 20, int windows_max = 1 << 20) {
    Accepted total;
    while (!ranges.empty() && windows_max-- > 0) {
      const Log::Window window = must(from_.log->next_window(ranges, newest_first, encoder_, records_max, bytes_max));
      const Accepted accepted = must(to_.log->accept(decoder_, window.records));
      total.fresh += accepted.fresh;
      total.known += accepted.known;
      total.locked += accepted.locked;
      total.held += accepted.held;
      total.gap = total.gap || accepted.gap;
      EXPECT_EQ(window.done, ranges.empty());
    }
    return total;
  }
  Accepted everything(std::uint32_t records_max = 64) {
    authority();
    const Log::Missing missing = must(from_.log->missing_at(must(to_.log->frontier())));
    Accepted total = send(missing.ahead, false, records_max);
    const Accepted backfill = send(missing.backfill, true, records_max);
    total.fresh += backfill.fresh;
    total.known += backfill.known;
    total.locked += backfill.locked;
    total.held += backfill.held;
    total.gap = total.gap || backfill.gap;
    return total;
  }

 private:
  House& from_;
  House& to_;
  RecordEncoder encoder_{make_genesis().space()};
  RecordDecoder decoder_{make_genesis().space()};
};

inline Accepted send_all(House& from, House& to, std::uint32_t records_max = 64) {
  return Wire(from, to).everything(records_max);
}

inline void exchange(House& a, House& b) {
  send_all(a, b);
  send_all(b, a);
}

}  // namespace kith::log::testing

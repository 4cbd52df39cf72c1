// SPDX-License-Identifier: Apache-2.0
// The logs of one space at this replica: signed entries in the store's journal, verified chains, frontiers, the
// unsealed tail, doubled-log proofs. The log moves and judges form (authentic, in order, not doubled, due); whether an
// entry counts and which key opens it is asked of the room above.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/environment.h"
#include "base/hybrid_clock.h"
#include "codec/compress.h"
#include "crypto/sign.h"
#include "log/entry.h"
#include "log/record.h"
#include "store/store.h"

namespace kith::log {

/// What a replica holds of one log: the entries low … high, contiguous (authority entries may lie beside it).
struct FrontierItem {
  DeviceId device;
  Seq low;
  Seq high;
  EntryId high_id;
  friend bool operator==(const FrontierItem&, const FrontierItem&) = default;
};

/// An authority entry, verified, before or after it is stored.
struct AuthorityEntry {
  Pos pos;
  EntryId id;
  Header header;  // refs explicit (an authority entry other than the genesis must carry its refs; docs/decisions.md)
  Bytes payload;
};

/// The room above (space::Space). Called inside the log's own transactions; must not begin one.
class Governor {
 public:
  virtual ~Governor() = default;
  /// Who writes this log, if its first entry certifies a device. nullopt: unknown here (yet): the entries are refused
  /// until authority has come.
  virtual std::optional<PersonId> person_of(const DeviceId& device) = 0;
  /// Does a content entry of this log, this number and time count now (certificate, rights, not_after, retirement,
  /// doubling, membership)?
  virtual bool counts(const DeviceId& device, const Header& header, const EntryId& id) = 0;
  /// The secret for a tag, if this replica has it.
  virtual std::optional<crypto::Key> epoch_secret(const DeviceId& device, const EpochTag& tag) = 0;
  /// Under which epoch to write now, and the heads to cite if they changed since the last entry of this log (else
  /// empty). May write authority entries of its own before (a missing epoch).
  struct Writing {
    crypto::Key epoch_secret;
    EpochTag tag;
    std::vector<EntryId> refs;
  };
  virtual Result<Writing> writing() = 0;
  /// The same, if nothing has to be written before it. Asked within a local commit, which is then sealed at once.
  virtual std::optional<Writing> ready_to_write() { return std::nullopt; }
  /// New authority entries, ours or others', in order, within the transaction that stores them, before `person_of` is
  /// asked for their logs. Their effects (who counts, which keys) are to be worked out, and then `Log::rejudge` called
  /// for logs whose verdict changed.
  virtual Result<void> authority_arrived(std::span<const AuthorityEntry> entries) = 0;
  /// Two ids for one number: the proof of it (formats 11).
  virtual Result<void> log_doubled(const DeviceId& device, Seq seq, ByteView proof) = 0;
  /// What an entry with these effective refs may name of the app's schema, by the latest seal that they reach. Null:
  /// whatever is agreed on in the store. Lives until authority changes.
  virtual const store::SchemaReach* reach_of(std::span<const EntryId> refs) {
    static_cast<void>(refs);
    return nullptr;
  }
  /// Has a seal changed the schema? If none has, `reach_of` is asked without refs.
  virtual bool has_schema_moved() const { return false; }
  /// Before a window is taken in, outside any transaction: the time to do what a seal says.
  virtual Result<void> before_window() { return {}; }
  /// A transaction in which one of the two was called has failed: what is true is what `each_authority` gives.
  virtual void authority_undone() {}
};

struct Accepted {
  std::uint32_t fresh = 0;   // new here
  std::uint32_t known = 0;   // were here already
  std::uint32_t locked = 0;  // of the fresh: no key for them yet
  std::uint32_t held = 0;    // of the fresh: ahead of our clock
  bool gap = false;          // some run did not touch what is here: compare frontiers again
  Pos last;                  // newest place given
};

/// A range of one log that somebody lacks; `from` … `to` inclusive.
struct Range {
  DeviceId device;
  Seq from;
  Seq to;
};

class Log {
 public:
  static constexpr std::uint64_t kCheckpoint =
      64;  // signatures kept: newest, every seq = 63 mod 64, authority, around large payloads
  static constexpr std::uint32_t kLargePayloadBytes =
      8 << 10;  // so that what lies between two kept signatures stays below 512 KiB
  static constexpr std::uint32_t kHeldPerDeviceMax = 256;
  static constexpr std::uint16_t kStampRoom =
      16;  // stamps left free behind each of our own, for authority that must precede the tail

  /// Takes the store's commit listener and becomes its changeset source; the store, clocks and random outlive the log.
  static Result<std::unique_ptr<Log>> open(store::Store& store, const SpaceId& space, Clock& clock, HybridClock& hybrid,
                                           Random& random);
  ~Log();
  void set_governor(Governor* governor);

  // -- own log
  /// Names our own log; its next number is read from the journal.
  Result<void> set_own(const crypto::SigningKey* log_key);
  const DeviceId& own() const;
  std::optional<EntryId> own_head() const;
  Seq own_next() const;
  /// Writes an authority entry now, citing the current heads (the 32 lowest if there are more: write a merge first).
  /// `kind` < 64, clear CBOR payload (may be empty). The tail is sealed before it, except from within
  /// Governor::writing(), where it takes a stamp below the tail's.
  Result<AuthorityEntry> append_authority(Kind kind, ByteView payload);
  /// Seals what is due of the tail (rest over; everything if `all`), in the order of commits with the stamps of
  /// commits. Returns how many entries.
  Result<std::uint32_t> seal_tail(bool all);
  bool has_tail() const;

  // -- authority
  std::vector<EntryId> authority_heads() const;
  /// What is held at a number of a log.
  Result<std::optional<EntryId>> id_at(const DeviceId& device, Seq seq);
  /// The changeset at a place of the journal, entry or tail. nullopt: none there that is readable here.
  Result<std::optional<store::StoredChangeset>> changeset_at(Pos pos);
  /// Every authority entry in an order in which refs come first.
  Result<void> each_authority(const std::function<Result<void>(const AuthorityEntry&)>& visit);

  // -- what there is, for sync. Reading flushes first: nothing is told or sent that is not on the medium.
  /// Random at creation, kept in the file: a cursor of another journal means nothing here.
  std::uint64_t journal_id() const;
  /// Logs of which content is here, by device. (Of a log with authority entries alone, the authority heads say all.) A
  /// doubled log ends below its doubling.
  Result<std::vector<FrontierItem>> frontier();
  /// H over the frontier and the authority heads: equal digests, same entries.
  Result<Hash> digest();
  /// The cursor up to which everything is sealed; a peer's cursor never passes the oldest transaction of the tail.
  Result<Pos> journal_head();
  /// Authority entries that are not in the closure of `known`, refs first. Ids in `known` that are not here are passed
  /// over.
  Result<std::vector<AuthorityEntry>> authority_since(std::span<const EntryId> known);
  /// What a peer with this frontier lacks. Ranges of logs that it lacks altogether or below its low are `backfill`
  /// (sent newest first), those above its high are `ahead` (sent in order).
  struct Missing {
    std::vector<Range> ahead;
    std::vector<Range> backfill;
    Pos upto;  // the newest journal place looked at
  };
  Result<Missing> missing_at(std::span<const FrontierItem> theirs);
  /// Logs' new ranges since a cursor of our journal: the same two kinds.
  Result<Missing> since(Pos cursor);
  /// Encodes up to `records_max` entries of `ranges` into a window, with the signature at each log's last; shrinks the
  /// ranges by what it wrote. Order: ascending by time for `ahead`; for backfill the newest by time first (each window
  /// ascending inside), so that every log's run touches. An ascending run ends only where a signature is kept. One
  /// record larger than `bytes_max` goes alone.
  struct Window {
    Bytes records;
    std::uint32_t count = 0;
    bool done = false;
  };
  Result<Window> next_window(std::vector<Range>& ranges, bool newest_first, RecordEncoder& encoder,
                             std::uint32_t records_max, std::size_t bytes_max);
  /// One authority entry as a record with its signature.
  Result<void> encode_authority(const AuthorityEntry& entry, RecordEncoder& encoder, Bytes& out);

  /// Runs `body`: all of the entries that it writes stay, or none, and then the governor is told (authority_undone).
  Result<void> together(const std::function<Result<void>()>& body);

  // -- what arrives. All or nothing, in one transaction.
  /// A window: links, payload hashes, one verification for each log at its end; then journal, tables, frontier.
  /// kMalformed, kBadSignature: the peer lies. kNotMember: content of a log whose first entry certified nobody here.
  /// The decoder is spent after any of these.
  Result<Accepted> accept(RecordDecoder& decoder, ByteView window);
  /// After keys or verdicts changed: opens what was locked, applies what is due, retracts what no longer counts,
  /// restores what counts again.
  Result<void> rejudge(std::span<const DeviceId> logs);
  Result<void> open_locked();
  Result<void> apply_due();
  /// After more of the schema was agreed on, or is known to be cited: applies what has waited for it.
  Result<void> place_waiting();

  // -- erasure and evidence
  Result<void> erase(std::span<const EntryId> entries);
  /// n u8 ‖ n following headers ‖ signature.
  Result<Bytes> evidence_for(const DeviceId& device, Seq seq);
  /// Checks a doubling proof from outside; the device and number it convicts.
  static Result<std::pair<DeviceId, Seq>> check_doubling(ByteView proof, const SpaceId& space);

  // -- counters for status and metrics
  struct Counters {
    std::uint64_t entries = 0, authority = 0, tail = 0, locked = 0, held = 0, verifications = 0, doubled = 0;
  };
  Result<Counters> counters();

  struct Impl;

 private:
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kith::log

// SPDX-License-Identifier: Apache-2.0
// The unsealed tail: committed transactions become entries, in the order of their commits and with the stamps of their
// commits. Nothing leaves from here: whoever reads entries for others flushes first.
#include <algorithm>

#include "log/log_impl.h"

namespace kith::log {
namespace {

constexpr std::uint32_t kSealBatchEntries = 1'024;  // of one SQLite transaction; a group is never cut
// Bits of `share` for content that the app says nothing about: within the space, one hop.
constexpr std::uint8_t kPolicySpace = 2;
constexpr std::uint8_t kOneHop = 1;

/// A rest that ends later than any rest lasts was begun by a clock that was ahead and has been corrected.
bool rests(std::uint64_t until_ms, std::uint64_t now_ms) {
  constexpr std::uint64_t kRestMsMax = 3'600'000;
  return until_ms > now_ms && until_ms - now_ms <= kRestMsMax;
}

}  // namespace

/// What is the same for all entries of one sealing, and what is owed at its end.
struct Log::Impl::SealRun {
  Governor::Writing writing;
  bool all = false;
  bool is_done = false;
  OwnHead head;
  std::optional<Seq> newest_before;  // whose signature may go once there is a newer one
  struct Owed {
    Seq seq;
    Signature signature;
  };
  std::optional<Owed> newest;  // signature of the newest entry, not stored yet
};

/// One transaction of ours, or a part of one.
struct Log::Impl::Sealable {
  Pos pos;
  Stamp stamp;
  bool more;
  bool is_in_tail;  // its row is in the journal
  ByteView shape;
  ByteView values;
};

Log::Impl::OwnHead Log::Impl::own_head() const {
  OwnHead head;
  if (own_key == nullptr) return head;
  const LogState& log = logs[own_log];
  if (log.interval.has_value()) {
    head = {Seq(log.interval->high.value + 1), log.interval->high_id, log.interval->high_time};
  }
  if (!log.authority.empty()) {
    const AuthorityNode& last = nodes[log.authority.back()];
    if (last.seq >= head.next) head = {Seq(last.seq.value + 1), last.id, last.time};
  }
  return head;
}

Result<void> Log::Impl::load_own() {
  own_device.data = own_key->public_key().data;
  own_log = log_index(own_device);
  LogState& log = logs[own_log];
  if (log.author.value == 0) {
    const auto author = store.find_author(log.device);
    if (author.ok()) {
      log.author = *author;
      logs_by_author[log.author.value] = own_log;
    }
  }
  own_refs.clear();
  auto row = KITH_TRY(store.db().cached(
      "SELECT refs FROM kith_journal WHERE author = ? AND seq IS NOT NULL AND refs IS NOT NULL ORDER BY seq DESC"
      " LIMIT 1"));
  row->bind(1, log.author.value);
  if (KITH_TRY(row->step())) {
    ByteReader in(row->blob(0));
    while (in.left() >= EntryId::kSize) own_refs.push_back(EntryId{in.array<32>()});
  }
  const auto newest_of_tail = static_cast<std::uint64_t>(
      KITH_TRY(journal.count("SELECT stamp FROM kith_journal WHERE form = 0 ORDER BY pos DESC LIMIT 1")));
  hybrid.restore(Stamp(std::max(own_head().time.value, newest_of_tail) + kStampRoom));
  return {};
}

Result<void> Log::Impl::check_own() const {
  if (own_key == nullptr || governor == nullptr) {
    return Error(ErrorCode::kUsage, "This replica has no log of its own yet.", "Join the space first.");
  }
  if (logs[own_log].doubled_at.has_value() || is_own_ahead) {
    return Error(ErrorCode::kDoubledLog, "This device's log was doubled: a copy of its keys has written too.",
                 "Link this device anew; what it has written stays.");
  }
  return {};
}

Result<bool> Log::Impl::has_tail() {
  return KITH_TRY(journal.count("SELECT EXISTS (SELECT 1 FROM kith_journal WHERE form = 0)")) != 0;
}

Result<bool> Log::Impl::next_tail_row(Pos after, TailRow& tail) {
  auto row = KITH_TRY(store.db().cached(
      "SELECT pos, stamp, more, rest_until, body FROM kith_journal WHERE form = 0 AND pos > ? ORDER BY pos LIMIT 1"));
  row->bind(1, after.value);
  if (!KITH_TRY(row->step())) return false;
  tail.pos = Pos(row->int64(0));
  tail.stamp = Stamp(static_cast<std::uint64_t>(row->int64(1)));
  tail.more = row->int64(2) != 0;
  tail.rest_until = static_cast<std::uint64_t>(row->int64(3));
  ByteReader in(row->blob(4));
  const ByteView shape = in.bytes(in.varint());
  const ByteView values = in.rest();
  if (!in.ok()) {
    return Error(ErrorCode::kNotDatabase, "A transaction that was not sent yet is damaged.",
                 "Restore the file from a backup.");
  }
  tail.shape.assign(shape.begin(), shape.end());
  tail.values.assign(values.begin(), values.end());
  return true;
}

Result<std::uint32_t> Log::Impl::seal_tail(bool all) {
  TailRow first;
  if (!KITH_TRY(next_tail_row(Pos(0), first))) return 0u;
  if (!all && rests(first.rest_until, clock.wall_ms())) return 0u;
  KITH_TRY(check_own());
  SealRun run;
  is_in_writing = true;
  auto writing = governor->writing();
  is_in_writing = false;
  run.writing = KITH_TRY(std::move(writing));
  run.all = all;
  std::uint32_t sealed = 0;
  while (!run.is_done) sealed += KITH_TRY(seal_batch(run));
  return sealed;
}

Result<std::uint32_t> Log::Impl::seal_batch(SealRun& run) {
  Batch batch = KITH_TRY(Batch::begin(*this));
  begin_run(run);
  if (run.head.next.value == 0) {
    return Error(ErrorCode::kUsage, "This device's log has no first entry yet.", "Join the space first.");
  }
  KITH_TRY(ensure_author(logs[own_log]));
  std::uint32_t sealed = 0;
  bool goes_on = false;  // inside a group
  TailRow row;
  Pos after(0);
  while (goes_on || sealed < kSealBatchEntries) {
    const bool has_row = KITH_TRY(next_tail_row(after, row));
    // One that rests holds back those behind it: order is never broken.
    run.is_done = !has_row || (!goes_on && !run.all && rests(row.rest_until, clock.wall_ms()));
    if (run.is_done) break;
    KITH_TRY(seal_one(run, {row.pos, row.stamp, row.more, true, row.shape, row.values}));
    after = row.pos;
    goes_on = row.more;
    ++sealed;
  }
  if (sealed > 0) KITH_TRY(end_run(run));
  KITH_TRY(batch.commit());
  entries += sealed;
  return sealed;
}

void Log::Impl::begin_run(SealRun& run) const {
  const auto& before = logs[own_log].interval;
  run.head = own_head();
  run.newest_before = before.has_value() ? std::optional(before->high) : std::nullopt;
  run.newest.reset();
}

Result<void> Log::Impl::end_run(SealRun& run) {
  LogState& log = logs[own_log];
  absorb(log);
  if (run.newest.has_value()) {
    KITH_TRY(journal.put_evidence(log.author, run.newest->seq, run.newest->signature, false, nullptr));
  }
  if (run.newest_before.has_value()) KITH_TRY(journal.drop_evidence(log.author, *run.newest_before));
  return save_interval(log);
}

Result<bool> Log::Impl::seal(Pos pos, AuthorRef author, Stamp stamp, ByteView shape, ByteView values) {
  if (broken.has_value()) return *broken;
  if (!check_own().ok() || logs[own_log].author != author) return false;
  SealRun run;
  begin_run(run);
  // What still rests must not be overtaken.
  if (run.head.next.value == 0 || stamp <= run.head.time || KITH_TRY(has_tail())) return false;
  auto writing = governor->ready_to_write();
  if (!writing.has_value()) return false;
  run.writing = *std::move(writing);
  KITH_TRY(seal_one(run, {pos, stamp, false, false, shape, values}));
  KITH_TRY(end_run(run));
  ++entries;
  return true;
}

void Log::Impl::sealing_failed() {
  auto loaded = load();
  if (!loaded.ok()) broken = std::move(loaded).error();
}

Result<void> Log::Impl::seal_one(SealRun& run, const Sealable& row) {
  LogState& log = logs[own_log];
  if (row.stamp <= run.head.time) {
    return Error(ErrorCode::kInternal, "A transaction of this device is stamped before its last entry.",
                 "Please report it.");
  }
  const Bytes payload = KITH_TRY(
      seal_payload(compressor, random, run.writing.epoch_secret, log.device, run.head.next, row.shape, row.values));
  Header header;
  header.kind = static_cast<std::uint8_t>(Kind::kContent);
  header.share = share_of(kPolicySpace, kOneHop, row.more);
  header.payload_length = static_cast<std::uint32_t>(payload.size());
  header.seq = run.head.next;
  header.time = row.stamp;
  header.tag = run.writing.tag;
  header.space = space;
  header.device = log.device;
  header.prev = run.head.id;
  header.payload = payload_hash(KITH_TRY(split_payload(payload, std::nullopt)));
  if (!run.writing.refs.empty() && run.writing.refs.size() <= kRefsMax && run.writing.refs != own_refs) {
    header.refs = run.writing.refs;
    own_refs = run.writing.refs;
  }
  const EntryId id = header_id(header);
  const Record record{header, id, payload, std::nullopt, false, std::nullopt};
  KITH_TRY(row.is_in_tail ? journal.seal(row.pos, record)
                          : journal.insert(row.pos, log.author, State::kCounts, record));

  const bool is_large = header.payload_length > kLargePayloadBytes;
  if (run.newest.has_value() && is_large) {
    KITH_TRY(journal.put_evidence(log.author, run.newest->seq, run.newest->signature, true, nullptr));
  } else if (run.newest_before.has_value() && is_large && run.newest_before->value + 1 == header.seq.value) {
    KITH_TRY(journal.keep_evidence(log.author, *run.newest_before));
  }
  const Signature signature = own_key->sign("kith1 entry", id.view());
  run.newest = SealRun::Owed{header.seq, signature};
  if (keeps_signature(header)) {
    KITH_TRY(journal.put_evidence(log.author, header.seq, signature, true, nullptr));
    run.newest.reset();
  }

  if (!log.interval.has_value()) {
    log.interval = Interval{header.seq, header.seq, id, header.prev, header.time, header.time, header.more(), false};
  } else {
    log.interval->high = header.seq;
    log.interval->high_id = id;
    log.interval->high_time = header.time;
    log.interval->high_more = header.more();
  }
  run.head = {Seq(header.seq.value + 1), id, header.time};
  return {};
}

Result<void> Log::set_own(const crypto::SigningKey* log_key) {
  impl_->own_key = log_key;
  impl_->own_device = DeviceId{};
  return log_key == nullptr ? Result<void>() : impl_->load_own();
}

const DeviceId& Log::own() const {
  return impl_->own_device;
}

std::optional<EntryId> Log::own_head() const {
  const Impl::OwnHead head = impl_->own_head();
  return head.next.value == 0 ? std::nullopt : std::optional(head.id);
}

Seq Log::own_next() const {
  return impl_->own_head().next;
}

Result<std::uint32_t> Log::seal_tail(bool all) {
  return impl_->seal_tail(all);
}

bool Log::has_tail() const {
  const auto has = impl_->has_tail();
  return has.ok() && *has;
}

}  // namespace kith::log

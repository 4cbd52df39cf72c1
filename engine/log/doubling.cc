// SPDX-License-Identifier: Apache-2.0
// Evidence for single entries, and logs with two entries at one number: frozen at the common prefix, the same at every
// replica.
#include "codec/cbor.h"
#include "log/log_impl.h"

namespace kith::log {

Result<Bytes> Log::Impl::evidence_for(LogState& log, Seq seq) {
  const auto row = KITH_TRY(journal.next_evidence(log.author, seq));
  if (!row.has_value() || row->seq.value - seq.value > kEvidenceHeadersMax) {
    return Error(ErrorCode::kNotFound, "There is no signature here that reaches this entry.",
                 "Ask another node for it.");
  }
  std::vector<Header> following;
  StoredEntry entry;
  EntryId prev = KITH_TRY(prev_of(log, Seq(seq.value + 1)));
  for (std::uint64_t at = seq.value + 1; at <= row->seq.value; ++at) {
    if (!KITH_TRY(journal.read(log.author, Seq(at), entry))) {
      return Error(ErrorCode::kNotFound, "The entries between this one and the next signature are not here.",
                   "Ask another node for them.");
    }
    entry.header.device = log.device;
    entry.header.prev = prev;
    Journal::set_payload_hash(entry);
    prev = entry.id;
    following.push_back(entry.header);
  }
  return encode_evidence(following, row->signature);
}

Result<bool> Log::Impl::freeze(LogIndex index, Seq seq, ByteView proof) {
  LogState& log = logs[index];
  if (log.doubled_at.has_value() && *log.doubled_at <= seq) return false;
  log.doubled_at = seq;
  KITH_TRY(journal.put_doubled(log.device, seq, proof));
  KITH_TRY(cut_interval(log, seq));
  KITH_TRY(rejudge(index));
  return true;
}

Result<void> Log::Impl::cut_interval(LogState& log, Seq seq) {
  if (!log.interval.has_value() || log.interval->high < seq) return {};
  Interval& interval = *log.interval;
  StoredEntry entry;
  bool has_content = false;
  if (interval.low < seq) {
    // Authority alone makes no interval.
    auto row = KITH_TRY(store.db().cached(
        "SELECT EXISTS (SELECT 1 FROM kith_journal WHERE author = ?1 AND seq >= ?2 AND seq < ?3 AND kind >= 64)"));
    row->bind(1, log.author.value).bind(2, static_cast<std::int64_t>(interval.low.value));
    row->bind(3, static_cast<std::int64_t>(seq.value));
    has_content = KITH_TRY(row->step()) && row->int64(0) != 0;
  }
  if (has_content && KITH_TRY(journal.read(log.author, Seq(seq.value - 1), entry))) {
    interval.high = entry.header.seq;
    interval.high_id = entry.id;
    interval.high_time = entry.header.time;
    interval.high_more = entry.header.more();
  } else {
    log.interval.reset();
  }
  return save_interval(log);
}

Result<void> Log::Impl::note_doubling_entry(ByteView payload) {
  codec::CborReader in(payload);
  const ByteView proof = in.bytes();
  if (!in.finish("a doubling proof").ok()) return {};
  const auto doubling = decode_doubling(proof, space);
  if (!doubling.ok()) return {};  // void: kept and relayed, and means nothing
  verifications += 2;
  KITH_TRY(freeze(log_index(doubling->device), doubling->seq, proof));
  return {};
}

Result<Bytes> Log::evidence_for(const DeviceId& device, Seq seq) {
  const auto it = impl_->logs_by_device.find(device);
  if (it == impl_->logs_by_device.end()) {
    return Error(ErrorCode::kNotFound, "Nothing of this log is here.", "Ask another node for it.");
  }
  return impl_->evidence_for(impl_->logs[it->second], seq);
}

Result<std::pair<DeviceId, Seq>> Log::check_doubling(ByteView proof, const SpaceId& space) {
  const Doubling doubling = KITH_TRY(decode_doubling(proof, space));
  return std::pair(doubling.device, doubling.seq);
}

}  // namespace kith::log

// SPDX-License-Identifier: Apache-2.0
// The graph of authority entries: heads, closures, our own acts; and how intervals grow over entries that came alone.
#include <algorithm>

#include "log/log_impl.h"

namespace kith::log {

const AuthorityNode* Log::Impl::node_at(const LogState& log, Seq seq) const {
  const auto by_seq = [this](NodeIndex node, Seq wanted) { return nodes[node].seq < wanted; };
  const auto it = std::lower_bound(log.authority.begin(), log.authority.end(), seq, by_seq);
  return it == log.authority.end() || nodes[*it].seq != seq ? nullptr : &nodes[*it];
}

void Log::Impl::add_node(LogIndex log_index, Pos pos, const EntryId& id, const Header& header) {
  const auto index = static_cast<NodeIndex>(nodes.size());
  AuthorityNode node{id, header.prev, log_index, header.seq, header.time, pos, {}};
  for (const EntryId& ref : header.refs) {
    const auto it = nodes_by_id.find(ref);
    if (it != nodes_by_id.end()) node.refs.push_back(it->second);
  }
  std::erase_if(head_nodes,
                [&](NodeIndex head) { return std::find(node.refs.begin(), node.refs.end(), head) != node.refs.end(); });
  head_nodes.push_back(index);
  auto& of_log = logs[log_index].authority;
  const auto by_seq = [this](Seq wanted, NodeIndex other) { return wanted < nodes[other].seq; };
  of_log.insert(std::upper_bound(of_log.begin(), of_log.end(), header.seq, by_seq), index);
  nodes.push_back(std::move(node));
  nodes_by_id.emplace(id, index);
  sorted_heads.clear();
  changed();
}

const std::vector<EntryId>& Log::Impl::heads() {
  if (sorted_heads.empty()) {
    for (const NodeIndex node : head_nodes) sorted_heads.push_back(nodes[node].id);
    std::sort(sorted_heads.begin(), sorted_heads.end());
  }
  return sorted_heads;
}

void Log::Impl::absorb(LogState& log) {
  if (!log.interval.has_value()) return;
  Interval& interval = *log.interval;
  while (true) {
    const AuthorityNode* above = node_at(log, Seq(interval.high.value + 1));
    if (above == nullptr || above->prev != interval.high_id || above->time <= interval.high_time) break;
    if (log.doubled_at.has_value() && above->seq >= *log.doubled_at) break;
    interval.high = above->seq;
    interval.high_id = above->id;
    interval.high_time = above->time;
    interval.high_more = false;
  }
  while (interval.low.value > 0) {
    const AuthorityNode* under = node_at(log, Seq(interval.low.value - 1));
    if (under == nullptr || under->id != interval.below || under->time >= interval.low_time) break;
    interval.low = under->seq;
    interval.below = under->prev;
    interval.low_time = under->time;
    interval.low_waits = false;
  }
}

Result<void> Log::Impl::save_interval(const LogState& log) {
  changed();
  if (!log.interval.has_value()) return journal.drop_interval(log.author);
  const Interval& interval = *log.interval;
  return journal.put_interval({log.author, interval.low, interval.high, interval.high_id, interval.below});
}

Result<Stamp> Log::Impl::time_for_authority() {
  const OwnHead head = own_head();
  if (!KITH_TRY(has_tail())) return hybrid.next(head.time);
  // Only from within Governor::writing(): the tail keeps the stamps of its commits, so this takes one from the room
  // left below them.
  const std::int64_t oldest =
      KITH_TRY(journal.count("SELECT stamp FROM kith_journal WHERE form = 0 ORDER BY pos LIMIT 1"));
  const Stamp time = head.time.next();
  if (time >= Stamp(static_cast<std::uint64_t>(oldest))) {
    return Error(ErrorCode::kInternal, "There is no moment left between two of this device's own entries.",
                 "Please report it; linking this device anew helps.");
  }
  return time;
}

Result<AuthorityEntry> Log::Impl::append_authority(Kind kind, ByteView payload) {
  if (!is_authority(static_cast<std::uint8_t>(kind)) || payload.size() > kPayloadBytesMax) {
    return Error(ErrorCode::kUsage, "This is no authority entry, or it is too large for one.");
  }
  KITH_TRY(check_own());
  if (!is_in_writing) KITH_TRY(seal_tail(true));
  const OwnHead head = own_head();
  AuthorityEntry entry;
  Header& header = entry.header;
  header.kind = static_cast<std::uint8_t>(kind);
  header.seq = head.next;
  header.time = KITH_TRY(time_for_authority());
  header.space = kind == Kind::kGenesis ? SpaceId{} : space;
  header.device = logs[own_log].device;
  header.prev = head.id;
  header.payload_length = static_cast<std::uint32_t>(payload.size());
  if (!payload.empty()) header.payload = clear_payload_hash(payload);
  if (kind != Kind::kGenesis) header.refs = heads();
  if (header.refs.size() > kRefsMax) header.refs.resize(kRefsMax);
  KITH_TRY(check_header(header));
  entry.id = header_id(header);
  entry.payload = to_bytes(payload);

  Batch batch = KITH_TRY(Batch::begin(*this));
  entry.pos = store.next_pos();
  add_node(own_log, entry.pos, entry.id, header);
  is_governor_told = true;
  KITH_TRY(governor->authority_arrived(std::span(&entry, 1)));
  KITH_TRY(ensure_author(logs[own_log]));
  LogState& log = logs[own_log];
  KITH_TRY(journal.insert(entry.pos, log.author, State::kNoChangeset,
                          Record{header, entry.id, entry.payload, std::nullopt, false, std::nullopt}));
  const Signature signature = own_key->sign("kith1 entry", entry.id.view());
  if (log.interval.has_value()) KITH_TRY(journal.drop_evidence(log.author, log.interval->high));
  KITH_TRY(journal.put_evidence(log.author, header.seq, signature, true, &header.prev));
  absorb(log);
  if (log.interval.has_value()) KITH_TRY(save_interval(log));
  KITH_TRY(batch.commit());
  ++entries;
  own_refs = header.refs;
  hybrid.restore(Stamp(header.time.value + (is_in_writing ? 0 : kStampRoom)));
  return entry;
}

Result<AuthorityEntry> Log::Impl::load_authority_entry(const AuthorityNode& node) {
  StoredEntry stored;
  if (!KITH_TRY(journal.read_at(node.pos, stored))) {
    return Error(ErrorCode::kNotDatabase, "An authority entry is gone from this file.",
                 "Restore the file from a backup, or join again from a neighbour.");
  }
  stored.header.device = logs[node.log].device;
  stored.header.prev = node.prev;
  Journal::set_payload_hash(stored);
  return AuthorityEntry{stored.pos, stored.id, std::move(stored.header), std::move(stored.payload)};
}

Result<std::vector<AuthorityEntry>> Log::Impl::authority_since(std::span<const EntryId> known) {
  KITH_TRY(barrier());
  std::vector<bool> is_known(nodes.size(), false);
  for (const EntryId& id : known) {
    const auto it = nodes_by_id.find(id);
    if (it != nodes_by_id.end()) is_known[it->second] = true;
  }
  // Refs come before what cites them: one pass from the newest down reaches the whole closure.
  for (std::size_t i = nodes.size(); i-- > 0;) {
    if (!is_known[i]) continue;
    for (const NodeIndex ref : nodes[i].refs) is_known[ref] = true;
  }
  const store::Snapshot snapshot = KITH_TRY(store.db().snapshot());
  std::vector<AuthorityEntry> out;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!is_known[i]) out.push_back(KITH_TRY(load_authority_entry(nodes[i])));
  }
  return out;
}

Result<AuthorityEntry> Log::append_authority(Kind kind, ByteView payload) {
  return impl_->append_authority(kind, payload);
}

std::vector<EntryId> Log::authority_heads() const {
  return impl_->heads();
}

Result<void> Log::each_authority(const std::function<Result<void>(const AuthorityEntry&)>& visit) {
  // By index: a visitor may let entries arrive.
  for (std::size_t i = 0; i < impl_->nodes.size(); ++i) {
    const AuthorityEntry entry = KITH_TRY(impl_->load_authority_entry(impl_->nodes[i]));
    KITH_TRY(visit(entry));
  }
  return {};
}

Result<std::vector<AuthorityEntry>> Log::authority_since(std::span<const EntryId> known) {
  return impl_->authority_since(known);
}

Result<void> Log::encode_authority(const AuthorityEntry& entry, RecordEncoder& encoder, Bytes& out) {
  KITH_TRY(impl_->barrier());
  const LogState* log = impl_->find_log(entry.header.device);
  Record record{entry.header, entry.id, entry.payload, std::nullopt, false, std::nullopt};
  if (log != nullptr) record.signature = KITH_TRY(impl_->journal.signature_at(log->author, entry.header.seq));
  if (!record.signature.has_value()) {
    return Error(ErrorCode::kNotFound, "This authority entry is not here, or its signature is gone.",
                 "Ask another node for it.");
  }
  if (!encoder.has_room_for(entry.header.device)) {
    return Error(ErrorCode::kTooLarge, "This connection carries as many logs as one can.", "Connect again.");
  }
  encoder.encode(record, out);
  return {};
}

}  // namespace kith::log

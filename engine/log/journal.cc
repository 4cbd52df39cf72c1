// SPDX-License-Identifier: Apache-2.0
#include "log/journal.h"

#include "log/payload.h"

namespace kith::log {
namespace {

constexpr std::size_t kMarkBytes = 36;  // a hash and the payload's length

Error damaged() {
  return Error(ErrorCode::kNotDatabase, "A row of the journal is damaged.",
               "Restore the file from a backup, or join again from a neighbour.");
}

template <typename T>
void read_fixed(ByteView from, T& to) {
  if (from.size() == T::kSize) std::memcpy(to.data.data(), from.data(), T::kSize);
}

std::int64_t number(Seq seq) {
  return static_cast<std::int64_t>(seq.value);
}

/// Hash and length in place of what is gone.
void write_mark(Bytes& out, const Hash& hash, std::uint32_t length) {
  out.clear();
  append(out, hash.view());
  ByteWriter(out).u32(length);
}

ByteView refs_bytes(const std::vector<EntryId>& refs) {
  return {reinterpret_cast<const std::uint8_t*>(refs.data()), refs.size() * sizeof(EntryId)};
}

}  // namespace

Result<void> Journal::create_tables() {
  return db_.exec(
      "CREATE TABLE IF NOT EXISTS kith_logs(author INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL,"
      " high_id BLOB NOT NULL, below BLOB NOT NULL);"
      "CREATE TABLE IF NOT EXISTS kith_evidence(author INTEGER NOT NULL, seq INTEGER NOT NULL, signature BLOB NOT NULL,"
      " keep INTEGER NOT NULL, prev BLOB, PRIMARY KEY(author, seq)) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS kith_doubled(device BLOB PRIMARY KEY, seq INTEGER NOT NULL, proof BLOB NOT NULL);"
      "CREATE INDEX IF NOT EXISTS kith_journal_unplaced ON kith_journal(pos) WHERE state = 8;");
}

Result<void> Journal::doubt_old_verdicts() {
  if (KITH_TRY(count("SELECT EXISTS (SELECT 1 FROM kith_meta WHERE name = 'log.places')")) != 0) return {};
  // One statement for each is enough: after a crash between them the first finds nothing more to do.
  KITH_TRY(db_.exec("UPDATE kith_journal SET state = 8 WHERE state = 1 AND form = 1 AND kind >= 64"));
  return db_.exec("INSERT INTO kith_meta(name, value) VALUES ('log.places', 1)");
}

Result<void> Journal::insert(Pos pos, AuthorRef author, State state, const Record& record) {
  const Header& header = record.header;
  auto row = KITH_TRY(db_.cached(
      "INSERT INTO kith_journal(pos, author, stamp, form, more, state, seq, kind, share, tag, id, refs, values_hash,"
      " body) VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"));
  row->bind(1, pos.value).bind(2, author.value).bind(3, static_cast<std::int64_t>(header.time.value));
  row->bind(4, std::int64_t{header.more()}).bind(5, static_cast<std::int64_t>(state));
  row->bind(6, number(header.seq)).bind(7, std::int64_t{header.kind}).bind(8, std::int64_t{header.share});
  if (header.tag.is_zero()) {
    row->bind_null(9);
  } else {
    row->bind(9, header.tag.view());
  }
  row->bind(10, record.id.view());
  if (header.refs.empty()) {
    row->bind_null(11);
  } else {
    row->bind(11, refs_bytes(header.refs));
  }
  if (record.values_hash.has_value() || record.withheld) {
    write_mark(mark_, record.withheld ? header.payload : *record.values_hash, header.payload_length);
    row->bind(12, ByteView(mark_));
  } else {
    row->bind_null(12);
  }
  if (record.withheld) {
    row->bind_null(13);
  } else {
    row->bind(13, record.payload);
  }
  return row->run();
}

Result<void> Journal::seal(Pos pos, const Record& record) {
  const Header& header = record.header;
  auto row = KITH_TRY(
      db_.cached("UPDATE kith_journal SET form = 1, rest_until = NULL, seq = ?2, kind = ?3, share = ?4, tag = ?5,"
                 " id = ?6, refs = ?7, body = ?8 WHERE pos = ?1"));
  row->bind(1, pos.value).bind(2, number(header.seq)).bind(3, std::int64_t{header.kind});
  row->bind(4, std::int64_t{header.share}).bind(5, header.tag.view()).bind(6, record.id.view());
  if (header.refs.empty()) {
    row->bind_null(7);
  } else {
    row->bind(7, refs_bytes(header.refs));
  }
  row->bind(8, record.payload);
  return row->run();
}

Result<void> Journal::set_state(Pos pos, State state) {
  auto row = KITH_TRY(db_.cached("UPDATE kith_journal SET state = ?2 WHERE pos = ?1"));
  row->bind(1, pos.value).bind(2, static_cast<std::int64_t>(state));
  return row->run();
}

Result<void> Journal::read_row(store::Statement& row, StoredEntry& entry) {
  entry.pos = Pos(row.int64(0));
  entry.author = AuthorRef(row.int64(1));
  entry.state = static_cast<State>(row.int64(3));
  Header& header = entry.header;
  header.time = Stamp(static_cast<std::uint64_t>(row.int64(2)));
  header.seq = Seq(static_cast<std::uint64_t>(row.int64(4)));
  header.kind = static_cast<std::uint8_t>(row.int64(5));
  header.share = static_cast<std::uint8_t>(row.int64(6));
  header.tag = EpochTag{};
  read_fixed(row.blob(7), header.tag);
  read_fixed(row.blob(8), entry.id);
  const ByteView refs = row.blob(9);
  if (refs.size() % sizeof(EntryId) != 0 || refs.size() / sizeof(EntryId) > kRefsMax) return damaged();
  header.refs.resize(refs.size() / sizeof(EntryId));
  if (!refs.empty()) std::memcpy(header.refs.data(), refs.data(), refs.size());
  const bool is_genesis = header.kind == static_cast<std::uint8_t>(Kind::kGenesis);
  header.space = is_genesis ? SpaceId{} : space_;
  header.prev = EntryId{};
  header.payload = Hash{};
  const ByteView body = row.blob(11);
  entry.payload.assign(body.begin(), body.end());
  entry.values_hash.reset();
  entry.withheld = false;
  header.payload_length = static_cast<std::uint32_t>(body.size());
  const ByteView mark = row.blob(10);
  if (mark.empty()) return {};
  ByteReader in(mark);
  const Hash hash{in.array<32>()};
  header.payload_length = in.u32();
  if (mark.size() != kMarkBytes) return damaged();
  entry.withheld = row.is_null(11);
  if (entry.withheld) {
    header.payload = hash;
  } else {
    entry.values_hash = hash;
  }
  return {};
}

Result<bool> Journal::read(AuthorRef author, Seq seq, StoredEntry& entry) {
  auto row = KITH_TRY(
      db_.cached("SELECT " KITH_LOG_COLUMNS " FROM kith_journal WHERE author = ?1 AND seq = ?2 AND seq IS NOT NULL"));
  row->bind(1, author.value).bind(2, number(seq));
  if (!KITH_TRY(row->step())) return false;
  KITH_TRY(read_row(*row, entry));
  return true;
}

Result<bool> Journal::read_at(Pos pos, StoredEntry& entry) {
  auto row = KITH_TRY(db_.cached("SELECT " KITH_LOG_COLUMNS " FROM kith_journal WHERE pos = ?1 AND form = 1"));
  row->bind(1, pos.value);
  if (!KITH_TRY(row->step())) return false;
  KITH_TRY(read_row(*row, entry));
  return true;
}

Result<std::optional<EntryId>> Journal::id_at(AuthorRef author, Seq seq) {
  auto row = KITH_TRY(db_.cached("SELECT id FROM kith_journal WHERE author = ?1 AND seq = ?2 AND seq IS NOT NULL"));
  row->bind(1, author.value).bind(2, number(seq));
  if (!KITH_TRY(row->step())) return std::optional<EntryId>();
  const auto id = EntryId::from(row->blob(0));
  if (!id.has_value()) return damaged();
  return id;
}

Result<void> Journal::erase_values(const StoredEntry& entry, ByteView body, const Hash& values_hash) {
  write_mark(mark_, values_hash, entry.header.payload_length);
  auto row = KITH_TRY(db_.cached("UPDATE kith_journal SET body = ?2, values_hash = ?3 WHERE pos = ?1"));
  row->bind(1, entry.pos.value).bind(2, body).bind(3, ByteView(mark_));
  return row->run();
}

void Journal::set_payload_hash(StoredEntry& entry) {
  Header& header = entry.header;
  if (header.payload_length == 0 || entry.withheld) return;
  if (is_authority(header.kind)) {
    header.payload = clear_payload_hash(entry.payload);
    return;
  }
  const auto split = split_payload(entry.payload, entry.values_hash);
  if (split.ok()) header.payload = payload_hash(*split);
}

Result<void> Journal::put_evidence(AuthorRef author, Seq seq, const Signature& signature, bool keep,
                                   const EntryId* prev) {
  auto row =
      KITH_TRY(db_.cached("INSERT INTO kith_evidence(author, seq, signature, keep, prev) VALUES (?1, ?2, ?3,"
                          " ?4, ?5) ON CONFLICT DO UPDATE SET keep = max(keep, excluded.keep)"));
  row->bind(1, author.value).bind(2, number(seq)).bind(3, signature.view()).bind(4, std::int64_t{keep});
  if (prev == nullptr) {
    row->bind_null(5);
  } else {
    row->bind(5, prev->view());
  }
  return row->run();
}

Result<void> Journal::keep_evidence(AuthorRef author, Seq seq) {
  auto row = KITH_TRY(db_.cached("UPDATE kith_evidence SET keep = 1 WHERE author = ?1 AND seq = ?2"));
  row->bind(1, author.value).bind(2, number(seq));
  return row->run();
}

Result<void> Journal::drop_evidence(AuthorRef author, Seq seq) {
  auto row = KITH_TRY(db_.cached("DELETE FROM kith_evidence WHERE author = ?1 AND seq = ?2 AND keep = 0"));
  row->bind(1, author.value).bind(2, number(seq));
  return row->run();
}

Result<std::optional<Signature>> Journal::signature_at(AuthorRef author, Seq seq) {
  auto row = KITH_TRY(db_.cached("SELECT signature FROM kith_evidence WHERE author = ?1 AND seq = ?2"));
  row->bind(1, author.value).bind(2, number(seq));
  if (!KITH_TRY(row->step())) return std::optional<Signature>();
  return Signature::from(row->blob(0));
}

Result<std::optional<EvidenceRow>> Journal::next_evidence(AuthorRef author, Seq seq) {
  auto row = KITH_TRY(
      db_.cached("SELECT seq, signature FROM kith_evidence WHERE author = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1"));
  row->bind(1, author.value).bind(2, number(seq));
  if (!KITH_TRY(row->step())) return std::optional<EvidenceRow>();
  const auto signature = Signature::from(row->blob(1));
  if (!signature.has_value()) return damaged();
  return std::optional(EvidenceRow{Seq(static_cast<std::uint64_t>(row->int64(0))), *signature});
}

Result<void> Journal::put_interval(const IntervalRow& interval) {
  auto row = KITH_TRY(
      db_.cached("INSERT OR REPLACE INTO kith_logs(author, low, high, high_id, below) VALUES (?, ?, ?, ?, ?)"));
  row->bind(1, interval.author.value).bind(2, number(interval.low)).bind(3, number(interval.high));
  row->bind(4, interval.high_id.view()).bind(5, interval.below.view());
  return row->run();
}

Result<void> Journal::drop_interval(AuthorRef author) {
  auto row = KITH_TRY(db_.cached("DELETE FROM kith_logs WHERE author = ?"));
  row->bind(1, author.value);
  return row->run();
}

Result<void> Journal::put_doubled(const DeviceId& device, Seq seq, ByteView proof) {
  auto row = KITH_TRY(db_.cached("INSERT OR REPLACE INTO kith_doubled(device, seq, proof) VALUES (?, ?, ?)"));
  row->bind(1, device.view()).bind(2, number(seq)).bind(3, proof);
  return row->run();
}

Result<std::int64_t> Journal::count(const char* sql) {
  auto row = KITH_TRY(db_.cached(sql));
  if (!KITH_TRY(row->step())) return std::int64_t{0};
  return row->int64(0);
}

}  // namespace kith::log

// SPDX-License-Identifier: Apache-2.0
#include "replica/journal.h"

#include <algorithm>

#include "store/changeset.h"

namespace kith::replica {
namespace {

std::int64_t number(const Value& value) {
  const auto* v = std::get_if<std::int64_t>(&value);
  return v == nullptr ? 0 : *v;
}

std::string kind_name(std::int64_t kind) {
  switch (static_cast<log::Kind>(kind)) {
    case log::Kind::kGenesis: return "genesis";
    case log::Kind::kDevice: return "device";
    case log::Kind::kRetire: return "retire";
    case log::Kind::kKeys: return "keys";
    case log::Kind::kHost: return "host";
    case log::Kind::kInvite: return "invite";
    case log::Kind::kJoin: return "join";
    case log::Kind::kEpoch: return "epoch";
    case log::Kind::kWrap: return "wrap";
    case log::Kind::kMerge: return "merge";
    case log::Kind::kProposal: return "proposal";
    case log::Kind::kVote: return "vote";
    case log::Kind::kCertificate: return "certificate";
    case log::Kind::kSealProposal: return "seal proposal";
    case log::Kind::kRoundVote: return "round vote";
    case log::Kind::kSeal: return "seal";
    case log::Kind::kUnilateral: return "unilateral act";
    case log::Kind::kBeacon: return "beacon";
    case log::Kind::kErase: return "erase";
    case log::Kind::kReceipt: return "receipt";
    case log::Kind::kDoubling: return "doubling proof";
    case log::Kind::kContent: return "content";
    case log::Kind::kShare: return "share";
    case log::Kind::kSelf: return "self";
  }
  return "kind " + std::to_string(kind);
}

/// The numbers are those of kith_journal.state (store/store.h).
std::string state_name(std::int64_t state) {
  static constexpr const char* kNames[] = {
      "counts", "void", "locked", "ahead of the clock", "retracted", "counts", "waits for its group", "does not count"};
  return state >= 0 && state < static_cast<std::int64_t>(std::size(kNames)) ? kNames[state]
                                                                            : "state " + std::to_string(state);
}

std::string event_of_shape(const store::Schema& schema, ByteView shape) {
  const auto reader = store::ShapeReader::open(shape);
  if (!reader.ok()) return {};
  const store::ShapeHead& head = reader->head();
  if (!head.event_name.empty()) return std::string(head.event_name);
  return head.event > 0 && head.event <= schema.events().size() ? schema.events()[head.event - 1] : std::string();
}

std::string event_at(space::Space& space, Pos pos) {
  const auto changeset = space.log().changeset_at(pos);
  return changeset.ok() && *changeset ? event_of_shape(space.store().schema(), (*changeset)->shape) : std::string();
}

}  // namespace

Result<std::vector<JournalLine>> journal_page(space::Space& space, Pos after, std::size_t limit) {
  const Rows rows = KITH_TRY(space.store().query(
      "SELECT j.pos, j.stamp, j.form, j.seq, j.kind, j.state, a.device, a.writer FROM kith_journal j LEFT JOIN "
      "kith_authors a ON a.ref = j.author "
      "WHERE j.pos > ? ORDER BY j.pos LIMIT ?",
      std::array<Value, 2>{after.value,
                           static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, kJournalPageMax))}));
  std::vector<JournalLine> out;
  for (const auto& row : rows.rows) {
    JournalLine line;
    line.pos = Pos(number(row[0]));
    line.ms = Stamp(static_cast<std::uint64_t>(number(row[1]))).ms();
    const bool is_sealed = number(row[2]) != 0;
    if (is_sealed) line.seq = Seq(static_cast<std::uint64_t>(number(row[3])));
    line.kind = is_sealed ? kind_name(number(row[4])) : "content";
    line.state = is_sealed ? state_name(number(row[5])) : "rests here";
    if (const auto* device = std::get_if<Bytes>(&row[6])) line.device = DeviceId::from(*device).value_or(DeviceId{});
    if (const auto* person = std::get_if<Bytes>(&row[7])) line.person = PersonId::from(*person).value_or(PersonId{});
    if (line.kind == "content") line.event = event_at(space, line.pos);
    out.push_back(std::move(line));
  }
  return out;
}

Result<std::vector<Resting>> resting_transactions(space::Space& space) {
  const Rows rows =
      KITH_TRY(space.store().query("SELECT pos, more, rest_until FROM kith_journal WHERE form = 0 ORDER BY pos"));
  std::vector<Resting> out;
  bool is_later_part = false;
  for (const auto& row : rows.rows) {
    const Pos pos(number(row[0]));
    if (!is_later_part) out.push_back({pos, event_at(space, pos), static_cast<std::uint64_t>(number(row[2]))});
    is_later_part = number(row[1]) != 0;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

Result<std::optional<WrittenRow>> row_written_at(space::Space& space, Pos pos) {
  const Rows rows =
      KITH_TRY(space.store().query("SELECT tbl, lo FROM kith_births WHERE pos = ?1 UNION ALL SELECT tbl, row FROM "
                                   "kith_touches WHERE pos = ?1 LIMIT 1",
                                   std::array<Value, 1>{pos.value}));
  if (rows.rows.empty()) return std::optional<WrittenRow>();
  const auto& tables = space.store().schema().tables();
  const auto table = std::find_if(tables.begin(), tables.end(), [&](const store::Table& one) {
    return static_cast<std::int64_t>(one.number) == number(rows.rows[0][0]);
  });
  if (table == tables.end()) return std::optional<WrittenRow>();
  const std::string key = store::quoted(table->columns[table->key_column].name);
  const Rows found = KITH_TRY(
      space.store().query("SELECT CAST(" + key + " AS TEXT) FROM " + store::quoted(table->name) + " WHERE rowid = ?",
                          std::array<Value, 1>{rows.rows[0][1]}));
  const auto* text = found.rows.empty() ? nullptr : std::get_if<std::string>(&found.rows[0][0]);
  return text == nullptr ? std::optional<WrittenRow>() : std::optional(WrittenRow{table->name, *text});
}

Result<std::optional<SendingState>> sending_state(space::Space& space, const DeviceId& device, Stamp stamp, Seq left) {
  if (device != space.log().own()) return std::optional<SendingState>();
  SendingState out;
  const std::array<Value, 1> wanted{static_cast<std::int64_t>(stamp.value)};
  const Rows tail = KITH_TRY(space.store().query(
      "SELECT pos, rest_until FROM kith_journal WHERE form = 0 AND stamp = ? ORDER BY pos", wanted));
  if (!tail.rows.empty()) {
    out.pos = Pos(number(tail.rows[0][0]));
    out.rests_until_ms = static_cast<std::uint64_t>(number(tail.rows[0][1]));
    if (out.rests_until_ms > space.now_ms()) out.state = Sending::kResting;
    return std::optional(out);
  }
  if (left.value == 0) return std::optional(out);
  // A log is sealed in the order of its stamps.
  const std::array<Value, 2> last{to_bytes(device.view()), static_cast<std::int64_t>(left.value - 1)};
  const Rows rows = KITH_TRY(space.store().query(
      "SELECT stamp FROM kith_journal WHERE author = (SELECT ref FROM kith_authors WHERE device = ?1) AND seq = ?2",
      last));
  if (!rows.rows.empty() && static_cast<std::uint64_t>(number(rows.rows[0][0])) >= stamp.value)
    out.state = Sending::kLeft;
  return std::optional(out);
}

Result<std::uint64_t> only_here(space::Space& space, Seq left) {
  const std::array<Value, 2> parameters{to_bytes(space.log().own().view()), static_cast<std::int64_t>(left.value)};
  const Rows rows = KITH_TRY(space.store().query(
      "SELECT (SELECT count(*) FROM kith_journal WHERE form = 0 AND more = 0) + (SELECT count(*) FROM kith_journal "
      "WHERE author = "
      "(SELECT ref FROM kith_authors WHERE device = ?1) AND seq >= ?2 AND kind >= 64 AND more = 0)",
      parameters));
  return static_cast<std::uint64_t>(number(rows.rows.at(0).at(0)));
}

}  // namespace kith::replica

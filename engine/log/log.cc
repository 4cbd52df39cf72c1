// SPDX-License-Identifier: Apache-2.0
#include "log/log.h"

#include <algorithm>

#include "log/log_impl.h"

namespace kith::log {
namespace {

constexpr std::uint8_t kFrontierList = 11;  // formats 10

Error damaged(const char* what) {
  return Error(ErrorCode::kNotDatabase, std::string("The log in this file is damaged: ") + what + ".",
               "Restore the file from a backup, or join again from a neighbour.");
}

}  // namespace

// ---- transactions

Result<Batch> Batch::begin(Log::Impl& impl) {
  if (impl.broken.has_value()) return *impl.broken;
  if (impl.depth == 0) {
    KITH_TRY(impl.store.begin_merge());
    impl.is_governor_told = false;
  }
  ++impl.depth;
  return Batch(impl);
}

Result<void> Batch::commit() {
  if (impl_->depth == 1) KITH_TRY(impl_->store.end_merge());
  --impl_->depth;
  impl_ = nullptr;
  return {};
}

Batch::~Batch() {
  if (impl_ == nullptr) return;
  if (--impl_->depth > 0) return;  // the outer one is told by the error that ended this one
  impl_->store.abort_merge();
  auto loaded = impl_->load();
  if (!loaded.ok()) impl_->broken = std::move(loaded).error();
  if (impl_->is_governor_told) impl_->governor->authority_undone();
}

Result<void> Log::together(const std::function<Result<void>()>& body) {
  Batch batch = KITH_TRY(Batch::begin(*impl_));
  impl_->is_governor_told = true;  // it hears of what it appends by itself
  KITH_TRY(body());
  return batch.commit();
}

// ---- opening and memory

Result<void> Log::Impl::start() {
  KITH_TRY(journal.create_tables());
  KITH_TRY(journal.doubt_old_verdicts());
  auto found = KITH_TRY(store.db().query("SELECT value FROM kith_meta WHERE name = 'log.journal'"));
  if (found.rows.empty()) {
    const auto fresh = static_cast<std::int64_t>(random.u64() >> 1);
    const Value parameters[] = {fresh};
    KITH_TRY(store.db().query("INSERT INTO kith_meta(name, value) VALUES ('log.journal', ?)", parameters));
    journal_id = static_cast<std::uint64_t>(fresh);
  } else {
    const auto* kept = std::get_if<std::int64_t>(&found.rows[0][0]);
    if (kept == nullptr) return damaged("the journal has no name");
    journal_id = static_cast<std::uint64_t>(*kept);
  }
  KITH_TRY(load());
  store.set_source(this);
  store.set_sealer(this);
  store.set_on_commit([this](const store::Committed& committed) {
    hybrid.restore(Stamp(committed.stamp.value + committed.parts + kStampRoom));
  });
  return {};
}

Result<void> Log::Impl::load() {
  logs.clear();
  logs_by_device.clear();
  logs_by_author.clear();
  nodes.clear();
  nodes_by_id.clear();
  head_nodes.clear();
  sorted_heads.clear();
  changed();
  KITH_TRY(load_logs());
  KITH_TRY(load_authority());
  KITH_TRY(load_doubled());
  KITH_TRY(load_counts());
  if (own_key != nullptr) KITH_TRY(load_own());
  return {};
}

Result<void> Log::Impl::load_logs() {
  auto row =
      KITH_TRY(store.db().cached("SELECT a.ref, a.device, l.low, l.high, l.high_id, l.below FROM kith_authors a"
                                 " LEFT JOIN kith_logs l ON l.author = a.ref"));
  while (KITH_TRY(row->step())) {
    const auto device = DeviceId::from(row->blob(1));
    if (!device.has_value()) return damaged("a log has no key");
    LogState& log = logs[log_index(*device)];
    log.author = AuthorRef(row->int64(0));
    logs_by_author[log.author.value] = static_cast<LogIndex>(logs.size() - 1);
    if (row->is_null(2)) continue;
    const auto high_id = EntryId::from(row->blob(4));
    const auto below = EntryId::from(row->blob(5));
    if (!high_id.has_value() || !below.has_value()) return damaged("an interval has no ends");
    log.interval = Interval{Seq(static_cast<std::uint64_t>(row->int64(2))),
                            Seq(static_cast<std::uint64_t>(row->int64(3))),
                            *high_id,
                            *below,
                            {},
                            {},
                            false,
                            false};
  }
  for (LogState& log : logs) {
    if (log.interval.has_value()) KITH_TRY(load_interval_ends(log));
  }
  return {};
}

Result<void> Log::Impl::load_interval_ends(LogState& log) {
  Interval& interval = *log.interval;
  StoredEntry entry;
  if (!KITH_TRY(journal.read(log.author, interval.low, entry))) return damaged("the oldest entry of a log is gone");
  interval.low_time = entry.header.time;
  interval.low_waits = entry.state == State::kIncomplete;
  if (!KITH_TRY(journal.read(log.author, interval.high, entry))) return damaged("the newest entry of a log is gone");
  interval.high_time = entry.header.time;
  interval.high_more = entry.header.more();
  return {};
}

Result<void> Log::Impl::load_authority() {
  auto row = KITH_TRY(store.db().cached(
      "SELECT j.pos, j.author, j.stamp, j.state, j.seq, j.kind, j.share, j.tag, j.id, j.refs, NULL, NULL, e.prev"
      " FROM kith_journal j LEFT JOIN kith_evidence e ON e.author = j.author AND e.seq = j.seq"
      " WHERE j.kind < 64 ORDER BY j.pos"));
  StoredEntry entry;
  while (KITH_TRY(row->step())) {
    KITH_TRY(journal.read_row(*row, entry));
    const auto prev = EntryId::from(row->blob(12));
    const auto log = logs_by_author.find(entry.author.value);
    if (!prev.has_value() || log == logs_by_author.end()) return damaged("an authority entry has no evidence");
    entry.header.prev = *prev;
    add_node(log->second, entry.pos, entry.id, entry.header);
  }
  return {};
}

Result<void> Log::Impl::load_doubled() {
  auto row = KITH_TRY(store.db().cached("SELECT device, seq FROM kith_doubled"));
  while (KITH_TRY(row->step())) {
    const auto device = DeviceId::from(row->blob(0));
    if (!device.has_value()) return damaged("a doubled log has no key");
    logs[log_index(*device)].doubled_at = Seq(static_cast<std::uint64_t>(row->int64(1)));
  }
  return {};
}

Result<void> Log::Impl::load_counts() {
  entries = static_cast<std::uint64_t>(KITH_TRY(journal.count("SELECT count(*) FROM kith_journal WHERE form = 1")));
  auto row = KITH_TRY(store.db().cached(
      "SELECT author, count(*) FROM kith_journal WHERE state IN (2, 3) AND state = 3 GROUP BY author"));
  while (KITH_TRY(row->step())) {
    LogState* log = find_author(AuthorRef(row->int64(0)));
    if (log != nullptr) log->held = static_cast<std::uint32_t>(row->int64(1));
  }
  return {};
}

LogIndex Log::Impl::log_index(const DeviceId& device) {
  const auto [it, is_new] = logs_by_device.try_emplace(device, static_cast<LogIndex>(logs.size()));
  if (is_new) {
    logs.emplace_back();
    logs.back().device = device;
  }
  return it->second;
}

const LogState* Log::Impl::find_log(const DeviceId& device) const {
  const auto it = logs_by_device.find(device);
  return it == logs_by_device.end() ? nullptr : &logs[it->second];
}

LogState* Log::Impl::find_author(AuthorRef author) {
  const auto it = logs_by_author.find(author.value);
  return it == logs_by_author.end() ? nullptr : &logs[it->second];
}

Result<void> Log::Impl::ensure_author(LogState& log) {
  if (log.author.value != 0) return {};
  const std::optional<PersonId> person = governor->person_of(log.device);
  log.author = KITH_TRY(store.author(log.device, person.has_value() ? person->view() : log.device.view()));
  logs_by_author[log.author.value] = logs_by_device.at(log.device);
  return {};
}

Result<void> Log::Impl::barrier() {
  return store.db().flush();
}

Result<std::vector<FrontierItem>> Log::Impl::frontier() {
  KITH_TRY(barrier());
  std::vector<FrontierItem> out;
  for (const LogState& log : logs) {
    if (!log.interval.has_value()) continue;
    out.push_back({log.device, log.interval->low, log.interval->high, log.interval->high_id});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.device < b.device; });
  return out;
}

// ---- the public face

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Log::~Log() {
  impl_->store.set_source(nullptr);
  impl_->store.set_sealer(nullptr);
  impl_->store.set_on_commit(nullptr);
}

Result<std::unique_ptr<Log>> Log::open(store::Store& store, const SpaceId& space, Clock& clock, HybridClock& hybrid,
                                       Random& random) {
  auto impl = std::make_unique<Impl>(store, space, clock, hybrid, random);
  KITH_TRY(impl->start());
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

void Log::set_governor(Governor* governor) {
  impl_->governor = governor;
}

std::uint64_t Log::journal_id() const {
  return impl_->journal_id;
}

Result<std::optional<EntryId>> Log::id_at(const DeviceId& device, Seq seq) {
  const LogState* log = impl_->find_log(device);
  if (log == nullptr || log->author.value == 0) return std::optional<EntryId>();
  return impl_->journal.id_at(log->author, seq);
}

Result<std::vector<FrontierItem>> Log::frontier() {
  return impl_->frontier();
}

Result<Hash> Log::digest() {
  KITH_TRY(impl_->barrier());
  if (impl_->cached_digest.has_value()) return *impl_->cached_digest;
  Bytes items;
  ByteWriter writer(items);
  const auto frontier = KITH_TRY(impl_->frontier());
  writer.u32(static_cast<std::uint32_t>(frontier.size()));
  for (const FrontierItem& item : frontier) {
    writer.bytes(item.device.view());
    writer.u64(item.low.value);
    writer.u64(item.high.value);
    writer.bytes(item.high_id.view());
  }
  for (const EntryId& head : impl_->heads()) writer.bytes(head.view());
  const std::uint8_t which[] = {kFrontierList};
  impl_->cached_digest = crypto::hash("kith1 list", {which, items});
  return *impl_->cached_digest;
}

Result<Pos> Log::journal_head() {
  KITH_TRY(impl_->barrier());
  const std::int64_t oldest_of_tail =
      KITH_TRY(impl_->journal.count("SELECT pos FROM kith_journal WHERE form = 0 ORDER BY pos LIMIT 1"));
  if (oldest_of_tail != 0) return Pos(oldest_of_tail - 1);
  return Pos(KITH_TRY(impl_->journal.count("SELECT max(pos) FROM kith_journal")));
}

Result<Log::Counters> Log::counters() {
  Counters out;
  out.entries = impl_->entries;
  out.authority = impl_->nodes.size();
  out.tail =
      static_cast<std::uint64_t>(KITH_TRY(impl_->journal.count("SELECT count(*) FROM kith_journal WHERE form = 0")));
  out.locked = static_cast<std::uint64_t>(
      KITH_TRY(impl_->journal.count("SELECT count(*) FROM kith_journal WHERE state IN (2, 3) AND state = 2")));
  out.held = static_cast<std::uint64_t>(
      KITH_TRY(impl_->journal.count("SELECT count(*) FROM kith_journal WHERE state IN (2, 3) AND state = 3")));
  out.verifications = impl_->verifications;
  out.doubled = static_cast<std::uint64_t>(std::count_if(impl_->logs.begin(), impl_->logs.end(),
                                                         [](const LogState& l) { return l.doubled_at.has_value(); }));
  return out;
}

}  // namespace kith::log

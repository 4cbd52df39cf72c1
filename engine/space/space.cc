// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "crypto/cipher.h"
#include "space/space_impl.h"

namespace kith::space {

using Impl = Space::Impl;

Impl::Impl(const Environment& the_environment, const SpaceId& the_id)
    : environment(the_environment),
      id(the_id),
      hybrid(the_environment.clock),
      uuids(the_environment.clock, the_environment.random),
      book(the_id) {}

Result<void> Impl::open(OpenOptions& options) {
  store::OpenOptions where{.path = options.path, .files = environment.files};
  where.local_tables = std::move(options.local_tables);
  where.is_agreed = false;  // the seals say what is
  store = KITH_TRY(store::Store::open(where, std::move(options.schema), environment.clock, hybrid));
  KITH_TRY(
      store->db().exec("CREATE TABLE IF NOT EXISTS kith_untold(device BLOB, seq INTEGER, proof BLOB NOT NULL,"
                       " PRIMARY KEY (device, seq));"
                       "CREATE TABLE IF NOT EXISTS kith_linked(device BLOB PRIMARY KEY);"
                       "CREATE TABLE IF NOT EXISTS kith_checked(id BLOB PRIMARY KEY) WITHOUT ROWID;"));
  epochs.emplace(KITH_TRY(EpochKeeper::open(store->db(), options.storage_key, environment.random)));
  crypto::wipe(options.storage_key.data);
  log = KITH_TRY(log::Log::open(*store, id, environment.clock, hybrid, environment.random));
  log->set_governor(governor);
  KITH_TRY(read_facts());
  KITH_TRY(keep_checked());
  return judge();
}

/// That the signatures in an authority entry hold is kept, by its id and so for what it says: to check them takes a
/// third of a millisecond a newcomer, each time that the space is opened.
Result<void> Impl::note_checked(const log::AuthorityEntry& entry) {
  if (!book.is_said(entry.id)) return {};
  auto insert = KITH_TRY(store->db().cached("INSERT OR IGNORE INTO kith_checked(id) VALUES (?)"));
  insert->bind(1, entry.id.view());
  return insert->run();
}

/// For a file from before that was kept.
Result<void> Impl::keep_checked() {
  if (!std::exchange(is_unkept, false)) return {};
  KITH_TRY(store->db().begin());
  auto done = log->each_authority([this](const log::AuthorityEntry& entry) { return note_checked(entry); });
  if (done.ok()) done = store->db().commit();
  if (!done.ok()) store->db().rollback();
  return done;
}

Result<void> Impl::set_keys(const SpaceKeys& own) {
  keys = own;
  log_key.emplace(crypto::SigningKey::from_seed(keys.log_seed));
  KITH_TRY(log->set_own(&*log_key));
  return judge();
}

Result<void> Impl::reload() {
  KITH_TRY(epochs->reload());
  KITH_TRY(read_facts());
  must_reload = false;
  return judge();
}

Result<void> Impl::read_facts() {
  book = FactBook(id);
  members_at.clear();
  previous.clear();
  tried.clear();
  untold.clear();
  linked.clear();
  std::unordered_set<EntryId, FixedBytesHash> checked;
  auto kept = KITH_TRY(store->db().cached("SELECT id FROM kith_checked"));
  while (KITH_TRY(kept->step())) checked.insert(EntryId::from(kept->blob(0)).value_or(EntryId{}));
  KITH_TRY(log->each_authority([&](const log::AuthorityEntry& entry) -> Result<void> {
    const bool is_checked = checked.contains(entry.id);
    book.add(entry, is_checked);
    is_unkept = is_unkept || (!is_checked && book.is_said(entry.id));
    return {};
  }));
  auto doublings = KITH_TRY(store->db().cached("SELECT device, seq, proof FROM kith_untold"));
  while (KITH_TRY(doublings->step())) {
    const DeviceId device = DeviceId::from(doublings->blob(0)).value_or(DeviceId{});
    const Seq seq(static_cast<std::uint64_t>(doublings->int64(1)));
    untold[{device, seq}] = to_bytes(doublings->blob(2));
    book.add_doubling(device, seq);
  }
  auto devices = KITH_TRY(store->db().cached("SELECT device FROM kith_linked"));
  while (KITH_TRY(devices->step())) linked.insert(DeviceId::from(devices->blob(0)).value_or(DeviceId{}));
  state = book.state();
  read_schemas();
  choice.reset();
  return {};
}

Result<void> Impl::absorb(std::span<const log::AuthorityEntry> entries) {
  bool is_new = false;
  for (const log::AuthorityEntry& entry : entries) {
    if (!book.add(entry)) continue;
    is_new = true;
    KITH_TRY(note_checked(entry));
  }
  return is_new ? judge() : Result<void>();
}

Result<void> Impl::judge() {
  AuthorityState next = book.state();
  // A log that was unknown has nothing here that could have been judged before.
  std::vector<DeviceId> changed;
  for (const auto& [device, verdict] : next.devices()) {
    const Device* before = state.device(device);
    if (before != nullptr && *before != verdict) changed.push_back(device);
  }
  state = std::move(next);
  read_schemas();
  choice.reset();
  are_wraps_done = false;
  if (log_key) {
    const Device* own = state.device(DeviceId{log_key->public_key().data});
    me = own == nullptr ? std::nullopt : std::optional(own->person);
    if (own != nullptr) store->set_self(KITH_TRY(store->author(own->log, own->person.view())));
  }
  KITH_TRY(learn_wrap_keys());
  const bool are_opened = KITH_TRY(open_epochs());
  if (!changed.empty()) KITH_TRY(log->rejudge(changed));
  return are_opened ? log->open_locked() : Result<void>();
}

Result<void> Impl::learn_wrap_keys() {
  const Person* person = self();
  if (person == nullptr) return {};
  while (keys.wrap_secrets.size() < person->wrap_publics.size()) {
    const auto n = static_cast<std::uint32_t>(keys.wrap_secrets.size());
    const auto secret = unwrap_wrap_key(*person, n);
    if (!secret) return {};
    keys.wrap_secrets.push_back(*secret);
    have_keys_changed = true;
  }
  return {};
}

std::optional<crypto::Key> Impl::unwrap_wrap_key(const Person& person, std::uint32_t n) {
  const BoxPublic wanted = person.wrap_publics[n];
  if (keys.person_root) {
    const crypto::Key secret = crypto::derive_wrap_secret(*keys.person_root, n);
    if (crypto::box_public(secret) == wanted) return secret;
  }
  const auto is_wanted = [](const crypto::Key& candidate, const void* context) {
    return crypto::box_public(candidate) == *static_cast<const BoxPublic*>(context);
  };
  for (const EntryId& entry : person.wrap_entries[n]) {
    const Fact* fact = book.find(entry);
    const auto* said = fact == nullptr ? nullptr : std::get_if<KeysPayload>(&fact->payload);
    if (said == nullptr) continue;
    const auto secret =
        crypto::unwrap_rows(keys.box_secret, said->rows.ephemeral, wanted.view(), said->rows.rows, is_wanted, &wanted);
    if (secret.ok() && *secret) return **secret;
  }
  return std::nullopt;
}

Result<bool> Impl::open_epochs() {
  bool is_any = KITH_TRY(read_abouts());
  // From the newest: it brings the secrets of those that it replaced, so that they need no key agreement.
  const auto& facts = book.facts();
  for (auto fact = facts.rbegin(); fact != facts.rend(); ++fact) {
    const auto* epoch = std::get_if<EpochPayload>(&fact->payload);
    const auto* wrap = std::get_if<WrapPayload>(&fact->payload);
    const bool is_open = epoch != nullptr  ? KITH_TRY(try_open(*fact, epoch->epoch, epoch->rows))
                         : wrap != nullptr ? KITH_TRY(try_open(*fact, wrap->epoch, wrap->rows))
                                           : false;
    if (!is_open) continue;
    is_any = true;
    KITH_TRY(read_abouts());
  }
  return is_any;
}

Result<bool> Impl::try_open(const Fact& fact, const EpochId& epoch, const crypto::WrappedRows& rows) {
  if (epochs->find(epoch) != nullptr) return false;
  std::vector<crypto::Key> own(keys.wrap_secrets.rbegin(), keys.wrap_secrets.rend());
  if (invitation) own.push_back(crypto::derive_invite_box_secret(invitation->secret));
  std::size_t& with = tried[fact.id];
  if (with == own.size()) return false;
  with = own.size();
  struct Wanted {
    const SpaceId& space;
    const EpochId& epoch;
  } wanted{id, epoch};
  const auto is_wanted = [](const crypto::Key& candidate, const void* context) {
    const Wanted& what = *static_cast<const Wanted*>(context);
    return epoch_id(what.space, candidate) == what.epoch;
  };
  std::optional<crypto::Key> found;
  for (crypto::Key& key : own) {
    // Rows that break a rule of the key agreement are nobody's.
    const auto secret = crypto::unwrap_rows(key, rows.ephemeral, epoch.view(), rows.rows, is_wanted, &wanted);
    if (!found && secret.ok()) found = *secret;
    crypto::wipe(key.data);
  }
  return found ? epochs->keep(epoch, *found) : Result<bool>(false);
}

Result<bool> Impl::read_abouts() {
  std::set<EpochId> known;
  for (const Epoch& epoch : state.epochs()) known.insert(epoch.id);
  bool is_any = false;
  for (bool is_more = true; is_more;) {
    is_more = false;
    for (const Epoch& epoch : state.epochs()) {
      const crypto::Key* secret = epochs->find(epoch.id);
      if (secret == nullptr || previous.contains(epoch.entry)) continue;
      std::set<EpochId>& held = previous[epoch.entry];
      is_more = true;
      const auto about = open_about(*secret, epoch.id, std::get<EpochPayload>(book.find(epoch.entry)->payload).about);
      if (!about.ok()) continue;
      for (const crypto::Key& old : about->previous) {
        const EpochId old_id = epoch_id(id, old);
        if (!known.contains(old_id)) continue;
        held.insert(old_id);
        is_any = KITH_TRY(epochs->keep(old_id, old)) || is_any;
      }
    }
  }
  return is_any;
}

bool Impl::is_active() const {
  const Device* own = log_key ? state.device(DeviceId{log_key->public_key().data}) : nullptr;
  return own != nullptr && own->is_members && !own->retired_at && !own->doubled_at;
}

Result<void> Impl::check_may_write() const {
  const Device* own = log_key ? state.device(DeviceId{log_key->public_key().data}) : nullptr;
  if (own == nullptr) {
    return Error(ErrorCode::kNotMember, "You are not a member here yet.", "Join with an invitation first.");
  }
  if (own->retired_at) {
    return Error(ErrorCode::kNotMember, "This device was retired: what it writes no longer counts.",
                 "Link it again as a new device, from a device that has your words.");
  }
  if (own->doubled_at) {
    return Error(ErrorCode::kDoubledLog, "A copy of this device has written beside it, so what it writes is on hold.",
                 "Retire this device from another one of yours, and link it again.");
  }
  if (!own->is_members) {
    return Error(ErrorCode::kNotMember, "More people joined by your invitation than it was made for.",
                 "Ask whoever invited you to confirm you, or to invite you again.");
  }
  return {};
}

void Impl::tell_change() {
  if (on_change) on_change();
}

Result<EntryId> Impl::append(log::Kind kind, const Bytes& payload) {
  // An entry cites at most 32 heads; merges join them first.
  while (kind != log::Kind::kMerge && log->authority_heads().size() > log::kRefsMax) {
    KITH_TRY(append(log::Kind::kMerge, {}));
  }
  const log::AuthorityEntry entry = KITH_TRY(log->append_authority(kind, payload));
  has_written = true;
  KITH_TRY(absorb(std::span(&entry, 1)));
  return entry.id;
}

log::Governor::Writing Impl::writing_under(const crypto::Key& secret) const {
  return {secret, epoch_tag(secret, log->own()), log->authority_heads()};
}

// -- Space

Space::Space(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->governor = this;
}

Space::~Space() = default;

Result<std::unique_ptr<Space>> Space::open(const Environment& environment, OpenOptions options, const SpaceKeys& keys) {
  std::unique_ptr<Space> space(new Space(std::make_unique<Impl>(environment, keys.space)));
  KITH_TRY(space->impl_->open(options));
  KITH_TRY(space->impl_->set_keys(keys));
  KITH_TRY(space->impl_->follow_schema());
  // What rests may still be taken back, and an authority entry would end that: then a tick does it.
  if (!space->impl_->log->has_tail()) KITH_TRY(space->impl_->propose_own_schema());
  return space;
}

const SpaceId& Space::id() const {
  return impl_->id;
}
const Lineage& Space::lineage() const {
  return impl_->state.lineage();
}
bool Space::is_member() const {
  return impl_->is_member();
}
const SpaceKeys& Space::keys() const {
  return impl_->keys;
}
const crypto::SigningKey* Space::log_key() const {
  return impl_->log_key ? &*impl_->log_key : nullptr;
}
log::Log& Space::log() {
  return *impl_->log;
}
store::Store& Space::store() {
  return *impl_->store;
}
const Authority& Space::authority() const {
  return impl_->state;
}
void Space::set_on_change(std::function<void()> listener) {
  impl_->on_change = std::move(listener);
}
void Space::set_on_keys_changed(std::function<void()> listener) {
  impl_->on_keys_changed = std::move(listener);
}

// -- Database

namespace {

class StoreWriter final : public Writer {
 public:
  explicit StoreWriter(store::Store& store) : store_(store) {}
  using Writer::exec;
  using Writer::query;
  Result<void> exec(std::string_view sql, std::span<const Value> parameters) override {
    return store_.exec(sql, parameters);
  }
  Result<Rows> query(std::string_view sql, std::span<const Value> parameters) override {
    return store_.query(sql, parameters);
  }

 private:
  store::Store& store_;
};

}  // namespace

Result<WriteReceipt> Impl::write(std::string_view event, const WriteOptions& options,
                                 const std::function<Result<void>(Writer&)>& body) {
  KITH_TRY(check_may_write());
  KITH_TRY(follow_schema());
  // Before the commit, so that the key's entry comes before the transaction that is to be sealed under it.
  // Something that rests is not sealed for it: its own sealing will make the key then.
  if (usable_epoch() == nullptr && !log->has_tail()) KITH_TRY(make_epoch());
  KITH_TRY(store->begin(event, options.rest_ms));
  StoreWriter writer(*store);
  auto done = body(writer);
  if (!done.ok()) {
    store->rollback();
    return std::move(done).error();
  }
  const store::Committed committed = KITH_TRY(store->commit());
  return WriteReceipt{committed.first, committed.stamp};
}

Result<WriteReceipt> Space::write_deferred(std::string_view event, const WriteOptions& options,
                                           const std::function<Result<void>(Writer&)>& body) {
  const WriteReceipt receipt = KITH_TRY(impl_->write(event, options, body));
  impl_->tell_change();
  return receipt;
}

Result<WriteReceipt> Space::write(std::string_view event, const WriteOptions& options,
                                  const std::function<Result<void>(Writer&)>& body) {
  const WriteReceipt receipt = KITH_TRY(impl_->write(event, options, body));
  KITH_TRY(impl_->store->db().flush());
  impl_->tell_change();
  return receipt;
}

Result<Rows> Space::query(std::string_view sql, std::span<const Value> parameters) {
  return impl_->store->query(sql, parameters);
}

Result<std::vector<RowVersion>> Space::versions(std::string_view table, const Value& key) {
  return impl_->store->versions(table, key);
}

Result<void> Space::take_back(Pos pos) {
  store::Store& store = *impl_->store;
  KITH_TRY(store.begin_merge());
  auto taken = store.take_back(pos);
  if (!taken.ok()) {
    store.abort_merge();
    return taken;
  }
  KITH_TRY(store.end_merge());
  return store.db().flush();
}

std::string Space::new_id() {
  return impl_->uuids.next().text();
}
PersonId Space::person() const {
  return impl_->me.value_or(PersonId{});
}
std::uint64_t Space::now_ms() {
  return impl_->now_ms();
}

// -- Governor

std::optional<PersonId> Space::person_of(const DeviceId& device) {
  const Device* known = impl_->state.device(device);
  return known == nullptr ? std::nullopt : std::optional(known->person);
}

bool Space::counts(const DeviceId& device, const log::Header& header, const EntryId& id) {
  const Device* known = impl_->state.device(device);
  if (known == nullptr || !known->is_members || (known->rights & kRightContent) == 0) return false;
  bool is_chosen = false;
  if (known->doubled_at && known->retired_at && header.seq >= *known->doubled_at) {
    const auto held = impl_->log->id_at(device, known->retired_at->first);
    is_chosen = held.ok() && *held == known->retired_at->second;
  }
  return known->covers(header.seq, header.time, id, is_chosen);
}

std::optional<crypto::Key> Space::epoch_secret(const DeviceId& device, const EpochTag& tag) {
  const crypto::Key* secret = impl_->epochs->by_tag(device, tag);
  return secret == nullptr ? std::nullopt : std::optional(*secret);
}

Result<log::Governor::Writing> Space::writing() {
  const crypto::Key secret = *impl_->epochs->find(KITH_TRY(impl_->ensure_epoch()));
  while (impl_->log->authority_heads().size() > log::kRefsMax) KITH_TRY(impl_->append(log::Kind::kMerge, {}));
  return impl_->writing_under(secret);
}

std::optional<log::Governor::Writing> Space::ready_to_write() {
  const Epoch* epoch = impl_->usable_epoch();
  const crypto::Key* secret = epoch == nullptr ? nullptr : impl_->epochs->find(epoch->id);
  if (secret == nullptr || impl_->log->authority_heads().size() > log::kRefsMax) return std::nullopt;
  return impl_->writing_under(*secret);
}

Result<void> Space::authority_arrived(std::span<const log::AuthorityEntry> entries) {
  return impl_->absorb(entries);
}

Result<void> Space::log_doubled(const DeviceId& device, Seq seq, ByteView proof) {
  Impl& impl = *impl_;
  auto insert =
      KITH_TRY(impl.store->db().cached("INSERT OR IGNORE INTO kith_untold(device, seq, proof) VALUES (?, ?, ?)"));
  insert->bind(1, device.view()).bind(2, static_cast<std::int64_t>(seq.value)).bind(3, proof);
  KITH_TRY(insert->run());
  impl.untold[{device, seq}] = to_bytes(proof);
  impl.book.add_doubling(device, seq);
  return impl.judge();
}

void Space::authority_undone() {
  // Within somebody's failure: only read. If even that fails, `tick` tries again.
  impl_->must_reload = !impl_->epochs->reload().ok() || !impl_->read_facts().ok();
}

}  // namespace kith::space

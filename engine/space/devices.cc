// SPDX-License-Identifier: Apache-2.0
// Linking and retiring devices, and the keys that go with it (formats 3).
#include <algorithm>

#include "codec/cbor.h"
#include "codec/text_codes.h"
#include "crypto/cipher.h"
#include "space/space_impl.h"

namespace kith::space {

using Impl = Space::Impl;

namespace {

constexpr std::uint64_t kAnswerVersion = 1;
constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kRequestBytes = 32 + 32 + kNonceBytes;

/// What a new device gets from a linked one, apart from what is sealed to it.
struct Answer {
  std::array<std::uint8_t, kNonceBytes> nonce{};
  SpaceId space;
  Lineage lineage;
  DeviceCertificate certificate;
  crypto::WrappedRows rows;  // the key of `sealed`, for the new device's box key
  Bytes sealed;              // [[wrap secrets], self key], under that key and bound to all before the rows
  Bytes authority;           // a window with every authority entry

  Bytes head() const {
    Bytes out;
    codec::CborWriter writer(out);
    writer.array(8).uint(kAnswerVersion).bytes(nonce).bytes(space.view()).bytes(lineage.view());
    writer.raw(encode(certificate));
    return out;
  }
  Bytes encoded() const {
    Bytes out = head();
    codec::CborWriter writer(out);
    Bytes wrapped;
    codec::CborWriter(wrapped).array(2).bytes(rows.ephemeral.view()).bytes(rows.rows);
    writer.raw(wrapped).bytes(sealed).bytes(authority);
    return out;
  }
};

template <typename T>
T take(codec::CborReader& in) {
  return T::from(in.bytes_of(T::kSize)).value_or(T{});
}

Result<Answer> parse_answer(ByteView bytes) {
  codec::CborReader in(bytes);
  Answer out;
  in.array_of(8);
  const bool is_known = in.uint() == kAnswerVersion;
  const ByteView nonce = in.bytes_of(kNonceBytes);
  if (in.ok()) std::copy(nonce.begin(), nonce.end(), out.nonce.begin());
  out.space = take<SpaceId>(in);
  out.lineage = take<Lineage>(in);
  auto certificate = decode_payload(log::Kind::kDevice, in.raw_item());
  in.array_of(2);
  out.rows.ephemeral = take<BoxPublic>(in);
  out.rows.rows = to_bytes(in.bytes());
  out.sealed = to_bytes(in.bytes());
  out.authority = to_bytes(in.bytes());
  if (!in.finish("the answer").ok() || !is_known || !certificate.ok()) {
    return Error(ErrorCode::kMalformed, "This is no answer to a linking request, or it was cut off.",
                 "Copy it again from the device that gave it.");
  }
  out.certificate = std::get<DeviceCertificate>(*certificate);
  return out;
}

Bytes encoded_secrets(const SpaceKeys& keys) {
  Bytes out;
  codec::CborWriter writer(out);
  writer.array(2).array(keys.wrap_secrets.size());
  for (const crypto::Key& secret : keys.wrap_secrets) writer.bytes(secret.view());
  writer.bytes(keys.self_key.view());
  return out;
}

bool take_secrets(ByteView plain, SpaceKeys& keys) {
  codec::CborReader in(plain);
  in.array_of(2);
  const std::uint64_t count = in.array();
  keys.wrap_secrets.clear();
  for (std::uint64_t i = 0; i < count && i < kWrapKeysMax && in.ok(); ++i) {
    keys.wrap_secrets.push_back(take<crypto::Key>(in));
  }
  keys.self_key = take<crypto::Key>(in);
  return in.finish("secrets").ok();
}

/// Opens what is sealed to the new device: whichever candidate opens it is the key.
bool open_answer(const Answer& answer, const DeviceId& device, SpaceKeys& keys) {
  struct Context {
    const Answer& answer;
    Bytes head;
  } context{answer, answer.head()};
  const auto opens = [](const crypto::Key& candidate, const void* with) {
    const Context& what = *static_cast<const Context*>(with);
    return crypto::open(candidate, what.answer.sealed, what.head).ok();
  };
  const auto key =
      crypto::unwrap_rows(keys.box_secret, answer.rows.ephemeral, device.view(), answer.rows.rows, opens, &context);
  if (!key.ok() || !*key) return false;
  auto plain = crypto::open(**key, answer.sealed, context.head);
  const bool is_taken = plain.ok() && take_secrets(*plain, keys);
  if (plain.ok()) crypto::wipe(*plain);
  return is_taken;
}

}  // namespace

std::string Space::DeviceRequest::text() const {
  Bytes bytes;
  for (const ByteView part : {log.view(), box.view(), ByteView(nonce)}) append(bytes, part);
  return codec::to_base32(bytes);
}

Result<Space::DeviceRequest> Space::DeviceRequest::parse(std::string_view text) {
  const auto bytes = codec::from_base32(text);
  if (!bytes || bytes->size() != kRequestBytes) {
    return Error(ErrorCode::kMalformed, "This is no linking request, or it was cut off.",
                 "Copy it again from the new device's screen.");
  }
  ByteReader in(*bytes);
  DeviceRequest out;
  out.log.data = in.array<32>();
  out.box.data = in.array<32>();
  out.nonce = in.array<kNonceBytes>();
  return out;
}

Space::DeviceRequest Space::make_device_request(Random& random, SpaceKeys& keys) {
  random.fill(keys.log_seed.data);
  random.fill(keys.box_secret.data);
  DeviceRequest out;
  out.log = DeviceId{crypto::SigningKey::from_seed(keys.log_seed).public_key().data};
  out.box = crypto::box_public(keys.box_secret);
  random.fill(out.nonce);
  return out;
}

Result<crypto::Key> Impl::person_root() const {
  if (keys.person_root) return *keys.person_root;
  return Error(ErrorCode::kUsage, "This device has forgotten the twelve words, as it should.",
               "Type them once more for this.");
}

Result<Bytes> Impl::authority_records() {
  Bytes out;
  log::RecordEncoder encoder(id);
  std::uint32_t count = 0;
  KITH_TRY(log->each_authority([&](const log::AuthorityEntry& entry) -> Result<void> {
    ++count;
    return log->encode_authority(entry, encoder, out);
  }));
  if (count > log::kWindowRecordsMax || out.size() > log::kWindowBytesMax) {
    return Error(ErrorCode::kTooLarge, "This neighbourhood is too large to be handed over in one answer.",
                 "Join on the new device by an invitation instead.");
  }
  return out;
}

Result<void> Impl::check_device_count(const Person& person) const {
  const auto is_live = [&](const DeviceId& device) { return !state.device(device)->retired_at; };
  const auto live = std::count_if(person.devices.begin(), person.devices.end(), is_live);
  if (static_cast<std::size_t>(live) < kDevicesMax) return {};
  return Error(ErrorCode::kTooLarge, "You have sixteen devices here already.", "Retire one that you no longer use.");
}

Result<Bytes> Space::link_device(const DeviceRequest& request) {
  Impl& impl = *impl_;
  KITH_TRY(impl.check_may_write());
  const crypto::SigningKey identity = crypto::derive_identity(KITH_TRY(impl.person_root()));
  KITH_TRY(impl.check_device_count(*impl.self()));
  Answer answer;
  answer.nonce = request.nonce;
  answer.space = impl.id;
  answer.lineage = impl.state.lineage();
  answer.certificate.identity = identity.public_key();
  answer.certificate.log = request.log;
  answer.certificate.box = request.box;
  answer.certificate.signature = sign_device(identity, impl.id, answer.certificate);
  answer.authority = KITH_TRY(impl.authority_records());

  crypto::Key once;
  impl.environment.random.fill(once.data);
  Bytes secrets = encoded_secrets(impl.keys);
  answer.rows = KITH_TRY(crypto::wrap_rows(impl.environment.random, once, request.log.view(), {request.box}));
  answer.sealed = crypto::seal(once, impl.environment.random, secrets, answer.head());
  crypto::wipe(secrets);
  crypto::wipe(once.data);

  auto insert = KITH_TRY(impl.store->db().cached("INSERT OR IGNORE INTO kith_linked(device) VALUES (?)"));
  KITH_TRY(insert->bind(1, request.log.view()).run());
  impl.linked.insert(request.log);
  KITH_TRY(impl.store->db().flush());
  return answer.encoded();
}

Result<std::unique_ptr<Space>> Space::link(const Environment& environment, OpenOptions options,
                                           const DeviceRequest& request, ByteView bytes, SpaceKeys& keys) {
  const Answer answer = KITH_TRY(parse_answer(bytes));
  SpaceKeys fresh = keys;
  fresh.space = answer.space;
  fresh.lineage = answer.lineage;
  const bool is_ours =
      answer.nonce == request.nonce && answer.certificate.log == request.log && answer.certificate.box == request.box;
  if (!is_ours || !open_answer(answer, request.log, fresh)) {
    return Error(ErrorCode::kCannotOpen, "This answer is for another device, or for an earlier request.",
                 "Show this device's request to the linked device again, and use its new answer.");
  }
  std::unique_ptr<Space> space(new Space(std::make_unique<Impl>(environment, answer.space)));
  Impl& impl = *space->impl_;
  KITH_TRY(impl.open(options));
  log::RecordDecoder decoder(answer.space);
  KITH_TRY(impl.log->accept(decoder, answer.authority));
  KITH_TRY(impl.check_schema());
  const Person* person = impl.state.person(space::person_of(answer.certificate.identity));
  if (person == nullptr || !person->is_member || !StatementChecker().device(answer.space, answer.certificate)) {
    return Error(ErrorCode::kBadSignature, "This answer does not come from a member of the neighbourhood it names.",
                 "Use the answer that one of your own devices gives.");
  }
  KITH_TRY(impl.set_keys(fresh));
  KITH_TRY(impl.append(log::Kind::kDevice, encode(answer.certificate)));
  KITH_TRY(impl.store->db().flush());
  keys = impl.keys;
  return space;
}

bool Space::knows_device(const DeviceId& device) const {
  const Device* known = impl_->state.device(device);
  return (known != nullptr && known->is_members && !known->retired_at) ||
         (known == nullptr && impl_->linked.contains(device));
}

Result<std::pair<Seq, EntryId>> Impl::last_entry(const DeviceId& device, std::optional<Seq> last) {
  if (!last) {
    last = Seq(0);
    for (const Fact& fact : book.facts()) {
      if (fact.author == device) last = std::max(*last, fact.seq);
    }
    for (const log::FrontierItem& item : KITH_TRY(log->frontier())) {
      if (item.device == device) last = std::max(*last, item.high);
    }
  }
  const auto id_there = KITH_TRY(log->id_at(device, *last));
  if (!id_there) {
    return Error(ErrorCode::kNotFound, "That entry of the device is not here.", "Choose one that has arrived.");
  }
  return std::pair(*last, *id_there);
}

/// Wrap key n + 1, said by the identity and handed to every device but one.
Result<void> Impl::renew_wrap_key(const DeviceId& without) {
  const crypto::Key root = KITH_TRY(person_root());
  const crypto::SigningKey identity = crypto::derive_identity(root);
  const auto n = static_cast<std::uint32_t>(self()->wrap_publics.size());
  if (n >= kWrapKeysMax) {
    return Error(ErrorCode::kTooLarge, "You have retired as many devices as one person can.", "Please report it.");
  }
  crypto::Key secret = crypto::derive_wrap_secret(root, n);
  WrapKeyStatement statement{n, crypto::box_public(secret), crypto::derive_vote_key(secret).public_key(), {}};
  statement.signature = sign_wrap_key(identity, id, statement);
  std::vector<BoxPublic> boxes;
  for (const DeviceId& other : self()->devices) {
    const Device* device = state.device(other);
    if (other != without && !device->retired_at) boxes.push_back(device->box);
  }
  auto done = hand_out(statement, secret, boxes);
  crypto::wipe(secret.data);
  return done;
}

Result<void> Impl::hand_out(const WrapKeyStatement& statement, const crypto::Key& secret,
                            const std::vector<BoxPublic>& boxes) {
  KeysPayload payload{statement, {}};
  payload.rows = KITH_TRY(crypto::wrap_rows(environment.random, secret, statement.wrap.view(), boxes));
  KITH_TRY(append(log::Kind::kKeys, encode(payload)));
  return {};
}

/// Own devices that wrap key n has passed by: linked by one device while another, or the same one before it heard of
/// them, renewed the key. Whoever hands a key out hands it to every device that it knows of, and a new device gets
/// what there is with its certificate: so who has it follows from closures.
std::vector<BoxPublic> Impl::devices_without_key(std::uint32_t n) {
  std::vector<BoxPublic> out;
  for (const Fact& first : book.facts()) {
    const Device* device = first.seq.value == 0 ? state.device(first.author) : nullptr;
    if (device == nullptr || device->person != *me || device->retired_at || device->log == log->own()) continue;
    const AnyOf& sayings = self()->wrap_entries[n];
    const bool has_it = std::any_of(sayings.begin(), sayings.end(), [&](const EntryId& said) {
      return book.contains(book.closure(said), first.id) || book.contains(book.closure(first.id), said);
    });
    if (!has_it) out.push_back(device->box);
  }
  return out;
}

Result<void> Impl::hand_keys_on() {
  for (std::uint32_t n = 1; n < self()->wrap_publics.size() && n < keys.wrap_secrets.size(); ++n) {
    const std::vector<BoxPublic> lacking = devices_without_key(n);
    const Fact* said = book.find(self()->wrap_entries[n].front());
    const auto* known = said == nullptr ? nullptr : std::get_if<KeysPayload>(&said->payload);
    if (lacking.empty() || known == nullptr) continue;
    const WrapKeyStatement statement = known->wrap_key;
    KITH_TRY(hand_out(statement, keys.wrap_secrets[n], lacking));
  }
  return {};
}

Result<void> Space::retire_device(const DeviceId& device, std::optional<Seq> last) {
  Impl& impl = *impl_;
  KITH_TRY(impl.check_may_write());
  const crypto::SigningKey identity = crypto::derive_identity(KITH_TRY(impl.person_root()));
  const Device* known = impl.state.device(device);
  if (known == nullptr || known->person != impl.me || device == impl.log->own()) {
    return Error(ErrorCode::kUsage, "Only another device of your own can be retired from here.",
                 "Choose one from the list of your devices.");
  }
  const auto [seq, entry] = KITH_TRY(impl.last_entry(device, last));
  RetirePayload payload{identity.public_key(), device, seq, entry, {}};
  payload.signature = sign_retire(identity, impl.id, payload);
  // A new key alone would shut out a device that is not retired.
  KITH_TRY(impl.log->together([&]() -> Result<void> {
    // The key first: whoever knows of the retirement then knows which key to wrap for instead.
    KITH_TRY(impl.renew_wrap_key(device));
    KITH_TRY(impl.append(log::Kind::kRetire, encode(payload)));
    KITH_TRY(impl.ensure_epoch());
    return {};
  }));
  KITH_TRY(impl.store->db().flush());
  if (impl.on_keys_changed) impl.on_keys_changed();
  impl.have_keys_changed = false;
  impl.tell_change();
  return {};
}

Result<void> Space::remember(const crypto::Key& root) {
  Impl& impl = *impl_;
  crypto::Key person_root = crypto::derive_person_root(root, impl.state.lineage());
  const Person* person = impl.self();
  if (person == nullptr || crypto::derive_identity(person_root).public_key() != person->identity) {
    crypto::wipe(person_root.data);
    return Error(ErrorCode::kBadWords, "These twelve words are somebody else's.",
                 "Type the words that you got when you joined this neighbourhood.");
  }
  impl.keys.person_root = person_root;
  return {};
}

void Space::forget() {
  if (impl_->keys.person_root) crypto::wipe(impl_->keys.person_root->data);
  impl_->keys.person_root.reset();
}

}  // namespace kith::space

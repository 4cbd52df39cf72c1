// SPDX-License-Identifier: Apache-2.0
#include "space/epochs.h"

#include "codec/cbor.h"
#include "crypto/cipher.h"
#include "log/entry.h"
#include "log/payload.h"

namespace kith::space {
namespace {

constexpr std::uint8_t kPlain = 0;  // method of M: key material is not compressed
constexpr std::uint8_t kPaddingMark = 0x80;

Error cannot_open() {
  return Error(ErrorCode::kCannotOpen, "What an epoch says about itself does not open.",
               "Another member can make a new one; nothing needs to be done.");
}

crypto::Key about_key(const crypto::Key& secret, const EpochId& epoch, ByteView salt) {
  return crypto::keyed_hash(secret.view(), "kith1 about", {epoch.view(), salt});
}

/// M(b) of formats 6, method 0.
Bytes padded(ByteView content) {
  Bytes out{kPlain};
  append(out, content);
  out.push_back(kPaddingMark);
  out.resize(log::bucket(out.size()));
  return out;
}

std::optional<ByteView> unpadded(ByteView padded) {
  std::size_t end = padded.size();
  while (end > 0 && padded[end - 1] == 0) --end;
  if (end < 2 || padded[end - 1] != kPaddingMark || padded[0] != kPlain) return std::nullopt;
  if (log::bucket(end) != padded.size()) return std::nullopt;
  return padded.subspan(1, end - 2);
}

Bytes encoded(const About& about) {
  Bytes out;
  codec::CborWriter writer(out);
  writer.array(4).bytes(about.audience).nil().array(about.previous.size());
  for (const crypto::Key& key : about.previous) writer.bytes(key.view());
  writer.boolean(about.history);
  return out;
}

Result<About> decoded(ByteView bytes) {
  codec::CborReader in(bytes);
  About out;
  in.array_of(4);
  const ByteView audience = in.bytes_of(out.audience.size());
  if (in.ok()) std::copy(audience.begin(), audience.end(), out.audience.begin());
  if (!in.take_nil()) return cannot_open();  // lists of persons come with circles
  const std::uint64_t count = in.array();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    out.previous.push_back(crypto::Key::from(in.bytes_of(crypto::Key::kSize)).value_or(crypto::Key{}));
  }
  out.history = in.boolean();
  KITH_TRY(in.finish("what an epoch says about itself"));
  return out;
}

}  // namespace

EpochId epoch_id(const SpaceId& space, const crypto::Key& secret) {
  return EpochId{crypto::hash("kith1 epoch id", {space.view(), secret.view()}).data};
}

EpochTag epoch_tag(const crypto::Key& secret, const DeviceId& device) {
  const crypto::Key whole = crypto::keyed_hash(secret.view(), "kith1 epoch tag", {device.view()});
  return EpochTag::from(whole.view().first(EpochTag::kSize)).value();
}

Result<Bytes> seal_about(Random& random, const crypto::Key& secret, const EpochId& epoch, const About& about) {
  Bytes out(log::kSaltBytes);
  random.fill(out);
  crypto::Key key = about_key(secret, epoch, out);
  Bytes content = encoded(about);
  Bytes sealed = padded(content);
  crypto::wipe(content);
  crypto::chacha20(key, 0, sealed);
  append(out, crypto::keyed_hash(key.view(), "kith1 commit", {sealed}).view());
  append(out, sealed);
  crypto::wipe(key.data);
  if (out.size() > log::kPayloadBytesMax / 2) {
    return Error(ErrorCode::kTooLarge, "This space has had more epochs than one entry can name.",
                 "Please report it: it takes some ten thousand retired devices.");
  }
  return out;
}

Result<About> open_about(const crypto::Key& secret, const EpochId& epoch, ByteView sealed) {
  if (sealed.size() < log::kSaltBytes + log::kCheckBytes) return cannot_open();
  const crypto::Key key = about_key(secret, epoch, sealed.first(log::kSaltBytes));
  const ByteView check = sealed.subspan(log::kSaltBytes, log::kCheckBytes);
  Bytes content = to_bytes(sealed.subspan(log::kSaltBytes + log::kCheckBytes));
  if (!crypto::same_secret(check, crypto::keyed_hash(key.view(), "kith1 commit", {content}).view())) {
    return cannot_open();
  }
  crypto::chacha20(key, 0, content);
  const auto plain = unpadded(content);
  auto about = plain ? decoded(*plain) : Result<About>(cannot_open());
  crypto::wipe(content);
  return about;
}

Result<EpochKeeper> EpochKeeper::open(store::Db& db, const crypto::Key& storage_key, Random& random) {
  KITH_TRY(db.exec("CREATE TABLE IF NOT EXISTS kith_epochs(epoch BLOB PRIMARY KEY, secret BLOB NOT NULL)"));
  EpochKeeper keeper(db, storage_key, random);
  KITH_TRY(keeper.load());
  return keeper;
}

EpochKeeper::~EpochKeeper() {
  crypto::wipe(storage_key_.data);
  forget_all();
}

void EpochKeeper::forget_all() {
  for (crypto::Key& secret : secrets_) crypto::wipe(secret.data);
  secrets_.clear();
  places_.clear();
  tags_.clear();
}

Result<void> EpochKeeper::reload() {
  forget_all();
  return load();
}

Result<void> EpochKeeper::load() {
  auto rows = KITH_TRY(db_->cached("SELECT epoch, secret FROM kith_epochs"));
  while (KITH_TRY(rows->step())) {
    const auto epoch = EpochId::from(rows->blob(0));
    auto secret = crypto::open(storage_key_, rows->blob(1), rows->blob(0));
    const auto key = secret.ok() ? crypto::Key::from(*secret) : std::nullopt;
    if (!epoch || !key) {
      return Error(ErrorCode::kCannotOpen, "The keys in this database do not open with this key file.",
                   "Use the key file that was made with it: it lies in the same data directory.");
    }
    remember(*epoch, *key);
    crypto::wipe(*secret);
  }
  return {};
}

void EpochKeeper::remember(const EpochId& epoch, const crypto::Key& secret) {
  places_.emplace(epoch, secrets_.size());
  secrets_.push_back(secret);
}

Result<bool> EpochKeeper::keep(const EpochId& epoch, const crypto::Key& secret) {
  if (places_.contains(epoch) || secrets_.size() >= kEpochsMax) return false;
  const Bytes sealed = crypto::seal(storage_key_, *random_, secret.view(), epoch.view());
  auto insert = KITH_TRY(db_->cached("INSERT OR REPLACE INTO kith_epochs(epoch, secret) VALUES (?, ?)"));
  KITH_TRY(insert->bind(1, epoch.view()).bind(2, ByteView(sealed)).run());
  remember(epoch, secret);
  return true;
}

const crypto::Key* EpochKeeper::find(const EpochId& epoch) const {
  const auto found = places_.find(epoch);
  return found == places_.end() ? nullptr : &secrets_[found->second];
}

const crypto::Key* EpochKeeper::by_tag(const DeviceId& device, const EpochTag& tag) {
  Tags& tags = tags_[device];
  for (; tags.count < secrets_.size(); ++tags.count) {
    tags.places.emplace(epoch_tag(secrets_[tags.count], device), tags.count);
  }
  const auto found = tags.places.find(tag);
  return found == tags.places.end() ? nullptr : &secrets_[found->second];
}

}  // namespace kith::space

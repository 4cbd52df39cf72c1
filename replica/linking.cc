// SPDX-License-Identifier: Apache-2.0
#include "replica/linking.h"

#include "codec/compress.h"
#include "codec/text_codes.h"
#include "crypto/hash.h"

namespace kith::replica {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCheckBytes = 3;
constexpr std::size_t kRequestBytes = 32 + 32 + 16;
constexpr std::size_t kCodeBytes = 1 + 2 * kRequestBytes + kCheckBytes;
constexpr std::size_t kAnswerTextMax = 4 << 20;

std::string without_space(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') out += c;
  }
  return out;
}

ByteView check_of(const Hash& hash) {
  return hash.view().first(kCheckBytes);
}

Error no_code() {
  return {ErrorCode::kMalformed, "This is no code of a new device, or it was cut off.",
          "Copy it again from the new device's screen."};
}

Error no_answer() {
  return {ErrorCode::kMalformed, "This is no answer to this device's code, or it was cut off.",
          "Copy it again from the device that gave it."};
}

void put(ByteWriter& out, ByteView part) {
  out.varint(part.size());
  out.bytes(part);
}

}  // namespace

std::string LinkRequest::code() const {
  Bytes bytes{kVersion};
  for (const auto* one : {&personal, &space}) {
    for (const ByteView part : {one->log.view(), one->box.view(), ByteView(one->nonce)}) append(bytes, part);
  }
  const Hash check = crypto::hash("kith1 link check", {bytes});
  append(bytes, check_of(check));
  return codec::to_base32(bytes);
}

LinkRequest make_link_request(Random& random) {
  LinkRequest out;
  out.personal = space::Space::make_device_request(random, out.personal_keys);
  out.space = space::Space::make_device_request(random, out.space_keys);
  return out;
}

Result<std::string> answer_link(House& house, std::string_view code) {
  const auto bytes = codec::from_base32(without_space(code));
  if (!bytes || bytes->size() != kCodeBytes || bytes->front() != kVersion) return no_code();
  const ByteView body = ByteView(*bytes).first(kCodeBytes - kCheckBytes);
  if (!equal(check_of(crypto::hash("kith1 link check", {body})), ByteView(*bytes).subspan(body.size())))
    return no_code();
  const auto request = [&](std::size_t at) {
    return space::Space::DeviceRequest::parse(codec::to_base32(body.subspan(at, kRequestBytes)));
  };
  const auto personal = KITH_TRY(request(1));
  const auto shared = KITH_TRY(request(1 + kRequestBytes));
  Bytes plain{kVersion};
  ByteWriter writer(plain);
  put(writer, KITH_TRY(house.personal_space()->link_device(personal)));
  const std::vector<std::string> addresses = house.addresses();
  writer.varint(addresses.size());
  for (const std::string& address : addresses) put(writer, as_bytes(address));
  if (house.has_space()) {
    put(writer, KITH_TRY(house.shared_space()->link_device(shared)));
    KITH_TRY(house.note_device({personal.log, house.shared_space()->lineage(), shared.log}));
  }
  Bytes out;
  if (!codec::Compressor().compress(plain, SIZE_MAX, out)) {
    return Error(ErrorCode::kTooLarge, "This neighbourhood is too large to be handed over in one answer.",
                 "Restore on the new device from your twelve words instead.");
  }
  return codec::to_base64url(out);
}

Result<LinkAnswer> parse_link_answer(std::string_view text) {
  if (text.size() > kAnswerTextMax) return no_answer();
  const auto packed = codec::from_base64url(without_space(text));
  if (!packed) return no_answer();
  const auto plain = codec::Compressor().decompress(*packed);
  if (!plain.ok()) return no_answer();
  ByteReader in(*plain);
  const bool is_known = in.u8() == kVersion;
  LinkAnswer out;
  out.personal = to_bytes(in.bytes(in.varint()));
  const std::uint64_t addresses = in.varint();
  for (std::uint64_t i = 0; i < addresses && in.ok(); ++i) {
    const ByteView text_there = in.bytes(in.varint());
    out.addresses.emplace_back(text_there.begin(), text_there.end());
  }
  if (in.ok() && !in.at_end()) out.space = to_bytes(in.bytes(in.varint()));
  if (!is_known || !in.at_end()) return no_answer();
  return out;
}

}  // namespace kith::replica

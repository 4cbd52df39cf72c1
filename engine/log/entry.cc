// SPDX-License-Identifier: Apache-2.0
#include "log/entry.h"

#include <algorithm>

namespace kith::log {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kKindMax = 127;
constexpr std::uint8_t kShareReserved = 0xc0;
// Databases hold signed 64-bit integers; sorting by them must be sorting by number and time.
constexpr std::uint64_t kIntegerMax = (std::uint64_t{1} << 63) - 1;
constexpr std::string_view kIdLabel = "kith1 entry id";

Error malformed(std::string cause) {
  return Error(ErrorCode::kMalformed, "An entry's header breaks the format: " + std::move(cause) + ".",
               "Whoever sent it is broken or lies; fetch the entry from somebody else.");
}

void store_be(std::uint8_t* out, std::uint64_t v, int n) {
  for (int i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(v >> (8 * (n - 1 - i)));
}

std::array<std::uint8_t, kHeaderFixedBytes> fixed_part(const Header& header) {
  std::array<std::uint8_t, kHeaderFixedBytes> out;
  out[0] = kVersion;
  out[1] = header.kind;
  out[2] = header.share;
  out[3] = static_cast<std::uint8_t>(header.refs.size());
  store_be(&out[4], header.payload_length, 4);
  store_be(&out[8], header.seq.value, 8);
  store_be(&out[16], header.time.value, 8);
  std::memcpy(&out[24], header.tag.data.data(), 8);
  std::memcpy(&out[32], header.space.data.data(), 32);
  std::memcpy(&out[64], header.device.data.data(), 32);
  std::memcpy(&out[96], header.prev.data.data(), 32);
  std::memcpy(&out[128], header.payload.data.data(), 32);
  return out;
}

ByteView refs_view(const Header& header) {
  static_assert(sizeof(EntryId) == 32);
  return {reinterpret_cast<const std::uint8_t*>(header.refs.data()), header.refs.size() * sizeof(EntryId)};
}

Result<void> check_share(const Header& header) {
  if (is_authority(header.kind)) {
    if (header.share != 0) return malformed("an authority entry has no share policy and no group");
    if (!header.tag.is_zero()) return malformed("an authority entry is in clear and has no epoch");
    return {};
  }
  if ((header.share & kShareReserved) != 0) return malformed("reserved bits of the share are set");
  const bool has_policy = (header.share & 3) != 0;
  const bool has_hops = (header.share >> 2 & 7) != 0;
  if (has_policy != has_hops) return malformed("the hop limit does not go with the share policy");
  return {};
}

Result<void> check_first(const Header& header) {
  const bool is_genesis = header.kind == static_cast<std::uint8_t>(Kind::kGenesis);
  if ((header.seq.value == 0) != header.prev.is_zero()) {
    return malformed("the first entry of a log, and only it, has no predecessor");
  }
  if (is_genesis != header.space.is_zero()) return malformed("the genesis, and only it, is outside of every space");
  if (is_genesis && header.seq.value != 0) return malformed("a genesis is the first entry of its log");
  if (is_genesis && !header.refs.empty()) return malformed("a genesis cites nothing");
  if (!is_genesis && header.seq.value == 0 && header.refs.empty()) {
    return malformed("the first entry of a log cites the authority it knows");
  }
  if (!is_genesis && is_authority(header.kind) && header.refs.empty()) {
    return malformed("an authority entry cites the authority it knows");
  }
  return {};
}

}  // namespace

std::uint8_t share_of(std::uint8_t policy, std::uint8_t hop_limit, bool more) {
  return static_cast<std::uint8_t>((policy & 3) | (hop_limit & 7) << 2 | (more ? kShareMore : 0));
}

void encode_header(const Header& header, Bytes& out) {
  append(out, fixed_part(header));
  append(out, refs_view(header));
}

Result<Header> decode_header(ByteView bytes) {
  if (bytes.size() < kHeaderFixedBytes || bytes.size() > kHeaderBytesMax) return malformed("its length is off");
  ByteReader in(bytes);
  if (in.u8() != kVersion) return malformed("its version is not 1");
  Header header;
  header.kind = in.u8();
  header.share = in.u8();
  const std::size_t refs = in.u8();
  if (refs > kRefsMax || bytes.size() != kHeaderFixedBytes + 32 * refs) return malformed("its length is off");
  header.payload_length = in.u32();
  header.seq = Seq(in.u64());
  header.time = Stamp(in.u64());
  header.tag.data = in.array<8>();
  header.space.data = in.array<32>();
  header.device.data = in.array<32>();
  header.prev.data = in.array<32>();
  header.payload.data = in.array<32>();
  header.refs.resize(refs);
  for (EntryId& ref : header.refs) ref.data = in.array<32>();
  KITH_TRY(check_header(header));
  return header;
}

Result<void> check_header(const Header& header) {
  if (header.kind > kKindMax) return malformed("its kind is reserved");
  KITH_TRY(check_share(header));
  KITH_TRY(check_first(header));
  if (header.payload_length > kPayloadBytesMax) return malformed("its payload is too long");
  if ((header.payload_length == 0) != header.payload.is_zero()) {
    return malformed("a payload has a hash, and no payload has none");
  }
  if (header.time.value == 0 || header.time.value > kIntegerMax) return malformed("its time is out of range");
  if (header.seq.value > kIntegerMax) return malformed("its number is out of range");
  if (header.refs.size() > kRefsMax) return malformed("it cites too many entries");
  const auto out_of_order = [](const EntryId& a, const EntryId& b) { return !(a < b); };
  if (std::adjacent_find(header.refs.begin(), header.refs.end(), out_of_order) != header.refs.end()) {
    return malformed("what it cites is not in order");
  }
  return {};
}

EntryId header_id(ByteView encoded) {
  return EntryId{crypto::hash(kIdLabel, {encoded}).data};
}

EntryId header_id(const Header& header) {
  const auto fixed = fixed_part(header);
  return EntryId{crypto::hash(kIdLabel, {fixed, refs_view(header)}).data};
}

}  // namespace kith::log

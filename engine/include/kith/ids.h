// SPDX-License-Identifier: Apache-2.0
// Strong names for the numbers and byte strings that travel between rooms: no bare integer or 32-byte
// array crosses an interface. Each type is one line; conversions are explicit.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>

#include "kith/bytes.h"

namespace kith {

/// A byte string of fixed length with a meaning.
template <typename Tag, std::size_t N>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> data{};

  static std::optional<FixedBytes> from(ByteView v) {
    if (v.size() != N) return std::nullopt;
    FixedBytes out;
    std::memcpy(out.data.data(), v.data(), N);
    return out;
  }
  ByteView view() const { return data; }
  bool is_zero() const { return *this == FixedBytes{}; }
  std::string hex() const { return to_hex(data); }
  friend auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
};

using Hash = FixedBytes<struct HashTag, 32>;              // BLAKE2b-256
using EntryId = FixedBytes<struct EntryIdTag, 32>;        // hash of an entry's header
using SpaceId = FixedBytes<struct SpaceIdTag, 32>;        // id of a genesis
using Lineage = FixedBytes<struct LineageTag, 32>;        // random bytes of a genesis, kept by splits
using DeviceId = FixedBytes<struct DeviceIdTag, 32>;      // a device's log public key in one space
using PersonId = FixedBytes<struct PersonIdTag, 32>;      // a person's first identity key in a lineage
using HostKey = FixedBytes<struct HostKeyTag, 32>;        // an installation's libp2p public key
using EpochId = FixedBytes<struct EpochIdTag, 32>;        // names one key of an audience
using EpochTag = FixedBytes<struct EpochTagTag, 8>;       // an epoch, as one device writes it
using Signature = FixedBytes<struct SignatureTag, 64>;    // Ed25519
using BoxPublic = FixedBytes<struct BoxPublicTag, 32>;    // X25519
using SignPublic = FixedBytes<struct SignPublicTag, 32>;  // Ed25519, where no narrower name fits

/// An integer with a meaning. Arithmetic is done on `value`, on purpose visibly.
template <typename Tag, typename Int>
struct StrongInt {
  Int value{};
  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Int v) : value(v) {}
  friend constexpr auto operator<=>(const StrongInt&, const StrongInt&) = default;
};

using Seq = StrongInt<struct SeqTag, std::uint64_t>;  // number of an entry in its log: 0, 1, 2 …
using Pos = StrongInt<struct PosTag, std::int64_t>;   // place in this replica's journal; from 1, may have gaps
using AuthorRef = StrongInt<struct AuthorRefTag, std::int64_t>;  // this replica's short name for a log and its person

/// A hybrid logical time: Unix milliseconds << 16 | counter (formats 4). Zero means none.
struct Stamp {
  std::uint64_t value = 0;
  constexpr Stamp() = default;
  constexpr explicit Stamp(std::uint64_t v) : value(v) {}
  static constexpr Stamp from_ms(std::uint64_t ms, std::uint16_t counter = 0) { return Stamp(ms << 16 | counter); }
  constexpr std::uint64_t ms() const { return value >> 16; }
  constexpr std::uint16_t counter() const { return static_cast<std::uint16_t>(value); }
  /// The next possible stamp; a carry goes into the milliseconds.
  constexpr Stamp next() const { return Stamp(value + 1); }
  friend constexpr auto operator<=>(const Stamp&, const Stamp&) = default;
};

/// For unordered containers keyed by hashes or keys: their first bytes are already random.
struct FixedBytesHash {
  template <typename Tag, std::size_t N>
  std::size_t operator()(const FixedBytes<Tag, N>& v) const {
    std::size_t h = 0;
    std::memcpy(&h, v.data.data(), sizeof h < N ? sizeof h : N);
    return h;
  }
};

}  // namespace kith

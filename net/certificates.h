// SPDX-License-Identifier: Apache-2.0
// A certificate authority of a space's own (X.509, RFC 5280): it vouches for the houses of one neighbourhood, and name
// constraints keep it from vouching for anything else, so that whoever installs it risks nothing but that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kith/bytes.h"
#include "kith/result.h"

namespace kith::net {

/// P-256 keys and certificates as PEM texts. `key` is a secret.
struct CertifiedKey {
  std::string certificate;
  std::string key;
};

inline constexpr std::uint64_t kAuthorityMs = 10ull * 365 * 86'400'000;
inline constexpr std::uint64_t kLeafMs = 30ull * 86'400'000;
/// Clocks of phones are off; a leaf is good from this long before it was made.
inline constexpr std::uint64_t kBackdateMs = 86'400'000;

/// May this name (a DNS name or the text of an IP address) be vouched for? Only what can be in a house: private and
/// link-local addresses, localhost and names under .local, .lan, .home.arpa, .internal.
bool may_be_certified(const std::string& name);

/// A new authority, named after the place. kInternal if OpenSSL fails.
Result<CertifiedKey> make_authority(const std::string& place, std::uint64_t now_ms);
/// A leaf for a house; names that may not be certified are left out. `certificate` is the leaf alone. kBadKey if the
/// authority's texts are not what make_authority gave.
Result<CertifiedKey> make_leaf(const CertifiedKey& authority, const std::vector<std::string>& names,
                               std::uint64_t now_ms);
/// DER of the SubjectPublicKeyInfo: what the constitution's `ca` is the hash of (formats, section 10).
Result<Bytes> public_key_info(const std::string& certificate);
/// The certificate as DER, for devices that want it so.
Result<Bytes> certificate_der(const std::string& certificate);
/// SHA-256 of the DER, as systems show it: "AB:CD:…".
Result<std::string> certificate_fingerprint(const std::string& certificate);

}  // namespace kith::net

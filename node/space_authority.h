// SPDX-License-Identifier: Apache-2.0
// The certificate authority of the space, at the house that has it: two files in the home, of which the key is a
// secret (0600). Its hash is `ca` in the constitution of a space that was founded with one (formats, section 10).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kith/ids.h"
#include "net/certificates.h"
#include "net/tls.h"
#include "node/home.h"

namespace kith::node {

class SpaceAuthority {
 public:
  /// A leaf is replaced when less than this is left of it.
  static constexpr std::uint64_t kRenewMs = 10ull * 86'400'000;

  /// None where this house has none. kPermission: others of this machine may read the key; kBadKey: damaged.
  static Result<std::optional<SpaceAuthority>> read(Home& home);
  /// A new one, on the medium.
  static Result<SpaceAuthority> make(Home& home, const std::string& place, std::uint64_t now_ms);

  /// What the constitution names.
  Result<Hash> hash() const;
  const std::string& certificate() const { return key_.certificate; }
  /// What browsers are shown under these names (those that may not be certified are left out).
  Result<std::shared_ptr<net::TlsIdentity>> identity(const std::vector<std::string>& names, std::uint64_t now_ms) const;

 private:
  explicit SpaceAuthority(net::CertifiedKey key) : key_(std::move(key)) {}
  net::CertifiedKey key_;
};

}  // namespace kith::node

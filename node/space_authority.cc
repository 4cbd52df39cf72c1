// SPDX-License-Identifier: Apache-2.0
#include "node/space_authority.h"

#include "space/constitution.h"

namespace kith::node {
namespace {

constexpr std::size_t kFileBytesMax = 64 << 10;

Result<std::string> read_text(DirectoryFiles& files, std::string_view name) {
  const auto file = KITH_TRY(files.open(name, false));
  Bytes bytes(std::min<std::uint64_t>(KITH_TRY(file->size()), kFileBytesMax));
  bytes.resize(KITH_TRY(file->read_at(0, bytes)));
  return std::string(as_text(bytes));
}

/// Whole or not at all: written beside, synced, renamed.
Result<void> write_text(DirectoryFiles& files, std::string_view name, std::string_view text) {
  const std::string beside = std::string(name) + ".new";
  {
    const auto file = KITH_TRY(files.open(beside, true));
    KITH_TRY(file->truncate(0));
    KITH_TRY(file->write_at(0, as_bytes(text)));
    KITH_TRY(file->sync());
  }
  return files.rename(beside, name);
}

}  // namespace

Result<std::optional<SpaceAuthority>> SpaceAuthority::read(Home& home) {
  DirectoryFiles& files = home.files();
  if (!files.exists(kAuthorityFile) || !files.exists(kAuthorityKeyFile)) return std::optional<SpaceAuthority>();
  if (!KITH_TRY(files.is_private(kAuthorityKeyFile))) {
    return Error(ErrorCode::kPermission, "Others of this machine may read " + home.file(kAuthorityKeyFile) + ".",
                 "Make it yours alone: chmod 600 " + home.file(kAuthorityKeyFile));
  }
  return std::optional(
      SpaceAuthority({KITH_TRY(read_text(files, kAuthorityFile)), KITH_TRY(read_text(files, kAuthorityKeyFile))}));
}

Result<SpaceAuthority> SpaceAuthority::make(Home& home, const std::string& place, std::uint64_t now_ms) {
  SpaceAuthority out(KITH_TRY(net::make_authority(place, now_ms)));
  KITH_TRY(write_text(home.files(), kAuthorityKeyFile, out.key_.key));
  KITH_TRY(write_text(home.files(), kAuthorityFile, out.key_.certificate));
  return out;
}

Result<Hash> SpaceAuthority::hash() const {
  return space::list_hash(space::List::kAuthorityCertificate, KITH_TRY(net::public_key_info(key_.certificate)));
}

Result<std::shared_ptr<net::TlsIdentity>> SpaceAuthority::identity(const std::vector<std::string>& names,
                                                                   std::uint64_t now_ms) const {
  const net::CertifiedKey leaf = KITH_TRY(net::make_leaf(key_, names, now_ms));
  return net::TlsIdentity::of(leaf.certificate + key_.certificate, leaf.key);
}

}  // namespace kith::node

// SPDX-License-Identifier: Apache-2.0
// What everybody may see who reaches the port of a house: the web app, which is the same everywhere, what the house
// says about it (/door.json), how to trust the certificates of the neighbourhood (/install), and for holders of an
// invitation what they may know (replica/doorstep.h). Of a space nothing that a stranger could read.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "crypto/sign.h"
#include "kith/json.h"
#include "node/web_files.h"

namespace kith::node {

/// The domain and type of the signed envelope in /door.json (libp2p RFC 0002).
inline constexpr std::string_view kDoorDomain = "kith-shell";
inline constexpr std::string_view kDoorType = "/kith/shell/1";
/// The page without scripts, for this machine.
inline constexpr std::string_view kPlainPath = "/plain";

struct DoorVersions {
  std::string core;
  std::string protocol;
  std::string schema;  // hex of the schema's hash
};

/// What is signed: "<shell hash>\n<core>\n<protocol>\n<schema>\n".
std::string door_statement(const std::string& shell_hash, const DoorVersions& versions);

class PublicPages {
 public:
  struct Setup {
    WebFiles files{};
    std::function<DoorVersions()> versions;
    /// Unix ms, by which a browser sees that its own clock is off.
    std::function<std::uint64_t()> now_ms;
    /// What the holder of an invitation is told (replica/doorstep.h): {told}. kInviteUnknown.
    std::function<Result<Json>(const SignPublic& invite)> doorstep;
    const crypto::SigningKey& host;
    /// PEM of the space's certificate authority; empty: this house has none.
    std::string authority{};
  };
  explicit PublicPages(Setup setup) : setup_(std::move(setup)) {}
  /// nullopt: this is not for everybody.
  std::optional<net::HttpResponse> answer(const net::HttpRequest& request) const;

 private:
  net::HttpResponse door() const;
  net::HttpResponse doorstep(std::string_view invite) const;
  std::optional<net::HttpResponse> install(const net::HttpRequest& request) const;
  Setup setup_;
};

}  // namespace kith::node

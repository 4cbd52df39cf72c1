// SPDX-License-Identifier: Apache-2.0
// What an HTTP handler sees: plain requests and responses.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kith/result.h"

namespace kith::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Percent-decodes a part of a URL; with `plus_is_space` as forms write it. nullopt if it is malformed.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);
/// Keeps the slashes.
std::string percent_encode_path(std::string_view path);
/// name=value&…, as in a query or a form. Malformed pairs are left out; at most kFieldsMax.
inline constexpr std::size_t kFieldsMax = 64;
Headers parse_fields(std::string_view text);

struct HttpRequest {
  std::string method;
  std::string path;   // percent-decoded, begins with '/'
  std::string query;  // as sent
  Headers headers;
  std::string body;
  bool is_local = false;   // came over the Unix socket, which only this user can open
  bool is_remote = false;  // came from another machine
  bool is_secure = false;  // under TLS

  /// The first header of that name, in any case; empty if there is none.
  std::string_view header(std::string_view name) const;
  std::size_t header_count(std::string_view name) const;
  std::optional<std::string> parameter(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  Headers headers;
};

/// Call it once, at once or later, on the loop's thread.
using Respond = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(HttpRequest request, Respond respond)>;

}  // namespace kith::net

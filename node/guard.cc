// SPDX-License-Identifier: Apache-2.0
#include "node/guard.h"

#include "crypto/hash.h"

namespace kith::node {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kJsonType = "application/json";

std::string_view without_parameters(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type;
}

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

std::string_view cookie_value(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    std::string_view pair = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(cookies.size(), pair.size() + 1));
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return {};
}

std::string_view field_value(const net::Headers& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

std::string_view name_of_host(std::string_view host) {
  return host.substr(0, host.rfind(':'));
}

bool is_own_name(std::string_view host) {
  const std::string_view name = name_of_host(host);
  return name == "localhost" || name == "127.0.0.1";
}

/// Cookies do not tell ports apart, so their names do: two nodes on one machine would overwrite each other's.
std::string cookie_name(const net::HttpRequest& request) {
  const std::string_view host = request.header("Host");
  const std::string_view port = host.substr(std::min(host.size(), name_of_host(host).size() + 1));
  return "kith_csrf_" + std::string(port.find_first_not_of("0123456789") == std::string_view::npos ? port : "");
}

Error refused(const std::string& cause) {
  return {ErrorCode::kRefused, cause, "Use the page of this node itself, or a program on this machine."};
}

}  // namespace

Guard::Guard(Random& random) {
  std::array<std::uint8_t, 16> secret{};
  random.fill(secret);
  token_ = to_hex(secret);
}

Result<void> Guard::check(const net::HttpRequest& request) const {
  if (request.is_local) return {};
  if (request.header_count("Host") != 1 || !is_own_name(request.header("Host"))) {
    return refused("This node answers to localhost only, not to \"" +
                   std::string(request.header("Host").substr(0, 100)) + "\".");
  }
  if (is_read(request.method)) return {};
  KITH_TRY(check_origin(request));
  const std::string_view type = without_parameters(request.header("Content-Type"));
  if (request.method == "POST" && type == kFormType && !request.path.starts_with("/api/")) return check_form(request);
  if (type == kJsonType) return {};
  if (request.body.empty() && request.method == "DELETE")
    return {};  // no form and no simple request of a page can send DELETE
  return Error(ErrorCode::kUsage, "A write must be JSON.", "Send it with the header Content-Type: application/json.");
}

std::string Guard::cookie(const net::HttpRequest& request) const {
  return cookie_name(request) + "=" + token_ + "; Path=/; HttpOnly; SameSite=Strict";
}

Result<void> Guard::check_origin(const net::HttpRequest& request) const {
  const std::string_view site = request.header("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none")
    return refused("This write comes from another web site.");
  const std::string_view origin = request.header("Origin");
  const std::string own = (request.is_secure ? "https://" : "http://") + std::string(request.header("Host"));
  if (!origin.empty() && origin != own) {
    return refused("This write comes from the web page of \"" + std::string(origin.substr(0, 100)) + "\".");
  }
  return {};
}

Result<void> Guard::check_form(const net::HttpRequest& request) const {
  const net::Headers fields = net::parse_fields(request.body);
  const auto is_token = [this](std::string_view text) { return crypto::same_secret(as_bytes(text), as_bytes(token_)); };
  if (!is_token(field_value(fields, kField)) ||
      !is_token(cookie_value(request.header("Cookie"), cookie_name(request)))) {
    return Error(ErrorCode::kRefused, "This form is from before the node was started, or not from its page.",
                 "Reload the page and send it again.");
  }
  return {};
}

}  // namespace kith::node

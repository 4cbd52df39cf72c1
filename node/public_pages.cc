// SPDX-License-Identifier: Apache-2.0
#include "node/public_pages.h"

#include "codec/text_codes.h"
#include "kith/json.h"
#include "net/certificates.h"
#include "node/install_page.h"
#include "node/problem.h"
#include "p2p/envelope.h"
#include "p2p/peer_id.h"
#include "replica/doorstep.h"

namespace kith::node {
namespace {

using net::HttpResponse;

constexpr std::string_view kInstallPath = "/install";

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

HttpResponse download(std::string type, std::string name, std::string body) {
  HttpResponse out;
  out.content_type = std::move(type);
  out.body = std::move(body);
  out.headers = {{"Content-Disposition", "attachment; filename=\"" + name + "\""},
                 {"X-Content-Type-Options", "nosniff"},
                 {"Cache-Control", "no-cache"}};
  return out;
}

HttpResponse no_authority() {
  return problem({ErrorCode::kNotFound, "This house has no certificate authority of its neighbourhood.",
                  "Ask whoever founded the neighbourhood: their house offers it when it serves with --tls auto."});
}

HttpResponse to_plain() {
  HttpResponse out;
  out.status = 303;
  out.headers = {{"Location", std::string(kPlainPath)}};
  return out;
}

}  // namespace

std::string door_statement(const std::string& shell_hash, const DoorVersions& versions) {
  return shell_hash + "\n" + versions.core + "\n" + versions.protocol + "\n" + versions.schema + "\n";
}

std::optional<HttpResponse> PublicPages::answer(const net::HttpRequest& request) const {
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!is_read || is_below(request.path, "/api") || is_below(request.path, kPlainPath)) return std::nullopt;
  if (request.path == "/door.json") return door();
  if (is_below(request.path, kInstallPath)) return install(request);
  if (request.path.starts_with(replica::kDoorstepPath))
    return doorstep(std::string_view(request.path).substr(replica::kDoorstepPath.size()));
  if (auto file = setup_.files.answer(request)) return file;
  // Where the app was not built, this machine still has the plain page.
  if (setup_.files.is_empty() && request.path == "/" && !request.is_remote) return to_plain();
  return std::nullopt;
}

HttpResponse PublicPages::door() const {
  const DoorVersions versions = setup_.versions();
  const std::string shell = setup_.files.shell_hash();
  const HostKey host{setup_.host.public_key().data};
  const std::string statement = door_statement(shell, versions);
  const Bytes envelope = p2p::seal_envelope(setup_.host, kDoorDomain, as_bytes(kDoorType), as_bytes(statement));
  Json out = Json::object({{"shell", shell}});
  out.set("version",
          Json::object({{"core", versions.core}, {"protocol", versions.protocol}, {"schema", versions.schema}}));
  out.set("now_ms", setup_.now_ms());
  out.set("peer", p2p::PeerId::of(host).text());
  out.set("host", host.hex());
  out.set("envelope", codec::to_base64url(envelope));
  HttpResponse response = json_response(200, out);
  for (const auto& header : WebFiles::page_headers()) response.headers.push_back(header);
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

HttpResponse PublicPages::doorstep(std::string_view invite) const {
  const auto bytes = from_hex(invite);
  const auto key = bytes ? SignPublic::from(*bytes) : std::nullopt;
  const auto told =
      key ? setup_.doorstep(*key)
          : Result<Json>(Error(ErrorCode::kInviteUnknown, "This names no invitation.", "See docs/rest.md."));
  HttpResponse response = told.ok() ? json_response(200, *told) : problem(told.error());
  for (const auto& header : WebFiles::page_headers()) response.headers.push_back(header);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

std::optional<HttpResponse> PublicPages::install(const net::HttpRequest& request) const {
  const std::string_view path = request.path;
  if (setup_.authority.empty()) return no_authority();
  if (path == "/install/kith.pem") return download("application/x-pem-file", "kith.pem", setup_.authority);
  if (path == "/install/kith.crt") {
    const auto der = net::certificate_der(setup_.authority);
    if (!der.ok()) return problem(der.error());
    return download("application/x-x509-ca-cert", "kith.crt", std::string(as_text(*der)));
  }
  if (path == "/install/style.css") return install_style();
  if (path != kInstallPath) return std::nullopt;
  const auto fingerprint = net::certificate_fingerprint(setup_.authority);
  if (!fingerprint.ok()) return problem(fingerprint.error());
  return install_page(request, *fingerprint);
}

}  // namespace kith::node

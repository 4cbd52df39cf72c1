// SPDX-License-Identifier: Apache-2.0
#include "node/web_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "crypto/noise_primitives.h"
#include "kith/json.h"

namespace kith::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndex = "/index.html";
constexpr std::string_view kList = "/shell.json";
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; "
    "font-src 'self'; connect-src 'self' http: https: ws: wss:; worker-src 'self'; manifest-src 'self'; base-uri "
    "'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types kith svelte-trusted-html dompurify";

struct Type {
  std::string_view ending;
  std::string_view type;
};
constexpr std::array kTypes{Type{".html", "text/html; charset=utf-8"},
                            Type{".js", "text/javascript; charset=utf-8"},
                            Type{".mjs", "text/javascript; charset=utf-8"},
                            Type{".css", "text/css; charset=utf-8"},
                            Type{".json", "application/json"},
                            Type{".webmanifest", "application/manifest+json"},
                            Type{".wasm", "application/wasm"},
                            Type{".svg", "image/svg+xml"},
                            Type{".png", "image/png"},
                            Type{".webp", "image/webp"},
                            Type{".avif", "image/avif"},
                            Type{".jpg", "image/jpeg"},
                            Type{".ico", "image/x-icon"},
                            Type{".woff2", "font/woff2"},
                            Type{".txt", "text/plain; charset=utf-8"}};

struct Encoding {
  std::string_view ending;
  std::string_view name;
};
constexpr std::array kEncodings{Encoding{".br", "br"}, Encoding{".gz", "gzip"}};  // the best first

std::string_view type_of(std::string_view path) {
  const auto at =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const Type& one) { return path.ends_with(one.ending); });
  return at == kTypes.end() ? "application/octet-stream" : at->type;
}

/// As the bundler names what it hashes: /assets/<name>-<8 or more characters>.<ending>
bool has_hash(std::string_view path) {
  if (!path.starts_with("/assets/")) return false;
  const auto dot = path.find('.', path.rfind('/'));
  const auto dash = path.rfind('-', dot);
  return dot != std::string_view::npos && dash != std::string_view::npos && dash > path.rfind('/') && dot - dash > 8;
}

std::string hex_sha256(std::string_view text) {
  return to_hex(crypto::sha256({as_bytes(text)}).view());
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls with each part of a list with commas until it returns true; whether it did.
template <typename Is>
bool any_of_list(std::string_view list, Is is) {
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    if (is(trimmed(part))) return true;
  }
  return false;
}

/// A quality of zero, however it is written: "0", "0.", "0.000".
bool is_zero(std::string_view quality) {
  return !quality.empty() && quality.front() == '0' && quality.find_first_not_of("0.") == std::string_view::npos;
}

bool matches(std::string_view if_none_match, std::string_view tag) {
  return any_of_list(if_none_match, [&](std::string_view one) {
    if (one.starts_with("W/")) one.remove_prefix(2);
    return one == "*" || one == tag;
  });
}

Error too_large(const std::string& directory) {
  return {ErrorCode::kTooLarge, directory + " holds more than a web app.",
          "Give --web the directory that the build made."};
}

Error no_app(const std::string& directory) {
  return {ErrorCode::kNotFound, "There is no web app in " + directory + ".",
          "Build it with script/server, or give --web the directory that has its index.html."};
}

}  // namespace

bool accepts_encoding(std::string_view header, std::string_view encoding) {
  return any_of_list(header, [&](std::string_view part) {
    const std::string_view name = trimmed(part.substr(0, part.find(';')));
    const auto q = part.find("q=");
    return name == encoding && (q == std::string_view::npos || !is_zero(trimmed(part.substr(q + 2))));
  });
}

net::Headers WebFiles::page_headers() {
  return {{"Content-Security-Policy", std::string(kPolicy)},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Access-Control-Allow-Origin", "*"},  // nothing here is anybody's secret; other doors compare it
          {"Origin-Agent-Cluster", "?1"},
          {"Permissions-Policy",
           "camera=(self), clipboard-write=(self), geolocation=(), microphone=(), payment=(), usb=()"}};
}

Result<WebFiles> WebFiles::read(const std::string& directory) {
  WebFiles out;
  std::map<std::string, std::string> plain;
  std::map<std::string, std::vector<Form>> compressed;
  std::uint64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, error);
  if (error) return no_app(directory);
  for (; at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (error) return no_app(directory);
    const std::string name = at->path().filename().string();
    if (name.starts_with('.') || at->is_symlink(error)) {
      at.disable_recursion_pending();
      continue;
    }
    if (at.depth() > static_cast<int>(kDepthMax)) return too_large(directory);
    if (!at->is_regular_file(error)) continue;
    bytes += at->file_size(error);
    if (error || bytes > kBytesMax || plain.size() >= kFilesMax) return too_large(directory);
    std::ifstream in(at->path(), std::ios::binary);
    std::string body((std::istreambuf_iterator<char>(in)), {});
    std::string path = "/" + at->path().lexically_relative(directory).generic_string();
    const auto encoding = std::find_if(kEncodings.begin(), kEncodings.end(),
                                       [&](const Encoding& one) { return path.ends_with(one.ending); });
    if (encoding == kEncodings.end()) {
      plain.emplace(std::move(path), std::move(body));
    } else {
      path.resize(path.size() - encoding->ending.size());
      compressed[path].push_back({std::move(body), std::string(encoding->name)});
    }
  }
  for (auto& [path, body] : plain) out.files_.emplace(path, make(path, std::move(body), std::move(compressed[path])));
  if (!out.files_.contains(kIndex)) return no_app(directory);
  out.add_list();
  return out;
}

WebFiles::File WebFiles::make(const std::string& path, std::string body, std::vector<Form> compressed) {
  File out{std::string(type_of(path)), hex_sha256(body), has_hash(path), std::move(compressed)};
  std::sort(out.forms.begin(), out.forms.end(),
            [](const Form& a, const Form& b) { return a.encoding < b.encoding; });  // br, gzip
  out.forms.push_back({std::move(body), {}});
  return out;
}

void WebFiles::add_list() {
  const std::string path(kList);
  if (files_.contains(path)) return;
  Json files = Json::object({});
  for (const auto& [name, file] : files_) files.set(name, file.sha256);
  Json list = Json::object({{"version", 1}});
  list.set("files", std::move(files));
  files_.emplace(path, make(path, list.dump(), {}));
}

const WebFiles::File* WebFiles::find(std::string_view path) const {
  if (const auto at = files_.find(path); at != files_.end()) return &at->second;
  const bool is_route = path.substr(path.rfind('/') + 1).find('.') == std::string_view::npos;
  const auto index = files_.find(kIndex);
  return is_route && index != files_.end() ? &index->second : nullptr;
}

std::optional<net::HttpResponse> WebFiles::answer(const net::HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  const File* file = find(request.path);
  if (file == nullptr) return std::nullopt;
  const std::string_view accepted = request.header("Accept-Encoding");
  const Form& form = *std::find_if(file->forms.begin(), file->forms.end(), [&](const Form& one) {
    return one.encoding.empty() || accepts_encoding(accepted, one.encoding);
  });
  const std::string tag = "\"" + file->sha256.substr(0, 32) + (form.encoding.empty() ? "" : "-") + form.encoding + "\"";
  net::HttpResponse out;
  out.headers = page_headers();
  out.headers.emplace_back("ETag", tag);
  out.headers.emplace_back("Vary", "Accept-Encoding");
  out.headers.emplace_back("Cache-Control", file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (matches(request.header("If-None-Match"), tag)) {
    out.status = 304;
    return out;
  }
  out.content_type = file->type;
  if (!form.encoding.empty()) out.headers.emplace_back("Content-Encoding", form.encoding);
  out.body = form.body;
  return out;
}

std::string WebFiles::shell_hash() const {
  const auto list = files_.find(kList);
  return list == files_.end() ? std::string() : list->second.sha256;
}

}  // namespace kith::node

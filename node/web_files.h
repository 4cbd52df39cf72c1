// SPDX-License-Identifier: Apache-2.0
// The web app as it was built: static files, read once and kept, so that no path of a request ever reaches the file
// system. `app.js.br` and `app.js.gz` beside `app.js` are its compressed forms. What the app's own router knows (paths
// whose last part has no dot) is index.html.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"

namespace kith::node {

class WebFiles {
 public:
  static constexpr std::size_t kFilesMax = 4'000;
  static constexpr std::uint64_t kBytesMax = 64 << 20;
  static constexpr std::size_t kDepthMax = 8;

  /// No files: every answer is none.
  WebFiles() = default;
  /// kNotFound: no such directory, or no index.html in it; kTooLarge: not a web app of ours. Links and hidden files are
  /// left out.
  static Result<WebFiles> read(const std::string& directory);

  bool is_empty() const { return files_.empty(); }
  /// GET and HEAD of what is here; nullopt if this is nothing of ours.
  std::optional<net::HttpResponse> answer(const net::HttpRequest& request) const;
  /// SHA-256 (hex) of /shell.json, which lists every file with its hash: the whole app in one figure. Empty: no files.
  std::string shell_hash() const;

  /// What every answer for a page carries: nothing but our own origin, scripts through Trusted Types only; connections
  /// to anywhere, because a page dials other houses and compares what they serve.
  static net::Headers page_headers();

 private:
  /// A build without a list of its files gets one.
  void add_list();
  struct Form {
    std::string body;
    std::string encoding;  // of HTTP; empty: as it is
  };
  struct File {
    std::string type;
    std::string sha256;
    bool is_immutable = false;  // its name has a hash of it
    std::vector<Form> forms;    // the best first; the last one is plain
  };

  static File make(const std::string& path, std::string body, std::vector<Form> compressed);
  const File* find(std::string_view path) const;
  std::map<std::string, File, std::less<>> files_;
};

/// What `Accept-Encoding` says of an encoding: taken, or not (q=0, or not named).
bool accepts_encoding(std::string_view header, std::string_view encoding);

}  // namespace kith::node

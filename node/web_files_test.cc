// SPDX-License-Identifier: Apache-2.0
#include "node/web_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "crypto/noise_primitives.h"
#include "kith/json.h"

namespace kith::node {
namespace {

namespace fs = std::filesystem;

class WebFilesTest : public ::testing::Test {
 protected:
  WebFilesTest() : directory_("/tmp/kith-web-" + std::to_string(::getpid())) {
    fs::remove_all(directory_);
    write("index.html", "<!doctype html>");
    write("sw.js", "worker");
    write("assets/app-0a1b2c3d.js", "script");
    write("assets/app-0a1b2c3d.js.br", "br of script");
    write("assets/app-0a1b2c3d.js.gz", "gz of script");
    write("assets/plain.css", "style");
    write("kith.wasm", std::string("\0asm", 4));
    write(".hidden", "not for anybody");
    write("../kith-web-secret-" + std::to_string(::getpid()), "secret");
    fs::create_symlink("../kith-web-secret-" + std::to_string(::getpid()), directory_ / "link.txt");
  }
  ~WebFilesTest() override {
    fs::remove_all(directory_);
    fs::remove("/tmp/kith-web-secret-" + std::to_string(::getpid()));
  }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }
  WebFiles read() { return std::move(WebFiles::read(directory_.string())).value(); }

  static std::optional<net::HttpResponse> get(const WebFiles& files, const std::string& path,
                                              net::Headers headers = {}) {
    net::HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.headers = std::move(headers);
    return files.answer(request);
  }
  static std::string header(const net::HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  fs::path directory_;
};

TEST_F(WebFilesTest, files_have_their_type_and_the_right_age) {
  const WebFiles files = read();
  const auto script = *get(files, "/assets/app-0a1b2c3d.js");
  EXPECT_EQ(script.body, "script");
  EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(header(script, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(get(files, "/kith.wasm")->content_type, "application/wasm");
  for (const char* path : {"/", "/index.html", "/sw.js", "/kith.wasm", "/assets/plain.css"}) {
    EXPECT_EQ(header(*get(files, path), "Cache-Control"), "no-cache") << path;
  }
}

TEST_F(WebFilesTest, the_best_form_that_is_accepted_is_sent) {
  const WebFiles files = read();
  const std::string path = "/assets/app-0a1b2c3d.js";
  const auto encoded = [&](const char* accept) { return *get(files, path, {{"accept-encoding", accept}}); };
  EXPECT_EQ(encoded("gzip, deflate, br").body, "br of script");
  EXPECT_EQ(header(encoded("gzip, deflate, br"), "Content-Encoding"), "br");
  EXPECT_EQ(encoded("gzip;q=1.0, br;q=0").body, "gz of script");
  EXPECT_EQ(encoded("gzip;q=0.000,br; q=0").body, "script");
  EXPECT_EQ(encoded("brotli").body, "script");
  EXPECT_EQ(encoded("").body, "script");
  EXPECT_EQ(header(encoded(""), "Content-Encoding"), "");
  EXPECT_EQ(header(encoded(""), "Vary"), "Accept-Encoding");
}

TEST_F(WebFilesTest, a_tag_names_one_form_and_spares_its_bytes) {
  const WebFiles files = read();
  const std::string path = "/assets/app-0a1b2c3d.js";
  const std::string plain = header(*get(files, path), "ETag");
  const std::string br = header(*get(files, path, {{"Accept-Encoding", "br"}}), "ETag");
  EXPECT_NE(plain, br);
  EXPECT_FALSE(plain.starts_with("W/"));
  for (const std::string& sent : {plain, "\"x\", " + plain, std::string("*"), "W/" + plain}) {
    const auto same = *get(files, path, {{"If-None-Match", sent}});
    EXPECT_EQ(same.status, 304) << sent;
    EXPECT_TRUE(same.body.empty());
    EXPECT_EQ(header(same, "ETag"), plain);
  }
  EXPECT_EQ(get(files, path, {{"If-None-Match", br}})->status, 200);
}

TEST_F(WebFilesTest, what_the_router_knows_is_the_index_and_what_is_missing_is_none) {
  const WebFiles files = read();
  for (const char* route : {"/", "/i", "/t/0192", "/market/new", "/people/ab"}) {
    EXPECT_EQ(get(files, route)->body, "<!doctype html>") << route;
  }
  for (const char* path :
       {"/assets/app-ffffffff.js", "/favicon.ico", "/.hidden", "/link.txt", "/assets/app-0a1b2c3d.js.br"}) {
    EXPECT_FALSE(get(files, path).has_value()) << path;
  }
  net::HttpRequest post;
  post.method = "POST";
  post.path = "/";
  EXPECT_FALSE(files.answer(post).has_value());
}

TEST_F(WebFilesTest, pages_may_do_nothing_but_run_themselves_and_dial) {
  const auto page = *get(read(), "/");
  const std::string policy = header(page, "Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("require-trusted-types-for 'script'"), std::string::npos);
  EXPECT_NE(policy.find("connect-src 'self' http: https: ws: wss:;"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe-inline"), std::string::npos);
  EXPECT_EQ(policy.find("'unsafe-eval'"), std::string::npos);
  EXPECT_EQ(header(page, "X-Content-Type-Options"), "nosniff");
}

// Whatever is asked, only what was read at the start comes back.
TEST_F(WebFilesTest, no_path_leads_out_of_the_directory) {
  const WebFiles files = read();
  std::mt19937 random(1);
  const std::vector<std::string> parts{"..",
                                       ".",
                                       "/",
                                       "//",
                                       "%2e",
                                       "\\",
                                       "assets",
                                       "link.txt",
                                       ".hidden",
                                       "index.html",
                                       std::string(1, '\0'),
                                       "etc",
                                       "passwd",
                                       "kith-web-secret",
                                       ".br",
                                       "\xff"};
  for (int i = 0; i < 20'000; ++i) {
    std::string path = "/";
    for (auto n = random() % 8; n > 0; --n) path += parts[random() % parts.size()] + (random() % 2 ? "/" : "");
    const auto answer = get(files, path);
    if (!answer) continue;
    EXPECT_EQ(answer->body.find("secret"), std::string::npos) << path;
    EXPECT_EQ(answer->body.find("not for anybody"), std::string::npos) << path;
  }
}

TEST_F(WebFilesTest, the_list_has_every_file_and_its_hash_is_the_whole) {
  const WebFiles files = read();
  const std::string list = get(files, "/shell.json")->body;
  EXPECT_EQ(files.shell_hash(), to_hex(crypto::sha256({as_bytes(list)}).view()));
  const auto json = std::move(Json::parse(list)).value();
  EXPECT_EQ(json.at("files").at("/sw.js").text(), to_hex(crypto::sha256({as_bytes("worker")}).view()));
  EXPECT_TRUE(json.at("files").at("/assets/app-0a1b2c3d.js.br").is_null());
  write("shell.json", "from the build");
  EXPECT_EQ(get(read(), "/shell.json")->body, "from the build");
  write("sw.js", "another");
  write("shell.json", "");
  EXPECT_NE(read().shell_hash(), files.shell_hash());
}

TEST_F(WebFilesTest, a_directory_without_an_app_is_said) {
  fs::remove(directory_ / "index.html");
  EXPECT_EQ(WebFiles::read(directory_.string()).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(WebFiles::read("/nowhere").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace kith::node

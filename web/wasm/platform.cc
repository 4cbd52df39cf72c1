// SPDX-License-Identifier: Apache-2.0
#include "web/wasm/platform.h"

#include "web/wasm/imports.h"

namespace kith::wasm {
namespace {

constexpr int kNotFound = -1;
constexpr int kFull = -2;

Error error_of(int code, std::string_view name) {
  if (code == kNotFound) return {ErrorCode::kNotFound, "There is no file " + std::string(name) + "."};
  if (code == kFull) {
    return {ErrorCode::kDiskFull, "The browser has no more room for this app.",
            "Free some space on this device; nothing of this write was kept."};
  }
  return {ErrorCode::kIo, "The browser could not read or write " + std::string(name) + ".", "Load the page again."};
}

class BrowserFile final : public File {
 public:
  BrowserFile(int file, std::string name) : file_(file), name_(std::move(name)) {}
  ~BrowserFile() override { kith_import_file_close(file_); }
  BrowserFile(const BrowserFile&) = delete;
  BrowserFile& operator=(const BrowserFile&) = delete;

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    const int got = kith_import_file_read(file_, static_cast<double>(offset), out.data(), out.size());
    if (got < 0) return error_of(got, name_);
    return static_cast<std::size_t>(got);
  }
  Result<void> write_at(std::uint64_t offset, ByteView data) override {
    return check(kith_import_file_write(file_, static_cast<double>(offset), data.data(), data.size()));
  }
  Result<void> truncate(std::uint64_t size) override {
    return check(kith_import_file_truncate(file_, static_cast<double>(size)));
  }
  Result<void> sync() override { return check(kith_import_file_sync(file_)); }
  Result<std::uint64_t> size() override {
    const double got = kith_import_file_size(file_);
    if (got < 0) return error_of(static_cast<int>(got), name_);
    return static_cast<std::uint64_t>(got);
  }

 private:
  Result<void> check(int code) const {
    if (code < 0) return error_of(code, name_);
    return {};
  }
  int file_;
  std::string name_;
};

bool is_this_machine(const std::string& url) {
  const std::string_view rest = std::string_view(url).substr(url.find("//") + 2);
  return rest.starts_with("localhost:") || rest.starts_with("127.") || rest.starts_with("[::1]");
}

}  // namespace

std::uint64_t BrowserClock::wall_ms() {
  return static_cast<std::uint64_t>(kith_import_wall_ms());
}

std::uint64_t BrowserClock::steady_ms() {
  return static_cast<std::uint64_t>(kith_import_steady_ms());
}

void BrowserRandom::fill(std::span<std::uint8_t> out) {
  kith_import_random(out.data(), out.size());
}

Result<std::unique_ptr<File>> BrowserFiles::open(std::string_view name, bool create) {
  const int file = kith_import_file_open(name.data(), name.size(), create ? 1 : 0);
  if (file < 0) return error_of(file, name);
  return std::unique_ptr<File>(new BrowserFile(file, std::string(name)));
}

Result<void> BrowserFiles::remove(std::string_view name) {
  const int code = kith_import_file_remove(name.data(), name.size());
  if (code < 0 && code != kNotFound) return error_of(code, name);
  return {};
}

bool BrowserFiles::exists(std::string_view name) {
  return kith_import_file_exists(name.data(), name.size()) != 0;
}

Result<void> BrowserFiles::rename(std::string_view from, std::string_view to) {
  const int code = kith_import_file_rename(from.data(), from.size(), to.data(), to.size());
  if (code < 0) return error_of(code, from);
  return {};
}

std::uint64_t BrowserFiles::bytes() {
  return static_cast<std::uint64_t>(kith_import_file_bytes());
}

class BrowserDialer::OpenSocket final : public replica::Socket {
 public:
  OpenSocket(BrowserDialer& dialer, int handle) : dialer_(dialer), handle_(handle) {}
  ~OpenSocket() override {
    dialer_.users_.erase(handle_);
    kith_import_socket_close(handle_);
  }
  OpenSocket(const OpenSocket&) = delete;
  OpenSocket& operator=(const OpenSocket&) = delete;
  void send(ByteView bytes) override { kith_import_socket_send(handle_, bytes.data(), bytes.size()); }
  std::size_t unsent() const override { return static_cast<std::size_t>(kith_import_socket_unsent(handle_)); }

 private:
  BrowserDialer& dialer_;
  int handle_;
};

bool BrowserDialer::can_dial(const p2p::Multiaddr& address) const {
  const auto url = replica::web_socket_url(address);
  return url.ok() && (!is_secure_ || url->starts_with("wss:") || is_this_machine(*url));
}

Result<std::unique_ptr<replica::Socket>> BrowserDialer::dial(const p2p::Multiaddr& address, replica::SocketUser& user) {
  const std::string url = KITH_TRY(replica::web_socket_url(address));
  const int handle = kith_import_socket_open(url.data(), url.size());
  if (handle < 0) {
    return Error(ErrorCode::kUnreachable, "The browser refuses to open " + url + ".",
                 "Another of the neighbourhood's addresses may do.");
  }
  users_[handle] = &user;
  return std::unique_ptr<replica::Socket>(new OpenSocket(*this, handle));
}

replica::SocketUser* BrowserDialer::user_of(int handle) const {
  const auto at = users_.find(handle);
  return at == users_.end() ? nullptr : at->second;
}

void BrowserDialer::opened(int handle) {
  if (auto* user = user_of(handle)) user->opened();
}

void BrowserDialer::received(int handle, ByteView bytes) {
  if (auto* user = user_of(handle)) user->received(bytes);
}

void BrowserDialer::closed(int handle) {
  if (auto* user = user_of(handle)) user->closed();
}

}  // namespace kith::wasm

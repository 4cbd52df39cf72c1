// SPDX-License-Identifier: Apache-2.0
// What the engine is handed in a browser, over the imports of src/core.ts: time, randomness, files, WebSockets.
#pragma once

#include <map>

#include "base/environment.h"
#include "replica/socket.h"

namespace kith::wasm {

class BrowserClock final : public Clock {
 public:
  std::uint64_t wall_ms() override;
  std::uint64_t steady_ms() override;
};

class BrowserRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

/// One origin's files (src/storage.ts).
class BrowserFiles final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(std::string_view name, bool create) override;
  Result<void> remove(std::string_view name) override;
  bool exists(std::string_view name) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  /// What all files take.
  static std::uint64_t bytes();
};

class BrowserDialer final : public replica::Dialer {
 public:
  /// A page that came over https may open plain WebSockets to this machine alone.
  explicit BrowserDialer(bool is_secure) : is_secure_(is_secure) {}
  bool can_dial(const p2p::Multiaddr& address) const override;
  Result<std::unique_ptr<replica::Socket>> dial(const p2p::Multiaddr& address, replica::SocketUser& user) override;

  // What the worker tells of a socket; nothing, if it has been closed here.
  void opened(int handle);
  void received(int handle, ByteView bytes);
  void closed(int handle);

 private:
  class OpenSocket;
  replica::SocketUser* user_of(int handle) const;

  bool is_secure_;
  std::map<int, replica::SocketUser*> users_;
};

}  // namespace kith::wasm

// SPDX-License-Identifier: Apache-2.0
// WebSockets (RFC 6455) as channels: binary messages whose boundaries mean nothing, no extension, with or without TLS
// below. Text messages and messages over kMessageBytesMax end the channel.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/http.h"
#include "net/tcp.h"

namespace kith::net {

inline constexpr std::size_t kMessageBytesMax = 1 << 20;
/// For TLS of a dialer, and for the upgrade.
inline constexpr std::uint64_t kUpgradeMsMax = 10'000;

struct WebSocketTarget {
  std::string host;  // with the port, as in HTTP's Host
  std::string path;
  bool is_tls = false;
  std::string server_name;  // for TLS; empty: none is sent
};

/// The dialer's side, on a connected socket. Ends with the object: nobody is called any more. The certificate is not
/// judged: Noise proves who answers, and a house on a LAN has no name that anybody would certify.
class WebSocketConnect {
 public:
  using Done = std::function<void(Result<std::unique_ptr<Channel>>)>;
  /// `on_tls`: TLS stands, where there is one. Errors: kPeerProtocol (no WebSocket there), kClosed, kTimeout.
  WebSocketConnect(Loop& loop, Socket socket, const WebSocketTarget& target, std::function<void()> on_tls, Done done);
  ~WebSocketConnect();

  class Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

using AcceptDone = std::function<void(std::unique_ptr<Channel>)>;
/// Ends what is under way; may be called at any time.
using Cancel = std::function<void()>;
/// The listener's side, once a request to upgrade has been read. `done` gets null if nothing comes of it.
Cancel accept_web_socket(Loop& loop, Socket socket, const HttpRequest& request, AcceptDone done);

}  // namespace kith::net

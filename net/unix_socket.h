// SPDX-License-Identifier: Apache-2.0
// Unix sockets: only this user may connect (mode 0600), and a socket file that a dead process left behind is replaced.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kith/result.h"
#include "net/channel.h"

namespace kith::net {

/// A listening descriptor at `path`. kExists if somebody listens there, kUsage if the path is too long for a socket.
Result<int> listen_unix(const std::string& path);
/// kUnreachable if nobody listens there.
Result<int> connect_unix(const std::string& path);
Result<std::unique_ptr<Channel>> dial_unix(Loop& loop, const std::string& path);

class UnixListener {
 public:
  static constexpr int kAcceptedMax = 64;  // channels waiting to be accepted

  static Result<std::unique_ptr<UnixListener>> open(Loop& loop, const std::string& path,
                                                    std::function<void(std::unique_ptr<Channel>)> on_accept);
  /// Removes the socket file.
  ~UnixListener();

 private:
  struct Impl;
  explicit UnixListener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace kith::net

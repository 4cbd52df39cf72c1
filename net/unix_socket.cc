// SPDX-License-Identifier: Apache-2.0
#include "net/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>

#include "net/asio.h"

namespace kith::net {
namespace {

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error(ErrorCode::kUsage,
                 "The path \"" + path + "\" is too long for a socket (" + std::to_string(sizeof address.sun_path - 1) +
                     " characters at most).",
                 "Choose a shorter --home.");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Error system_error(const std::string& what) {
  return {errno == EACCES ? ErrorCode::kPermission : ErrorCode::kIo, what + ": " + std::strerror(errno) + ".",
          "Check that the directory exists and is yours."};
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result<int> open_unix_socket() {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return system_error("A socket could not be opened");
  return fd;
}

}  // namespace

Result<int> connect_unix(const std::string& path) {
  const sockaddr_un address = KITH_TRY(unix_address(path));
  const int fd = KITH_TRY(open_unix_socket());
  if (::connect(fd, generic(address), sizeof address) == 0) return fd;
  const int reason = errno;
  ::close(fd);
  if (reason == EACCES) {
    return Error(ErrorCode::kPermission, "The socket " + path + " belongs to another user.",
                 "Ask its owner, or use --via with a command that runs as them.");
  }
  return Error(ErrorCode::kUnreachable, "Nobody listens at " + path + ".", "Start the node there with `kith serve`.");
}

Result<int> listen_unix(const std::string& path) {
  const sockaddr_un address = KITH_TRY(unix_address(path));
  if (const auto somebody = connect_unix(path); somebody.ok()) {
    ::close(*somebody);
    return Error(ErrorCode::kExists, "Another process listens at " + path + ".", "Stop it, or use another --home.");
  }
  struct stat old{};
  if (::lstat(path.c_str(), &old) == 0) {
    if (!S_ISSOCK(old.st_mode)) return Error(ErrorCode::kExists, path + " is there and is no socket.", "Move it away.");
    ::unlink(path.c_str());
  }
  const int fd = KITH_TRY(open_unix_socket());
  // The mode must hold from the first moment, so it comes from the umask and not from a later chmod.
  const mode_t before = ::umask(0177);
  const bool is_bound =
      ::bind(fd, generic(address), sizeof address) == 0 && ::listen(fd, UnixListener::kAcceptedMax) == 0;
  ::umask(before);
  if (is_bound) return fd;
  Error error = system_error("The socket " + path + " could not be opened");
  ::close(fd);
  return error;
}

Result<std::unique_ptr<Channel>> dial_unix(Loop& loop, const std::string& path) {
  const int fd = KITH_TRY(connect_unix(path));
  return make_channel(loop, fd, fd);
}

struct UnixListener::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& on, int fd, std::string at)
      : loop(on), acceptor(on.impl().context, asio::local::stream_protocol(), fd), path(std::move(at)) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](const boost::system::error_code& error,
                                                      asio::local::stream_protocol::socket socket) {
      if (error == asio::error::operation_aborted || !self->on_accept) return;
      if (!error) {
        const int fd = socket.release();
        self->on_accept(make_channel(self->loop, fd, fd));
      }
      self->accept();
    });
  }

  Loop& loop;
  asio::local::stream_protocol::acceptor acceptor;
  std::string path;
  std::function<void(std::unique_ptr<Channel>)> on_accept;
};

Result<std::unique_ptr<UnixListener>> UnixListener::open(Loop& loop, const std::string& path,
                                                         std::function<void(std::unique_ptr<Channel>)> on_accept) {
  const int fd = KITH_TRY(listen_unix(path));
  auto impl = std::make_shared<Impl>(loop, fd, path);
  impl->on_accept = std::move(on_accept);
  impl->accept();
  return std::unique_ptr<UnixListener>(new UnixListener(std::move(impl)));
}

UnixListener::UnixListener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

UnixListener::~UnixListener() {
  impl_->on_accept = nullptr;
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  ::unlink(impl_->path.c_str());
}

}  // namespace kith::net

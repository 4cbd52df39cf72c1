// SPDX-License-Identifier: Apache-2.0
#include "net/tcp.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>

#include "net/asio.h"

namespace kith::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when the process has no descriptors left

Endpoint plain(const tcp::endpoint& from) {
  Endpoint out;
  out.port = from.port();
  if (from.address().is_v4()) {
    const auto ip = from.address().to_v4().to_bytes();
    out.ip.assign(ip.begin(), ip.end());
  } else {
    const auto ip = from.address().to_v6().to_bytes();
    out.ip.assign(ip.begin(), ip.end());
    out.interface = from.address().to_v6().scope_id();
  }
  return out;
}

tcp::endpoint system_endpoint(const Endpoint& from) {
  if (from.is_ip4()) {
    asio::ip::address_v4::bytes_type ip;
    std::copy(from.ip.begin(), from.ip.end(), ip.begin());
    return {asio::ip::address_v4(ip), from.port};
  }
  asio::ip::address_v6::bytes_type ip;
  std::copy(from.ip.begin(), from.ip.end(), ip.begin());
  return {asio::ip::address_v6(ip, from.interface), from.port};
}

Endpoint endpoint_of(int fd, int (*ask)(int, sockaddr*, socklen_t*)) {
  tcp::endpoint out;
  auto size = static_cast<socklen_t>(out.capacity());
  if (ask(fd, out.data(), &size) != 0) return Endpoint{Bytes(4), 0, 0};
  out.resize(size);
  return plain(out);
}

Error listen_error(const Endpoint& at, const error_code& error) {
  if (error == asio::error::address_in_use) {
    return {ErrorCode::kPortInUse, "Port " + std::to_string(at.port) + " on this machine is in use.",
            "Choose another with --port, or stop the program that uses it."};
  }
  if (error == asio::error::access_denied) {
    return {ErrorCode::kPermission, "Port " + std::to_string(at.port) + " is reserved for the system.",
            "Choose one above 1023 with --port."};
  }
  return {ErrorCode::kUsage, "This machine cannot listen at " + at.text() + ": " + error.message() + ".",
          "Choose another address with --listen, or another port with --port."};
}

/// Small frames must not wait for the acknowledgement of those before, nor behind what the system would gladly take
/// without being able to send it.
void set_no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int unsent_bytes_max = 128 << 10;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes_max, sizeof unsent_bytes_max);
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Endpoint local_endpoint(int fd) {
  return endpoint_of(fd, ::getsockname);
}

Endpoint remote_endpoint(int fd) {
  return endpoint_of(fd, ::getpeername);
}

std::unique_ptr<Channel> make_channel(Loop& loop, Socket socket) {
  const int fd = socket.release();
  return make_channel(loop, fd, fd);
}

// --- listening ---

struct TcpListener::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& loop, OnAccept accepted)
      : acceptor(loop.impl().context), pause(loop.impl().context), on_accept(std::move(accepted)) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !self->on_accept) return;
      if (error) return self->accept_later();
      error_code failed;
      const auto remote = plain(socket.remote_endpoint(failed));
      Socket taken(socket.release());
      set_no_delay(taken.fd());
      if (!failed) self->on_accept(std::move(taken), remote);
      if (self->on_accept) self->accept();
    });
  }

  void accept_later() {
    pause.expires_after(kAcceptPause);
    pause.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && self->on_accept) self->accept();
    });
  }

  tcp::acceptor acceptor;
  asio::steady_timer pause;
  OnAccept on_accept;
};

Result<std::unique_ptr<TcpListener>> TcpListener::open(Loop& loop, const Endpoint& at, OnAccept on_accept) {
  auto impl = std::make_shared<Impl>(loop, std::move(on_accept));
  const tcp::endpoint here = system_endpoint(at);
  error_code error;
  impl->acceptor.open(here.protocol(), error);
  if (!error) impl->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && !at.is_ip4()) impl->acceptor.set_option(asio::ip::v6_only{true}, error);
  if (!error) impl->acceptor.bind(here, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return listen_error(at, error);
  auto taken = plain(impl->acceptor.local_endpoint(error));
  impl->accept();
  return std::unique_ptr<TcpListener>(new TcpListener(std::move(impl), std::move(taken)));
}

TcpListener::TcpListener(std::shared_ptr<Impl> impl, Endpoint endpoint)
    : impl_(std::move(impl)), endpoint_(std::move(endpoint)) {}

TcpListener::~TcpListener() {
  impl_->on_accept = nullptr;
  impl_->pause.cancel();
  error_code ignored;
  impl_->acceptor.close(ignored);
}

// --- connecting ---

struct TcpConnect::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& loop, Done on_done) : socket(loop.impl().context), done(std::move(on_done)) {}

  void start(const Endpoint& to) {
    socket.async_connect(system_endpoint(to), [self = shared_from_this(), text = to.text()](const error_code& error) {
      if (!self->done) return;
      const Done on_done = std::exchange(self->done, nullptr);
      if (error) {
        return on_done(Error(ErrorCode::kUnreachable, "Nobody answers at " + text + ": " + error.message() + ".",
                             "Check that the other house is switched on and runs `kith serve`, and that no firewall "
                             "is between."));
      }
      set_no_delay(self->socket.native_handle());
      on_done(Socket(self->socket.release()));
    });
  }

  tcp::socket socket;
  Done done;
};

TcpConnect::TcpConnect(Loop& loop, const Endpoint& to, Done done)
    : impl_(std::make_shared<Impl>(loop, std::move(done))) {
  impl_->start(to);
}

TcpConnect::~TcpConnect() {
  impl_->done = nullptr;
  error_code ignored;
  impl_->socket.close(ignored);
}

// --- names ---

struct Resolve::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& loop, Done on_done) : resolver(loop.impl().context), done(std::move(on_done)) {}

  void start(const std::string& name, std::uint16_t port, Family family) {
    const auto finished = [self = shared_from_this(), name](const error_code& error, const auto& results) {
      if (!self->done) return;
      const Done on_done = std::exchange(self->done, nullptr);
      std::vector<Endpoint> out;
      for (const auto& one : results) {
        if (out.size() < kAddressesMax) out.push_back(plain(one.endpoint()));
      }
      if (!error && !out.empty()) return on_done(std::move(out));
      on_done(Error(ErrorCode::kUnreachable, "The name " + name + " leads nowhere: " + error.message() + ".",
                    "Check its spelling, or give the IP address."));
    };
    const std::string service = std::to_string(port);
    switch (family) {
      case Family::kAny: return resolver.async_resolve(name, service, finished);
      case Family::kIp4: return resolver.async_resolve(tcp::v4(), name, service, finished);
      case Family::kIp6: return resolver.async_resolve(tcp::v6(), name, service, finished);
    }
  }

  tcp::resolver resolver;
  Done done;
};

Resolve::Resolve(Loop& loop, const std::string& name, std::uint16_t port, Family family, Done done)
    : impl_(std::make_shared<Impl>(loop, std::move(done))) {
  impl_->start(name, port, family);
}

Resolve::~Resolve() {
  impl_->done = nullptr;
  impl_->resolver.cancel();
}

}  // namespace kith::net

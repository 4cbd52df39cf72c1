// SPDX-License-Identifier: Apache-2.0
#include "link.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "base/check.h"

namespace kith::interop {

namespace {

constexpr std::uint64_t kStepMsMax = 50;
constexpr std::uint64_t kAnswerMsMax = 300'000;  // only so that nothing hangs for ever
constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kInboundStreamsMax = 128;  // more than in earnest: js is to open a hundred at once

crypto::SigningKey fixed_key() {
  crypto::Key seed;
  seed.data.fill(0x11);
  return crypto::SigningKey::from_seed(seed);
}

std::uint64_t now_ms() {
  return SystemClock().steady_ms();
}

}  // namespace

std::uint64_t SystemClock::wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::uint64_t SystemClock::steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  CHECK(getrandom(out.data(), out.size(), 0) == static_cast<ssize_t>(out.size()));
}

Link::Link(int fd, const p2p::Host& host, p2p::ConnectionOptions options)
    : fd_(fd), connection_(std::make_unique<p2p::Connection>(host, std::move(options), clock_, random_)) {
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Link::~Link() {
  close(fd_);
}

void Link::readable() {
  Bytes buffer(kReadBytes);
  const ssize_t n = recv(fd_, buffer.data(), buffer.size(), 0);
  if (n > 0) return connection_->receive(ByteView(buffer).first(static_cast<std::size_t>(n)));
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  is_gone_ = true;
  connection_->abort();
}

void Link::tick() {
  connection_->tick();
  if (connection_->is_closed() && !wants_write()) shutdown(fd_, SHUT_WR);
}

void Link::writable() {
  if (unsent_.empty()) connection_->take_output(unsent_, 256 << 10);
  const ssize_t n = send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (n > 0) unsent_.erase(unsent_.begin(), unsent_.begin() + n);
  if (n < 0 && errno != EAGAIN && errno != EINTR) unsent_.clear(), is_gone_ = true;
}

Node::Node(bool early_muxer)
    : key_(fixed_key()),
      identity_(key_, random_),
      host_{identity_, "kith-interop/1", {}, {}},
      early_muxer_(early_muxer) {
  listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof any;
  CHECK(bind(listening_, reinterpret_cast<sockaddr*>(&any), size) == 0 && listen(listening_, 16) == 0);
  CHECK(getsockname(listening_, reinterpret_cast<sockaddr*>(&any), &size) == 0);
  port_ = ntohs(any.sin_port);
}

Node::~Node() {
  close(listening_);
}

std::string Node::address() const {
  return "/ip4/127.0.0.1/tcp/" + std::to_string(port_) + "/p2p/" + id().text();
}

int connect_tcp(const p2p::Multiaddr& address) {
  const auto parts = address.components();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  std::memcpy(&to.sin_addr, parts[0].value.data(), 4);
  std::memcpy(&to.sin_port, parts[1].value.data(), 2);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

Link& Node::dial(const std::string& address, std::optional<p2p::PeerId> expected) {
  const auto multiaddr = p2p::Multiaddr::parse(address).value();
  const int fd = connect_tcp(multiaddr);
  p2p::ConnectionOptions options{.role = p2p::Role::kDialer,
                                 .expected = expected ? expected : multiaddr.peer(),
                                 .early_muxer = early_muxer_,
                                 .remote_address = multiaddr};
  return *dialed_.emplace_back(std::make_unique<Link>(fd, host_, std::move(options)));
}

void Node::accept() {
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const int fd = accept4(listening_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
  if (fd < 0) return;
  const auto* ip = reinterpret_cast<const std::uint8_t*>(&from.sin_addr);
  p2p::ConnectionOptions options{.role = p2p::Role::kListener,
                                 .early_muxer = early_muxer_,
                                 .remote_address = p2p::Multiaddr::of_tcp({ip, 4}, ntohs(from.sin_port)),
                                 .limits = {.inbound_streams_max = kInboundStreamsMax}};
  accepted_.push_back(std::make_unique<Link>(fd, host_, std::move(options)));
}

void Node::step() {
  std::vector<pollfd> fds = {{.fd = listening_, .events = POLLIN, .revents = 0}};
  std::vector<Link*> links;
  for (auto* list : {&dialed_, &accepted_}) {
    for (auto& link : *list) {
      if (link->is_gone()) continue;
      link->tick();
      const short events = static_cast<short>(POLLIN | (link->wants_write() ? POLLOUT : 0));
      fds.push_back({.fd = link->fd(), .events = events, .revents = 0});
      links.push_back(link.get());
    }
  }
  if (js_fd_ >= 0) fds.push_back({.fd = js_fd_, .events = POLLIN, .revents = 0});
  poll(fds.data(), fds.size(), kStepMsMax);
  if ((fds[0].revents & POLLIN) != 0) accept();
  for (std::size_t i = 0; i < links.size(); ++i) {
    if ((fds[i + 1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) links[i]->readable();
    if ((fds[i + 1].revents & POLLOUT) != 0) links[i]->writable();
  }
}

bool Node::run_until(const std::function<bool()>& is_done, Child* js) {
  js_fd_ = js ? js->output_fd() : -1;
  const std::uint64_t end = now_ms() + kAnswerMsMax;
  while (!is_done()) {
    if (now_ms() >= end) return false;
    step();
  }
  return true;
}

Json Node::ask(Child& js, const std::string& command) {
  js.say(command);
  std::optional<std::string> line;
  CHECK(run_until([&] { return (line = js.take_line()).has_value(); }, &js));
  return Json::parse(*line);
}

}  // namespace kith::interop

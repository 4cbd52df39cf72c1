// SPDX-License-Identifier: Apache-2.0
#include "net/mdns.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>

#include "net/asio.h"

namespace kith::net {
namespace {

using boost::system::error_code;

constexpr int kTtl = 255;
constexpr int kPacketsPerTurnMax = 32;  // then others have their turn
constexpr std::size_t kInterfacesMax = 16;

template <typename T>
bool set(int fd, int level, int name, const T& value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

sockaddr_in address_of(const std::array<std::uint8_t, 4>& ip) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(p2p::kMdnsPort);
  std::memcpy(&out.sin_addr, ip.data(), ip.size());
  return out;
}

/// -1: not now.
int open_socket() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // Other programs of this machine answer there, too.
  const sockaddr_in any = address_of({});
  const bool is_fine = set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
                       set(fd, IPPROTO_IP, IP_MULTICAST_TTL, kTtl) && set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1) &&
                       ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
  if (is_fine) return fd;
  ::close(fd);
  return -1;
}

ip_mreqn group_on(std::uint32_t interface) {
  ip_mreqn out{};
  std::memcpy(&out.imr_multiaddr, p2p::kMdnsGroup.data(), p2p::kMdnsGroup.size());
  out.imr_ifindex = static_cast<int>(interface);
  return out;
}

}  // namespace

struct Mdns::Impl : std::enable_shared_from_this<Mdns::Impl> {
  Impl(Loop& loop, Clock& on, Random& random, const p2p::PeerId& id, Mdns::Events call)
      : clock(on),
        own(id),
        name(p2p::make_mdns_name(random)),
        events(std::move(call)),
        socket(loop.impl().context),
        ask_timer(loop.impl().context) {}

  bool open() {
    if (socket.is_open()) return true;
    const int fd = open_socket();
    if (fd < 0) return false;
    error_code error;
    socket.assign(fd, error);
    if (error) {
      ::close(fd);
      return false;
    }
    joined.clear();
    wait();
    return true;
  }

  void wait() {
    socket.async_wait(asio::posix::stream_descriptor::wait_read, [weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!self || !self->socket.is_open()) return;
      if (error) return self->close();
      self->read();
    });
  }

  void close() {
    error_code ignored;
    socket.close(ignored);
    joined.clear();
  }

  void read() {
    for (int i = 0; i < kPacketsPerTurnMax; ++i) {
      std::array<std::uint8_t, p2p::kMdnsReadBytesMax> packet;
      const ssize_t n = ::recv(socket.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT);
      // An interface that went away is told here; it says nothing about the others.
      if (n < 0) break;
      if (const auto message = p2p::decode_mdns(ByteView(packet).first(static_cast<std::size_t>(n)))) take(*message);
    }
    wait();
  }

  void take(const p2p::MdnsMessage& message) {
    if (message.asks) answer();
    if (message.peer && *message.peer != own && events.on_found) events.on_found(*message.peer, message.addresses);
  }

  void answer() {
    const std::uint64_t now = clock.steady_ms();
    if (now < next_answer_ms) return;
    next_answer_ms = now + kAnswerMs;
    const auto addresses = events.addresses();
    if (!addresses.empty()) send(p2p::encode_mdns_answer(name, own, addresses));
  }

  void send(ByteView packet) {
    const sockaddr_in to = address_of(p2p::kMdnsGroup);
    for (const std::uint32_t interface : joined) {
      const ip_mreqn through = group_on(interface);
      if (!set(socket.native_handle(), IPPROTO_IP, IP_MULTICAST_IF, through)) continue;
      // What is lost is asked for again.
      static_cast<void>(::sendto(socket.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT,
                                 reinterpret_cast<const sockaddr*>(&to), sizeof to));
    }
  }

  void update(const std::vector<InterfaceAddress>& interfaces) {
    if (!open()) return;
    std::vector<std::uint32_t> wanted;
    for (const InterfaceAddress& one : interfaces) {
      const bool is_usable = one.ip.size() == 4 && one.has_multicast && wanted.size() < kInterfacesMax;
      if (is_usable && std::find(wanted.begin(), wanted.end(), one.index) == wanted.end()) wanted.push_back(one.index);
    }
    std::erase_if(joined,
                  [&](std::uint32_t index) { return std::find(wanted.begin(), wanted.end(), index) == wanted.end(); });
    bool is_new = false;
    for (const std::uint32_t index : wanted) {
      if (std::find(joined.begin(), joined.end(), index) != joined.end()) continue;
      const bool is_in = set(socket.native_handle(), IPPROTO_IP, IP_ADD_MEMBERSHIP, group_on(index)) ||
                         errno == EADDRINUSE;  // an interface that came back under its old number
      if (is_in) joined.push_back(index);
      is_new = is_new || is_in;
    }
    if (is_new) {
      ask_ms = kFirstAskMs;
      ask();
    }
  }

  void ask() {
    if (!socket.is_open()) return;
    send(p2p::encode_mdns_query());
    ask_timer.expires_after(std::chrono::milliseconds(ask_ms));
    ask_ms = std::min(2 * ask_ms, kAskMsMax);
    ask_timer.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->ask();
    });
  }

  Clock& clock;
  const p2p::PeerId own;
  const std::string name;
  Mdns::Events events;
  asio::posix::stream_descriptor socket;
  asio::steady_timer ask_timer;
  std::vector<std::uint32_t> joined;  // interfaces
  std::uint64_t ask_ms = kFirstAskMs;
  std::uint64_t next_answer_ms = 0;
};

Mdns::Mdns(Loop& loop, Clock& clock, Random& random, const p2p::PeerId& own, Events events)
    : impl_(std::make_shared<Impl>(loop, clock, random, own, std::move(events))) {}

Mdns::~Mdns() {
  impl_->events.on_found = nullptr;
  impl_->ask_timer.cancel();
  impl_->close();
}

void Mdns::update(const std::vector<InterfaceAddress>& interfaces) {
  impl_->update(interfaces);
}

}  // namespace kith::net

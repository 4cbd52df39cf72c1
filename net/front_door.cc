// SPDX-License-Identifier: Apache-2.0
#include "net/front_door.h"

#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>

#include "net/asio.h"

namespace kith::net {
namespace {

using boost::system::error_code;

constexpr std::uint8_t kMultistreamByte = 0x13;  // the length of "/multistream/1.0.0\n"
constexpr std::uint8_t kTlsByte = 0x16;          // a handshake record

class Waiting;

}  // namespace

struct FrontDoor::Impl : std::enable_shared_from_this<FrontDoor::Impl> {
  Impl(Loop& on, Admission& guard, HttpServer& answers, OnVisitor called)
      : loop(on), admission(guard), pages(answers), on_visitor(std::move(called)) {}

  void accept(Socket socket, const Endpoint& remote);
  void sort(Waiting& waiting, std::uint8_t first_byte);
  void welcome(Visitor visitor) {
    if (on_visitor && visitor.channel) on_visitor(std::move(visitor));
  }

  Loop& loop;
  Admission& admission;
  HttpServer& pages;
  OnVisitor on_visitor;
  std::shared_ptr<TlsIdentity> tls;
  std::set<std::shared_ptr<Waiting>> waiting;
};

namespace {

/// A connection whose first byte has not come. Alive while it is in the door's set.
class Waiting final : public std::enable_shared_from_this<Waiting> {
 public:
  Waiting(const std::shared_ptr<FrontDoor::Impl>& door, Socket socket, Endpoint remote,
          std::shared_ptr<Admission::Pass> pass)
      : door_(door),
        descriptor_(door->loop.impl().context),
        deadline_(door->loop.impl().context),
        socket_(std::move(socket)),
        remote_(std::move(remote)),
        pass_(std::move(pass)) {}

  void start() {
    error_code error;
    descriptor_.assign(socket_.fd(), error);
    if (error) return end();
    pass_->set_on_push_out([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->end();
    });
    deadline_.expires_after(std::chrono::milliseconds(FrontDoor::kFirstByteMsMax));
    deadline_.async_wait([weak = weak_from_this()](const error_code& failed) {
      const auto self = weak.lock();
      if (!failed && self) self->end();
    });
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](const error_code& e) {
      if (!e) self->look();
    });
  }

  void end() {
    release();
    if (const auto door = door_.lock()) door->waiting.erase(shared_from_this());
  }

  /// Leaves the socket to whoever takes it.
  Socket take_socket() {
    release();
    return std::move(socket_);
  }
  const Endpoint& remote() const { return remote_; }
  std::shared_ptr<Admission::Pass> take_pass() {
    pass_->set_on_push_out({});
    return std::move(pass_);
  }

 private:
  void release() {
    deadline_.cancel();
    if (descriptor_.is_open()) descriptor_.release();
  }

  void look() {
    std::uint8_t first = 0;
    const auto n = ::recv(socket_.fd(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    const auto door = door_.lock();
    if (n != 1 || !door) return end();
    const auto self = shared_from_this();
    door->waiting.erase(self);
    door->sort(*this, first);
  }

  std::weak_ptr<FrontDoor::Impl> door_;
  asio::posix::stream_descriptor descriptor_;
  asio::steady_timer deadline_;
  Socket socket_;
  Endpoint remote_;
  std::shared_ptr<Admission::Pass> pass_;
};

}  // namespace

void FrontDoor::Impl::accept(Socket socket, const Endpoint& remote) {
  auto one = std::make_shared<Waiting>(shared_from_this(), std::move(socket), remote, admission.admit(remote));
  waiting.insert(one);
  one->start();
}

void FrontDoor::Impl::sort(Waiting& one, std::uint8_t first_byte) {
  Socket socket = one.take_socket();
  auto pass = one.take_pass();
  if (first_byte == kMultistreamByte) {
    const Endpoint local = local_endpoint(socket.fd());
    return welcome({make_channel(loop, std::move(socket)), one.remote(), local, false, false, std::move(pass)});
  }
  if (first_byte != kTlsByte) return pages.adopt(std::move(socket), one.remote(), std::move(pass));
  if (tls) pages.adopt(std::move(socket), one.remote(), std::move(pass), tls.get());
}

FrontDoor::FrontDoor(Loop& loop, Admission& admission, HttpServer& pages, OnVisitor on_visitor)
    : impl_(std::make_shared<Impl>(loop, admission, pages, std::move(on_visitor))) {
  pages.set_on_web_socket([weak = std::weak_ptr(impl_)](Visitor visitor) {
    if (const auto self = weak.lock()) self->welcome(std::move(visitor));
  });
}

FrontDoor::~FrontDoor() {
  impl_->on_visitor = nullptr;
  listeners_.clear();
  while (!impl_->waiting.empty()) (*impl_->waiting.begin())->end();
}

void FrontDoor::set_tls(std::shared_ptr<TlsIdentity> identity) {
  impl_->tls = std::move(identity);
}

Result<Endpoint> FrontDoor::listen(const Endpoint& at) {
  auto listener =
      KITH_TRY(TcpListener::open(impl_->loop, at, [weak = std::weak_ptr(impl_)](Socket socket, const Endpoint& remote) {
        if (const auto self = weak.lock()) self->accept(std::move(socket), remote);
      }));
  const Endpoint taken = listener->endpoint();
  listeners_.push_back(std::move(listener));
  return taken;
}

std::vector<Endpoint> FrontDoor::endpoints() const {
  std::vector<Endpoint> out;
  for (const auto& listener : listeners_) out.push_back(listener->endpoint());
  return out;
}

}  // namespace kith::net

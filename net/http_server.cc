// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <cstring>
#include <set>

#include "net/asio.h"
#include "net/unix_socket.h"

namespace kith::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Message = http::response<http::string_body>;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// nullopt if the target is not a path that percent-decodes.
std::optional<HttpRequest> plain(http::request<http::string_body>&& from, bool is_local) {
  HttpRequest out;
  out.is_local = is_local;
  out.method = view(from.method_string());
  const std::string_view target = view(from.target());
  const auto question = target.find('?');
  auto path = percent_decode(target.substr(0, question), false);
  if (!path || path->empty() || path->front() != '/') return std::nullopt;
  out.path = std::move(*path);
  if (question != std::string_view::npos) out.query = target.substr(question + 1);
  for (const auto& field : from) out.headers.emplace_back(view(field.name_string()), view(field.value()));
  out.body = std::move(from.body());
  return out;
}

HttpResponse refusal(int status, const char* title, const char* detail) {
  HttpResponse out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = std::string(R"({"type":"about:blank","title":")") + title + R"(","status":)" + std::to_string(status) +
             R"(,"detail":")" + detail + R"("})";
  return out;
}

HttpResponse refusal_of(const error_code& error) {
  if (error == http::error::header_limit) {
    return refusal(431, "Request header too large", "The headers of this request are too long.");
  }
  if (error == http::error::body_limit)
    return refusal(413, "Request body too large", "The body of this request is too long.");
  return refusal(400, "Malformed request", "This is not an HTTP/1.1 request.");
}

bool is_form_of_http(const error_code& error) {
  return error.category() == http::make_error_code(http::error::end_of_stream).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

/// Where a connection comes from.
struct Origin {
  bool is_local = false;   // over the Unix socket
  bool is_remote = false;  // from another machine
  Endpoint remote{};
  std::shared_ptr<Admission::Pass> pass{};
};

class Connection;

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& loop, HttpHandler on_request, const HttpLimits& bounds)
      : context(loop.impl().context), handler(std::move(on_request)), limits(bounds), local(context) {}

  void accept();
  void open(Socket socket, Origin origin);
  std::size_t count(bool is_remote) const;

  asio::io_context& context;
  HttpHandler handler;
  HttpServer::OnUpgrade on_upgrade;
  HttpLimits limits;
  asio::local::stream_protocol::acceptor local;
  std::string local_path;
  std::set<std::shared_ptr<Connection>> connections;
  bool is_closed = false;
};

namespace {

/// One client. Alive while it is in the server's set or an operation of its own is under way.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const std::shared_ptr<HttpServer::Impl>& server, Socket socket, Origin origin)
      : server_(server),
        limits_(server->limits),
        stream_(server->context),
        deadline_(server->context),
        buffer_(limits_.header_bytes_max + limits_.body_bytes_max),
        origin_(std::move(origin)) {
    error_code error;
    stream_.assign(socket.fd(), error);
    if (!error) socket.release();
    if (origin_.is_remote) {
      limits_.idle_ms_max = limits_.request_ms_max;
      limits_.body_bytes_max = 0;
    }
  }

  void start() {
    if (origin_.pass) {
      origin_.pass->set_on_push_out([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->close();
      });
    }
    wait_for_request();
  }

  bool is_remote() const { return origin_.is_remote; }

  void refuse_busy() {
    keep_alive_ = false;
    origin_.pass.reset();
    answer(refusal(503, "Too many connections", "Close some and try again."));
  }

  void close() {
    error_code ignored;
    deadline_.cancel();
    stream_.close(ignored);
    if (const auto server = server_.lock()) server->connections.erase(shared_from_this());
  }

 private:
  void set_deadline(std::uint64_t ms) {
    deadline_.expires_after(std::chrono::milliseconds(ms));
    deadline_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->close();
    });
  }

  /// The first byte starts the clock of the request; until then it is the clock of idleness.
  void wait_for_request() {
    if (buffer_.size() > 0) return read_request();
    set_deadline(limits_.idle_ms_max);
    stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](const error_code& error, std::size_t n) {
      if (error) return self->close();
      self->buffer_.commit(n);
      self->read_request();
    });
  }

  void read_request() {
    set_deadline(limits_.request_ms_max);
    parser_.emplace();
    parser_->header_limit(limits_.header_bytes_max);
    parser_->body_limit(limits_.body_bytes_max);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& error, std::size_t) { self->on_request(error); });
  }

  void on_request(const error_code& error) {
    if (error) {
      if (!is_form_of_http(error)) return close();
      keep_alive_ = false;
      return answer(refusal_of(error));
    }
    const auto server = server_.lock();
    if (!server || server->is_closed) return close();
    deadline_.cancel();
    keep_alive_ = parser_->get().keep_alive() && !origin_.is_remote;
    is_head_ = parser_->get().method() == http::verb::head;
    const bool is_upgrade = server->on_upgrade && boost::beast::websocket::is_upgrade(parser_->get());
    auto request = plain(parser_->release(), origin_.is_local);
    if (!request) return answer(refusal(400, "Malformed request", "The target must be a path."));
    if (is_upgrade && buffer_.size() == 0) return hand_over(*server, *request);
    if (origin_.is_remote) {
      return answer(refusal(403, "Not from here", "This house shows its page to its own machine only."));
    }
    // A page that is looked at is nobody's doorstep.
    origin_.pass.reset();
    server->handler(std::move(*request),
                    [self = shared_from_this()](HttpResponse response) { self->answer(std::move(response)); });
  }

  void hand_over(HttpServer::Impl& server, const HttpRequest& request) {
    if (origin_.pass) origin_.pass->set_on_push_out({});
    Socket socket(stream_.release());
    server.on_upgrade(std::move(socket), request, origin_.remote, std::move(origin_.pass));
    server.connections.erase(shared_from_this());
  }

  void answer(HttpResponse response) {
    message_ = Message();
    message_.version(11);
    message_.result(static_cast<unsigned>(response.status));
    if (!response.content_type.empty()) message_.set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) message_.insert(name, value);
    message_.keep_alive(keep_alive_);
    message_.body() = std::move(response.body);
    message_.prepare_payload();
    if (is_head_) message_.body().clear();
    set_deadline(limits_.answer_ms_max);
    http::async_write(stream_, message_, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (error || !self->keep_alive_) return self->close();
      self->wait_for_request();
    });
  }

  std::weak_ptr<HttpServer::Impl> server_;
  HttpLimits limits_;
  asio::posix::stream_descriptor stream_;
  asio::steady_timer deadline_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Message message_;
  Origin origin_;
  bool is_head_ = false;
  bool keep_alive_ = true;
};

}  // namespace

void HttpServer::Impl::accept() {
  local.async_accept([self = shared_from_this()](const error_code& error, auto socket) {
    if (self->is_closed || error == asio::error::operation_aborted) return;
    if (!error) self->open(Socket(socket.release()), Origin{.is_local = true});
    self->accept();
  });
}

std::size_t HttpServer::Impl::count(bool is_remote) const {
  return static_cast<std::size_t>(std::count_if(connections.begin(), connections.end(), [&](const auto& connection) {
    return connection->is_remote() == is_remote;
  }));
}

void HttpServer::Impl::open(Socket socket, Origin origin) {
  const std::size_t max = origin.is_remote ? limits.remote_connections_max : limits.connections_max;
  const bool is_full = count(origin.is_remote) >= max;
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), std::move(origin));
  if (is_full) return connection->refuse_busy();
  connections.insert(connection);
  connection->start();
}

HttpServer::HttpServer(Loop& loop, HttpHandler handler, const HttpLimits& limits)
    : impl_(std::make_shared<Impl>(loop, std::move(handler), limits)) {}

HttpServer::~HttpServer() {
  impl_->is_closed = true;
  impl_->on_upgrade = nullptr;
  error_code ignored;
  impl_->local.close(ignored);
  while (!impl_->connections.empty()) (*impl_->connections.begin())->close();
  if (!impl_->local_path.empty()) ::unlink(impl_->local_path.c_str());
}

void HttpServer::adopt(Socket socket, const Endpoint& remote, std::shared_ptr<Admission::Pass> pass) {
  const bool is_remote = !remote.is_loopback();
  impl_->open(std::move(socket),
              Origin{.is_local = false, .is_remote = is_remote, .remote = remote, .pass = std::move(pass)});
}

void HttpServer::set_on_upgrade(OnUpgrade on_upgrade) {
  impl_->on_upgrade = std::move(on_upgrade);
}

Result<void> HttpServer::listen_local(const std::string& path) {
  const int fd = KITH_TRY(listen_unix(path));
  error_code error;
  impl_->local.assign(asio::local::stream_protocol(), fd, error);
  if (error) {
    ::close(fd);
    return Error(ErrorCode::kIo, "The socket " + path + " could not be used: " + error.message() + ".",
                 "Use another --home.");
  }
  impl_->local_path = path;
  impl_->accept();
  return {};
}

std::size_t HttpServer::connections() const {
  return impl_->connections.size();
}

}  // namespace kith::net

// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
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

class Connection;

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& loop, HttpHandler on_request, const HttpLimits& bounds)
      : context(loop.impl().context),
        handler(std::move(on_request)),
        limits(bounds),
        loopback(context),
        local(context) {}

  template <typename Acceptor>
  void accept(Acceptor& acceptor, bool is_local);
  void open(int fd, bool is_local);

  asio::io_context& context;
  HttpHandler handler;
  HttpLimits limits;
  asio::ip::tcp::acceptor loopback;
  asio::local::stream_protocol::acceptor local;
  std::string local_path;
  std::set<std::shared_ptr<Connection>> connections;
  bool is_closed = false;
};

namespace {

/// One client. Alive while it is in the server's set or an operation of its own is under way.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const std::shared_ptr<HttpServer::Impl>& server, int fd, bool is_local)
      : server_(server),
        limits_(server->limits),
        stream_(server->context, fd),
        deadline_(server->context),
        buffer_(limits_.header_bytes_max + limits_.body_bytes_max),
        is_local_(is_local) {}

  void start() { wait_for_request(); }

  void refuse_busy() {
    keep_alive_ = false;
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
    keep_alive_ = parser_->get().keep_alive();
    is_head_ = parser_->get().method() == http::verb::head;
    auto request = plain(parser_->release(), is_local_);
    if (!request) return answer(refusal(400, "Malformed request", "The target must be a path."));
    server->handler(std::move(*request),
                    [self = shared_from_this()](HttpResponse response) { self->answer(std::move(response)); });
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
  bool is_local_;
  bool is_head_ = false;
  bool keep_alive_ = true;
};

}  // namespace

template <typename Acceptor>
void HttpServer::Impl::accept(Acceptor& acceptor, bool is_local) {
  acceptor.async_accept([self = shared_from_this(), &acceptor, is_local](const error_code& error, auto socket) {
    if (self->is_closed || error == asio::error::operation_aborted) return;
    if (!error) self->open(socket.release(), is_local);
    self->accept(acceptor, is_local);
  });
}

void HttpServer::Impl::open(int fd, bool is_local) {
  auto connection = std::make_shared<Connection>(shared_from_this(), fd, is_local);
  if (connections.size() >= limits.connections_max) return connection->refuse_busy();
  connections.insert(connection);
  connection->start();
}

HttpServer::HttpServer(Loop& loop, HttpHandler handler, const HttpLimits& limits)
    : impl_(std::make_shared<Impl>(loop, std::move(handler), limits)) {}

HttpServer::~HttpServer() {
  impl_->is_closed = true;
  error_code ignored;
  impl_->loopback.close(ignored);
  impl_->local.close(ignored);
  while (!impl_->connections.empty()) (*impl_->connections.begin())->close();
  if (!impl_->local_path.empty()) ::unlink(impl_->local_path.c_str());
}

Result<std::uint16_t> HttpServer::listen_loopback(std::uint16_t port) {
  const asio::ip::tcp::endpoint here(asio::ip::address_v4::loopback(), port);
  error_code error;
  impl_->loopback.open(here.protocol(), error);
  if (!error) impl_->loopback.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) impl_->loopback.bind(here, error);
  if (!error) impl_->loopback.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    impl_->loopback.close(ignored);
    if (error == asio::error::address_in_use) {
      return Error(ErrorCode::kPortInUse, "Port " + std::to_string(port) + " on this machine is in use.",
                   "Choose another with --port, or stop the program that uses it.");
    }
    return Error(ErrorCode::kIo, "Port " + std::to_string(port) + " could not be opened: " + error.message() + ".",
                 "Choose another with --port.");
  }
  const std::uint16_t taken = impl_->loopback.local_endpoint().port();
  impl_->accept(impl_->loopback, false);
  return taken;
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
  impl_->accept(impl_->local, true);
  return {};
}

std::size_t HttpServer::connections() const {
  return impl_->connections.size();
}

}  // namespace kith::net

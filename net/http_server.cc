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
#include "net/tls_stream.h"
#include "net/unix_socket.h"
#include "net/web_socket.h"

namespace kith::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Message = http::response<http::string_body>;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// nullopt if the target is not a path that percent-decodes.
std::optional<HttpRequest> plain(http::request<http::string_body>&& from) {
  HttpRequest out;
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

/// One client, whatever is below HTTP.
class Client {
 public:
  virtual ~Client() = default;
  virtual void start() = 0;
  /// Answers that there is no room, and that is all.
  virtual void refuse_busy() = 0;
  virtual void close() = 0;
  virtual bool is_remote() const = 0;
};

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& on, HttpHandler on_request, const HttpLimits& bounds)
      : loop(on), handler(std::move(on_request)), limits(bounds), local(loop.impl().context) {}

  void accept();
  void open(Socket socket, Origin origin);
  void open_secure(Socket socket, TlsIdentity& identity, Origin origin);
  void begin(const std::shared_ptr<Client>& client);
  std::size_t count(bool is_remote) const;

  Loop& loop;
  HttpHandler handler;
  HttpServer::OnWebSocket on_web_socket;
  HttpLimits limits;
  asio::local::stream_protocol::acceptor local;
  std::string local_path;
  std::set<std::shared_ptr<Client>> connections;
  bool is_closed = false;
};

namespace {

/// A stream as it comes out of the front door: nothing to agree on, and a descriptor for whoever takes it over.
struct PlainStream {
  using Stream = asio::posix::stream_descriptor;
  static constexpr bool kIsSecure = false;
  explicit PlainStream(asio::io_context& context, Socket socket) : stream(std::make_unique<Stream>(context)) {
    error_code error;
    stream->assign(socket.fd(), error);
    if (!error) socket.release();
  }
  int fd() { return stream->native_handle(); }
  void close() {
    error_code ignored;
    stream->close(ignored);
  }
  Cancel accept(Loop& loop, const HttpRequest& request, AcceptDone done) {
    return accept_web_socket(loop, Socket(stream->release()), request, std::move(done));
  }
  std::unique_ptr<Stream> stream;
};

/// The same under TLS, whose handshake comes first.
struct SecureStream {
  using Stream = TlsStream;
  static constexpr bool kIsSecure = true;
  explicit SecureStream(std::unique_ptr<TlsStream> from) : stream(std::move(from)) {}
  int fd() { return boost::beast::get_lowest_layer(*stream).native_handle(); }
  void close() {
    error_code ignored;
    boost::beast::get_lowest_layer(*stream).close(ignored);
  }
  Cancel accept(Loop&, const HttpRequest& request, AcceptDone done) {
    return accept_web_socket(std::move(stream), request, std::move(done));
  }
  std::unique_ptr<Stream> stream;
};

/// Alive while it is in the server's set or an operation of its own is under way.
template <typename Below>
class Connection final : public Client, public std::enable_shared_from_this<Connection<Below>> {
 public:
  Connection(const std::shared_ptr<HttpServer::Impl>& server, Below below, Origin origin)
      : server_(server),
        limits_(server->limits),
        below_(std::move(below)),
        deadline_(server->loop.impl().context),
        buffer_(limits_.header_bytes_max + limits_.body_bytes_max),
        origin_(std::move(origin)) {
    if (origin_.is_remote) {
      limits_.idle_ms_max = limits_.request_ms_max;
      limits_.body_bytes_max = 0;
    }
  }

  void start() override {
    if (origin_.pass) {
      origin_.pass->set_on_push_out([weak = this->weak_from_this()] {
        if (const auto self = weak.lock()) self->close();
      });
    }
    shake_hands([](Connection& self) { self.wait_for_request(); });
  }

  bool is_remote() const override { return origin_.is_remote; }

  void refuse_busy() override {
    keep_alive_ = false;
    origin_.pass.reset();
    shake_hands(
        [](Connection& self) { self.answer(refusal(503, "Too many connections", "Close some and try again.")); });
  }

  void close() override {
    deadline_.cancel();
    if (below_.stream) below_.close();
    if (const auto server = server_.lock()) server->connections.erase(this->shared_from_this());
  }

 private:
  using std::enable_shared_from_this<Connection>::shared_from_this;
  using std::enable_shared_from_this<Connection>::weak_from_this;

  void shake_hands(void (*next)(Connection&)) {
    if constexpr (Below::kIsSecure) {
      set_deadline(limits_.request_ms_max);
      below_.stream->async_handshake(asio::ssl::stream_base::server,
                                     [self = shared_from_this(), next](const error_code& error) {
                                       if (error) return self->close();
                                       next(*self);
                                     });
    } else {
      next(*this);
    }
  }

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
    below_.stream->async_read_some(buffer_.prepare(4096),
                                   [self = shared_from_this()](const error_code& error, std::size_t n) {
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
    http::async_read(*below_.stream, buffer_, *parser_,
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
    const bool is_upgrade = server->on_web_socket && boost::beast::websocket::is_upgrade(parser_->get());
    auto request = plain(parser_->release());
    if (!request) return answer(refusal(400, "Malformed request", "The target must be a path."));
    request->is_local = origin_.is_local;
    request->is_remote = origin_.is_remote;
    request->is_secure = Below::kIsSecure;
    if (is_upgrade && buffer_.size() == 0) return hand_over(*server, *request);
    // A page of this machine that is looked at is nobody's doorstep. Others stay there: they may be pushed out.
    if (!origin_.is_remote) origin_.pass.reset();
    server->handler(std::move(*request),
                    [self = shared_from_this()](HttpResponse response) { self->answer(std::move(response)); });
  }

  void hand_over(HttpServer::Impl& server, const HttpRequest& request) {
    const auto pass = std::move(origin_.pass);
    Visitor visitor{nullptr, origin_.remote, local_endpoint(below_.fd()), true, Below::kIsSecure, pass};
    auto done = [weak = server_,
                 visitor = std::make_shared<Visitor>(std::move(visitor))](std::unique_ptr<Channel> channel) {
      const auto here = weak.lock();
      visitor->channel = std::move(channel);
      if (here && here->on_web_socket && visitor->channel) here->on_web_socket(std::move(*visitor));
    };
    Cancel cancel = below_.accept(server.loop, request, std::move(done));
    if (pass) pass->set_on_push_out(std::move(cancel));
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
    http::async_write(*below_.stream, message_, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (error || !self->keep_alive_) return self->close();
      self->wait_for_request();
    });
  }

  std::weak_ptr<HttpServer::Impl> server_;
  HttpLimits limits_;
  Below below_;
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

void HttpServer::Impl::begin(const std::shared_ptr<Client>& client) {
  const std::size_t max = client->is_remote() ? limits.remote_connections_max : limits.connections_max;
  if (count(client->is_remote()) >= max) return client->refuse_busy();
  connections.insert(client);
  client->start();
}

void HttpServer::Impl::open(Socket socket, Origin origin) {
  begin(std::make_shared<Connection<PlainStream>>(
      shared_from_this(), PlainStream(loop.impl().context, std::move(socket)), std::move(origin)));
}

void HttpServer::Impl::open_secure(Socket socket, TlsIdentity& identity, Origin origin) {
  begin(std::make_shared<Connection<SecureStream>>(
      shared_from_this(), SecureStream(make_tls_stream(loop, std::move(socket), identity)), std::move(origin)));
}

HttpServer::HttpServer(Loop& loop, HttpHandler handler, const HttpLimits& limits)
    : impl_(std::make_shared<Impl>(loop, std::move(handler), limits)) {}

HttpServer::~HttpServer() {
  impl_->is_closed = true;
  impl_->on_web_socket = nullptr;
  error_code ignored;
  impl_->local.close(ignored);
  while (!impl_->connections.empty()) (*impl_->connections.begin())->close();
  if (!impl_->local_path.empty()) ::unlink(impl_->local_path.c_str());
}

void HttpServer::adopt(Socket socket, const Endpoint& remote, std::shared_ptr<Admission::Pass> pass,
                       TlsIdentity* identity) {
  Origin origin{.is_local = false, .is_remote = !remote.is_loopback(), .remote = remote, .pass = std::move(pass)};
  if (identity == nullptr) return impl_->open(std::move(socket), std::move(origin));
  impl_->open_secure(std::move(socket), *identity, std::move(origin));
}

void HttpServer::set_on_web_socket(OnWebSocket on_web_socket) {
  impl_->on_web_socket = std::move(on_web_socket);
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

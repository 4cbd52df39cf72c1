// SPDX-License-Identifier: Apache-2.0
#include "net/web_socket.h"

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <optional>

#include "net/asio.h"
#include "net/tls_stream.h"

namespace kith::net {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using Request = http::request<http::string_body>;

constexpr std::size_t kReadBytes = 16 << 10;
constexpr std::size_t kMaskBytes = 16 << 10;  // what a dialer masks at a time
constexpr auto kLingerMax = std::chrono::seconds(2);
constexpr std::string_view kAgent = "kith";

template <typename Next>
void configure(websocket::stream<Next>& stream, boost::beast::role_type role) {
  // Signs of life are libp2p's; only the upgrade and the goodbye have a limit here.
  auto timeout = websocket::stream_base::timeout::suggested(role);
  timeout.handshake_timeout = std::chrono::milliseconds(kUpgradeMsMax);
  timeout.idle_timeout = websocket::stream_base::none();
  timeout.keep_alive_pings = false;
  stream.set_option(timeout);
  stream.binary(true);
  stream.auto_fragment(false);
  stream.write_buffer_bytes(kMaskBytes);
  stream.read_message_max(kMessageBytesMax);
}

/// Outlives its Channel while operations are under way.
template <typename Next>
class Messages final : public std::enable_shared_from_this<Messages<Next>> {
 public:
  using Stream = websocket::stream<Next>;
  explicit Messages(std::unique_ptr<Stream> stream) : stream_(std::move(stream)), linger_(stream_->get_executor()) {}

  void start(Channel::Events events) {
    events_ = std::move(events);
    buffer_.resize(kReadBytes);
    read();
  }

  void write(Bytes bytes) {
    if (is_closing_ || is_closed_ || bytes.empty()) return;
    unsent_ += bytes.size();
    queue_.push_back(std::move(bytes));
    if (!is_writing_) write_next();
  }

  std::size_t unsent() const { return unsent_; }
  void pause() { is_paused_ = true; }
  void resume() {
    is_paused_ = false;
    read();
  }

  void close() { close(websocket::close_code::normal); }

  void abandon() {
    events_ = {};
    close();
  }

 private:
  void close(websocket::close_code code) {
    if (is_closing_ || is_closed_) return;
    is_closing_ = true;
    code_ = code;
    linger_.expires_after(kLingerMax);
    linger_.async_wait([self = this->shared_from_this()](const error_code& error) {
      if (!error) self->finish({});
    });
    if (!is_writing_) say_goodbye();
  }

  void say_goodbye() {
    stream_->async_close(code_, [self = this->shared_from_this()](const error_code&) { self->finish({}); });
  }

  void read() {
    if (is_paused_ || is_closed_ || is_reading_) return;
    is_reading_ = true;
    stream_->async_read_some(asio::buffer(buffer_),
                             [self = this->shared_from_this()](const error_code& error, std::size_t n) {
                               self->is_reading_ = false;
                               self->received(error, n);
                             });
  }

  void received(const error_code& error, std::size_t n) {
    if (is_closed_) return;
    if (error) return ended(error);
    if (!stream_->got_binary()) {
      close(websocket::close_code::unknown_data);
    } else if (n > 0 && !is_closing_ && events_.on_bytes) {
      events_.on_bytes(ByteView(buffer_).first(n));
    }
    read();
  }

  void ended(const error_code& error) {
    const bool is_orderly = error == websocket::error::closed || error == asio::error::eof || is_closing_;
    finish(is_orderly ? "" : error.message());
  }

  void write_next() {
    is_writing_ = true;
    stream_->async_write(
        asio::buffer(queue_.front()),
        [self = this->shared_from_this()](const error_code& error, std::size_t) { self->written(error); });
  }

  void written(const error_code& error) {
    if (is_closed_) return;
    is_writing_ = false;
    if (error) return ended(error);
    unsent_ -= queue_.front().size();
    queue_.pop_front();
    if (!queue_.empty()) return write_next();
    if (is_closing_) return say_goodbye();
    if (events_.on_drained) events_.on_drained();
  }

  void finish(const std::string& reason) {
    if (is_closed_) return;
    is_closed_ = true;
    linger_.cancel();
    error_code ignored;
    boost::beast::get_lowest_layer(*stream_).close(ignored);
    const auto on_closed = std::move(events_.on_closed);
    events_ = {};
    if (on_closed) on_closed(reason);
  }

  std::unique_ptr<Stream> stream_;
  asio::steady_timer linger_;
  Channel::Events events_;
  Bytes buffer_;
  std::deque<Bytes> queue_;
  std::size_t unsent_ = 0;
  websocket::close_code code_ = websocket::close_code::normal;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_paused_ = false;
  bool is_closing_ = false;
  bool is_closed_ = false;
};

template <typename Next>
class MessageChannel final : public Channel {
 public:
  explicit MessageChannel(std::unique_ptr<websocket::stream<Next>> stream)
      : messages_(std::make_shared<Messages<Next>>(std::move(stream))) {}
  ~MessageChannel() override { messages_->abandon(); }
  void start(Events events) override { messages_->start(std::move(events)); }
  void write(Bytes bytes) override { messages_->write(std::move(bytes)); }
  std::size_t unsent() const override { return messages_->unsent(); }
  void pause() override { messages_->pause(); }
  void resume() override { messages_->resume(); }
  void close() override { messages_->close(); }

 private:
  std::shared_ptr<Messages<Next>> messages_;
};

/// Noise proves who answers; so nothing is asked of the certificate.
asio::ssl::context& dialing_context() {
  static asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_none);
  return context;
}

Error no_tls(const std::string& host, const error_code& error) {
  return {ErrorCode::kPeerProtocol, "What answers at " + host + " does not speak TLS: " + error.message() + ".",
          "Leave /tls out of the address, or check the port."};
}

Error no_web_socket(const std::string& host, const error_code& error) {
  if (error == boost::beast::error::timeout) {
    return {ErrorCode::kTimeout, "What answers at " + host + " did not open a WebSocket in time.", "Try again later."};
  }
  return {ErrorCode::kPeerProtocol, "What answers at " + host + " opens no WebSocket: " + error.message() + ".",
          "Check address, port and path, or leave /ws out of the address."};
}

}  // namespace

// --- dialing ---

class WebSocketConnect::Impl : public std::enable_shared_from_this<WebSocketConnect::Impl> {
 public:
  Impl(Loop& loop, WebSocketTarget target, std::function<void()> on_tls, Done done)
      : target_(std::move(target)),
        on_tls_(std::move(on_tls)),
        done_(std::move(done)),
        deadline_(loop.impl().context) {}

  void start(tcp::socket socket) {
    if (!target_.is_tls) {
      plain_ = std::make_unique<websocket::stream<tcp::socket>>(std::move(socket));
      return upgrade(plain_);
    }
    secure_ = std::make_unique<websocket::stream<TlsStream>>(std::move(socket), dialing_context());
    auto& tls = secure_->next_layer();
    if (!target_.server_name.empty()) SSL_set_tlsext_host_name(tls.native_handle(), target_.server_name.c_str());
    deadline_.expires_after(std::chrono::milliseconds(kUpgradeMsMax));
    deadline_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->cancel();
    });
    tls.async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](const error_code& error) {
      self->deadline_.cancel();
      if (error) return self->fail(no_tls(self->target_.host, error));
      if (self->on_tls_) self->on_tls_();
      self->upgrade(self->secure_);
    });
  }

  void forget() {
    done_ = nullptr;
    on_tls_ = nullptr;
    cancel();
  }

 private:
  void cancel() {
    error_code ignored;
    if (plain_) plain_->next_layer().close(ignored);
    if (secure_) boost::beast::get_lowest_layer(*secure_).close(ignored);
  }

  template <typename Next>
  void upgrade(std::unique_ptr<websocket::stream<Next>>& stream) {
    configure(*stream, boost::beast::role_type::client);
    stream->set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(http::field::user_agent, boost::beast::string_view(kAgent.data(), kAgent.size()));
    }));
    stream->async_handshake(target_.host, target_.path, [self = shared_from_this(), &stream](const error_code& error) {
      if (error) return self->fail(no_web_socket(self->target_.host, error));
      const Done done = std::exchange(self->done_, nullptr);
      if (done) done(std::unique_ptr<Channel>(std::make_unique<MessageChannel<Next>>(std::move(stream))));
    });
  }

  void fail(Error error) {
    const Done done = std::exchange(done_, nullptr);
    if (done) done(std::move(error));
  }

  WebSocketTarget target_;
  std::function<void()> on_tls_;
  Done done_;
  asio::steady_timer deadline_;
  std::unique_ptr<websocket::stream<tcp::socket>> plain_;
  std::unique_ptr<websocket::stream<TlsStream>> secure_;
};

WebSocketConnect::WebSocketConnect(Loop& loop, Socket socket, const WebSocketTarget& target,
                                   std::function<void()> on_tls, Done done)
    : impl_(std::make_shared<Impl>(loop, target, std::move(on_tls), std::move(done))) {
  impl_->start(adopt_socket(loop, std::move(socket)));
}

WebSocketConnect::~WebSocketConnect() {
  impl_->forget();
}

// --- listening ---

namespace {

template <typename Next>
Cancel accept_on(std::unique_ptr<websocket::stream<Next>> from, const HttpRequest& request, AcceptDone done) {
  auto stream = std::make_shared<std::unique_ptr<websocket::stream<Next>>>(std::move(from));
  configure(**stream, boost::beast::role_type::server);
  Request upgrade;
  upgrade.method_string({request.method.data(), request.method.size()});
  upgrade.target("/");
  upgrade.version(11);
  for (const auto& [name, value] : request.headers) upgrade.insert(name, value);
  (*stream)->async_accept(upgrade, [stream, done = std::move(done)](const error_code& failed) {
    done(failed ? nullptr : std::make_unique<MessageChannel<Next>>(std::move(*stream)));
  });
  return [weak = std::weak_ptr(stream)] {
    const auto here = weak.lock();
    error_code ignored;
    if (here && *here) boost::beast::get_lowest_layer(**here).close(ignored);
  };
}

}  // namespace

asio::ip::tcp::socket adopt_socket(Loop& loop, Socket socket) {
  tcp::socket out(loop.impl().context);
  const bool is_ip4 = local_endpoint(socket.fd()).is_ip4();
  error_code error;
  out.assign(is_ip4 ? tcp::v4() : tcp::v6(), socket.fd(), error);
  if (!error) socket.release();
  return out;
}

Cancel accept_web_socket(Loop& loop, Socket socket, const HttpRequest& request, AcceptDone done) {
  auto stream = std::make_unique<websocket::stream<tcp::socket>>(adopt_socket(loop, std::move(socket)));
  return accept_on(std::move(stream), request, std::move(done));
}

Cancel accept_web_socket(std::unique_ptr<TlsStream> stream, const HttpRequest& request, AcceptDone done) {
  return accept_on(std::make_unique<websocket::stream<TlsStream>>(std::move(*stream)), request, std::move(done));
}

}  // namespace kith::net

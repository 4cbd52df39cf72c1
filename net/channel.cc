// SPDX-License-Identifier: Apache-2.0
#include "net/channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "net/asio.h"

namespace kith::net {
namespace {

using boost::system::error_code;

constexpr auto kLingerMax = std::chrono::seconds(2);

/// Outlives its Channel while operations are under way.
class Stream final : public std::enable_shared_from_this<Stream> {
 public:
  Stream(asio::io_context& context, int read_fd, int write_fd)
      : input_(context, read_fd),
        output_(context, write_fd == read_fd ? ::dup(write_fd) : write_fd),
        linger_(context) {}

  void start(Channel::Events events) {
    events_ = std::move(events);
    read();
  }

  void write(Bytes bytes) {
    if (is_closing_ || is_closed_ || bytes.empty()) return;
    queue_.push_back(std::move(bytes));
    unsent_ += queue_.back().size();
    if (!is_writing_) write_next();
  }

  std::size_t unsent() const { return unsent_; }

  void pause() { is_paused_ = true; }
  void resume() {
    is_paused_ = false;
    if (!is_reading_) read();
  }

  void close() {
    if (is_closing_ || is_closed_) return;
    is_closing_ = true;
    if (!is_writing_) {
      asio::post(input_.get_executor(), [self = shared_from_this()] { self->finish({}); });
      return;
    }
    linger_.expires_after(kLingerMax);
    linger_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->finish({});
    });
  }

  /// The channel is gone: nobody is called any more.
  void abandon() {
    events_ = {};
    close();
  }

 private:
  void read() {
    if (is_paused_ || is_closed_ || is_reading_) return;
    is_reading_ = true;
    buffer_.resize(Channel::kReadBytes);
    input_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](const error_code& error, std::size_t n) {
      self->is_reading_ = false;
      if (self->is_closed_) return;
      if (n > 0 && !self->is_closing_ && self->events_.on_bytes)
        self->events_.on_bytes(ByteView(self->buffer_).first(n));
      if (!error) return self->read();
      self->finish(error == asio::error::eof || error == asio::error::operation_aborted ? "" : error.message());
    });
  }

  void write_next() {
    is_writing_ = true;
    asio::async_write(output_, asio::buffer(queue_.front()),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        self->is_writing_ = false;
                        if (self->is_closed_) return;
                        if (error) return self->finish(error.message());
                        self->unsent_ -= self->queue_.front().size();
                        self->queue_.erase(self->queue_.begin());
                        if (!self->queue_.empty()) return self->write_next();
                        if (self->is_closing_) return self->finish({});
                        if (self->events_.on_drained) self->events_.on_drained();
                      });
  }

  void finish(const std::string& reason) {
    if (is_closed_) return;
    is_closed_ = true;
    error_code ignored;
    linger_.cancel();
    input_.close(ignored);
    output_.close(ignored);
    const auto on_closed = std::move(events_.on_closed);
    events_ = {};
    if (on_closed) on_closed(reason);
  }

  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  asio::steady_timer linger_;
  Channel::Events events_;
  Bytes buffer_;
  std::vector<Bytes> queue_;
  std::size_t unsent_ = 0;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_paused_ = false;
  bool is_closing_ = false;
  bool is_closed_ = false;
};

class StreamChannel final : public Channel {
 public:
  explicit StreamChannel(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  ~StreamChannel() override { stream_->abandon(); }
  void start(Events events) override { stream_->start(std::move(events)); }
  void write(Bytes bytes) override { stream_->write(std::move(bytes)); }
  std::size_t unsent() const override { return stream_->unsent(); }
  void pause() override { stream_->pause(); }
  void resume() override { stream_->resume(); }
  void close() override { stream_->close(); }

 private:
  std::shared_ptr<Stream> stream_;
};

constexpr std::size_t kRelayBytesMax = 1 << 20;

void relay(const std::shared_ptr<Channel>& from, const std::shared_ptr<Channel>& to,
           const std::function<void()>& on_done) {
  from->start({[from, to](ByteView bytes) {
                 to->write(to_bytes(bytes));
                 if (to->unsent() > kRelayBytesMax) from->pause();
               },
               [to] { to->resume(); },
               [to, on_done](const std::string&) {
                 to->close();
                 on_done();
               }});
}

}  // namespace

std::unique_ptr<Channel> make_channel(Loop& loop, int read_fd, int write_fd) {
  return std::make_unique<StreamChannel>(std::make_shared<Stream>(loop.impl().context, read_fd, write_fd));
}

std::unique_ptr<Channel> stdio_channel(Loop& loop) {
  return make_channel(loop, ::dup(STDIN_FILENO), ::dup(STDOUT_FILENO));
}

void connect_channels(std::shared_ptr<Channel> a, std::shared_ptr<Channel> b, std::function<void()> on_done) {
  auto ends = std::make_shared<int>(0);
  const auto one_ended = [ends, on_done = std::move(on_done)] {
    if (++*ends == 2) on_done();
  };
  relay(a, b, one_ended);
  relay(b, a, one_ended);
}

}  // namespace kith::net

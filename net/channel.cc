// SPDX-License-Identifier: Apache-2.0
#include "net/channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <optional>

#include "net/asio.h"

namespace kith::net {
namespace {

using boost::system::error_code;

constexpr auto kLingerMax = std::chrono::seconds(2);
constexpr std::size_t kPiecesMax = 16;  // of one writev

/// Outlives its Channel while operations are under way. Waits until a descriptor is ready and then moves bytes itself:
/// so a quiet connection holds no buffer, and one that has something to say writes at once.
class Stream final : public std::enable_shared_from_this<Stream> {
 public:
  Stream(Loop& loop, int read_fd, int write_fd)
      : scratch_(loop.impl().scratch), input_(loop.impl().context, read_fd), linger_(loop.impl().context) {
    if (write_fd != read_fd) output_.emplace(loop.impl().context, write_fd);
    error_code ignored;
    input_.non_blocking(true, ignored);
    output().non_blocking(true, ignored);
  }

  void start(Channel::Events events) {
    events_ = std::move(events);
    read();
  }

  void write(Bytes bytes) {
    if (is_closing_ || is_closed_ || is_broken_ || bytes.empty()) return;
    unsent_ += bytes.size();
    queue_.push_back(std::move(bytes));
    if (!is_writing_) flush();
  }

  std::size_t unsent() const { return unsent_; }

  void pause() { is_paused_ = true; }
  void resume() {
    is_paused_ = false;
    read();
  }

  void close() {
    if (is_closing_ || is_closed_) return;
    is_closing_ = true;
    if (is_writing_) return finish_after_linger({});
    asio::post(input_.get_executor(), [self = shared_from_this()] { self->finish({}); });
  }

  /// The channel is gone: nobody is called any more.
  void abandon() {
    events_ = {};
    close();
  }

 private:
  using Descriptor = asio::posix::stream_descriptor;
  Descriptor& output() { return output_ ? *output_ : input_; }

  void read() {
    if (is_paused_ || is_closed_ || is_reading_) return;
    is_reading_ = true;
    input_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const error_code& error) {
      self->is_reading_ = false;
      if (self->is_closed_) return;
      if (error) return self->finish(error == asio::error::operation_aborted ? "" : error.message());
      if (!self->is_paused_) self->read_some();
    });
  }

  void read_some() {
    scratch_.resize(Channel::kReadBytes);
    error_code error;
    const std::size_t n = input_.read_some(asio::buffer(scratch_), error);
    if (n > 0 && !is_closing_ && events_.on_bytes) events_.on_bytes(ByteView(scratch_).first(n));
    if (is_closed_) return;
    if (!error || error == asio::error::would_block || error == asio::error::interrupted) return read();
    finish(error == asio::error::eof ? "" : error.message());
  }

  /// Gives the kernel what it takes.
  void flush() {
    is_writing_ = true;
    while (!queue_.empty()) {
      error_code error;
      const std::size_t n = output().write_some(pieces(), error);
      if (error == asio::error::would_block) return flush_later();
      if (error == asio::error::interrupted) continue;
      if (error) return broken(error.message());
      drop(n);
    }
    asio::post(input_.get_executor(), [self = shared_from_this()] { self->drained(); });
  }

  void flush_later() {
    output().async_wait(Descriptor::wait_write, [self = shared_from_this()](const error_code& error) {
      if (self->is_closed_) return;
      if (error) return self->broken(error.message());
      self->flush();
    });
  }

  /// The other side takes nothing any more. What it said before it went may lie here still, and says why it went.
  void broken(const std::string& reason) {
    is_broken_ = true;
    is_writing_ = false;
    queue_.clear();
    unsent_ = 0;
    finish_after_linger(reason);
  }

  std::vector<asio::const_buffer> pieces() const {
    std::vector<asio::const_buffer> out;
    for (std::size_t i = 0; i < std::min(queue_.size(), kPiecesMax); ++i) out.push_back(asio::buffer(queue_[i]));
    out.front() += sent_of_front_;
    return out;
  }

  void drop(std::size_t n) {
    unsent_ -= n;
    sent_of_front_ += n;
    while (!queue_.empty() && sent_of_front_ >= queue_.front().size()) {
      sent_of_front_ -= queue_.front().size();
      queue_.pop_front();
    }
  }

  void drained() {
    if (is_closed_) return;
    if (!queue_.empty()) return flush();
    is_writing_ = false;
    if (is_closing_) return finish({});
    if (events_.on_drained) events_.on_drained();
  }

  void finish_after_linger(const std::string& reason) {
    linger_.expires_after(kLingerMax);
    linger_.async_wait([self = shared_from_this(), reason](const error_code& error) {
      if (!error) self->finish(reason);
    });
  }

  void finish(const std::string& reason) {
    if (is_closed_) return;
    is_closed_ = true;
    error_code ignored;
    linger_.cancel();
    input_.close(ignored);
    if (output_) output_->close(ignored);
    const auto on_closed = std::move(events_.on_closed);
    events_ = {};
    if (on_closed) on_closed(reason);
  }

  std::vector<std::uint8_t>& scratch_;
  Descriptor input_;
  std::optional<Descriptor> output_;  // where that is another one
  asio::steady_timer linger_;
  Channel::Events events_;
  std::deque<Bytes> queue_;
  std::size_t sent_of_front_ = 0;
  std::size_t unsent_ = 0;
  bool is_reading_ = false;
  bool is_writing_ = false;  // or the news of it is on its way
  bool is_paused_ = false;
  bool is_broken_ = false;
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
  return std::make_unique<StreamChannel>(std::make_shared<Stream>(loop, read_fd, write_fd));
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

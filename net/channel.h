// SPDX-License-Identifier: Apache-2.0
// A byte channel that keeps order: one end of a Unix socket, a pair of pipes, the standard input and output of a child.
// What a sync session runs over. All callbacks come from the loop, never from inside a call of the channel.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kith/bytes.h"
#include "kith/result.h"
#include "net/loop.h"

namespace kith::net {

class Channel {
 public:
  static constexpr std::size_t kReadBytes = 256 << 10;

  struct Events {
    std::function<void(ByteView)> on_bytes;
    /// Everything handed to write() has gone to the kernel.
    std::function<void()> on_drained;
    /// Once, at the end, whichever side closed; the reason is a sentence, empty for an orderly end.
    std::function<void(const std::string& reason)> on_closed;
  };

  virtual ~Channel() = default;
  /// Begins to read. Call once.
  virtual void start(Events events) = 0;
  /// Queues bytes; the caller bounds the queue by looking at unsent().
  virtual void write(Bytes bytes) = 0;
  virtual std::size_t unsent() const = 0;
  /// No on_bytes until resumed: back-pressure.
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Sends what is queued (for a bounded time), then closes. on_closed follows.
  virtual void close() = 0;
};

/// Takes both descriptors over; they may be the same one (a socket).
std::unique_ptr<Channel> make_channel(Loop& loop, int read_fd, int write_fd);
/// Standard input and output of this process. Nothing else may print to standard output then.
std::unique_ptr<Channel> stdio_channel(Loop& loop);
/// Copies both ways until one side ends, then closes both and calls `on_done`.
void connect_channels(std::shared_ptr<Channel> a, std::shared_ptr<Channel> b, std::function<void()> on_done);

/// A child process whose standard input and output are the channel (`ssh dan kith sync --stdio`). Standard error is
/// ours.
class Child {
 public:
  static Result<std::unique_ptr<Child>> start(Loop& loop, const std::string& command);
  /// Ends it: closes its input, waits a moment, then terminates it.
  ~Child();
  /// Once.
  std::unique_ptr<Channel> take_channel() { return std::move(channel_); }

 private:
  Child(int pid, std::unique_ptr<Channel> channel) : pid_(pid), channel_(std::move(channel)) {}
  int pid_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace kith::net

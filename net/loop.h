// SPDX-License-Identifier: Apache-2.0
// The event loop of a process: one thread runs everything. Jobs, timers, signals; sockets hang themselves in.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace kith::net {

class Loop {
 public:
  /// After so many jobs in a row the end of a batch is announced, however busy it is.
  static constexpr int kBatchMax = 256;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Until stop(). May be called again.
  void run();
  void stop();
  void post(std::function<void()> job);
  /// Called on SIGINT and SIGTERM in place of the end of the process.
  void set_on_stop_signal(std::function<void()> handler);
  /// Called whenever the jobs at hand are done: the place for what many of them wait for (one flush for all).
  void set_after_batch(std::function<void()> handler);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// One deadline at a time; starting it again replaces it. Cancelled when destroyed.
class Timer {
 public:
  explicit Timer(Loop& loop);
  ~Timer();
  void start(std::uint64_t ms, std::function<void()> job);
  void cancel();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kith::net

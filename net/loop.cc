// SPDX-License-Identifier: Apache-2.0
#include "net/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>

#include "net/asio.h"

namespace kith::net {

Loop::Loop() : impl_(std::make_unique<Impl>()) {
  // A peer that hangs up is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
}

Loop::~Loop() = default;

void Loop::run() {
  auto& context = impl_->context;
  const auto work = asio::make_work_guard(context);
  context.restart();
  while (context.run_one() != 0) {
    for (int i = 1; i < kBatchMax && context.poll_one() != 0; ++i) {
    }
    if (impl_->after_batch) impl_->after_batch();
  }
}

void Loop::stop() {
  impl_->context.stop();
}

void Loop::post(std::function<void()> job) {
  asio::post(impl_->context, std::move(job));
}

void Loop::set_on_stop_signal(std::function<void()> handler) {
  boost::system::error_code ignored;
  impl_->signals.add(SIGINT, ignored);
  impl_->signals.add(SIGTERM, ignored);
  impl_->signals.async_wait([handler = std::move(handler)](const boost::system::error_code& error, int) {
    if (!error) handler();
  });
}

void Loop::set_after_batch(std::function<void()> handler) {
  impl_->after_batch = std::move(handler);
}

struct Timer::Impl {
  explicit Impl(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
};

Timer::Timer(Loop& loop) : impl_(std::make_shared<Impl>(loop.impl().context)) {}

Timer::~Timer() {
  cancel();
}

void Timer::start(std::uint64_t ms, std::function<void()> job) {
  impl_->timer.expires_after(std::chrono::milliseconds(ms));
  impl_->timer.async_wait([weak = std::weak_ptr(impl_), job = std::move(job)](const boost::system::error_code& error) {
    if (!error && !weak.expired()) job();
  });
}

void Timer::cancel() {
  impl_->timer.cancel();
}

}  // namespace kith::net

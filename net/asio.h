// SPDX-License-Identifier: Apache-2.0
// Boost.Asio, for the .cc files of this room alone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <vector>

#include "net/loop.h"

namespace kith::net {

namespace asio = boost::asio;

struct Loop::Impl {
  asio::io_context context{1};
  asio::signal_set signals{context};
  std::function<void()> after_batch;
  /// Where sockets read to: one buffer for all, so that a quiet connection holds none. Only within one handler.
  std::vector<std::uint8_t> scratch;
};

}  // namespace kith::net

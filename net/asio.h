// SPDX-License-Identifier: Apache-2.0
// Boost.Asio, for the .cc files of this room alone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "net/loop.h"

namespace kith::net {

namespace asio = boost::asio;

struct Loop::Impl {
  asio::io_context context{1};
  asio::signal_set signals{context};
  std::function<void()> after_batch;
};

}  // namespace kith::net

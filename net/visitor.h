// SPDX-License-Identifier: Apache-2.0
// Somebody who wants to speak libp2p, over TCP or a WebSocket.
#pragma once

#include <memory>

#include "net/admission.h"
#include "net/channel.h"
#include "net/endpoint.h"

namespace kith::net {

struct Visitor {
  std::unique_ptr<Channel> channel;
  Endpoint remote;
  Endpoint local;
  bool is_web_socket = false;
  bool is_secure = false;
  std::shared_ptr<Admission::Pass> pass;
};

}  // namespace kith::net

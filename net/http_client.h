// SPDX-License-Identifier: Apache-2.0
// One HTTP request over a Unix socket, waiting for the answer: how the command line talks to a node that runs.
#pragma once

#include <string>

#include "net/http.h"

namespace kith::net {

/// kUnreachable if nobody listens, kTimeout.
Result<HttpResponse> http_call(const std::string& socket_path, const HttpRequest& request, std::uint64_t ms_max);

}  // namespace kith::net

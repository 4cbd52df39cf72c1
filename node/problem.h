// SPDX-License-Identifier: Apache-2.0
// Errors as HTTP answers: problem details (RFC 9457) with cause and remedy apart.
#pragma once

#include "kith/json.h"
#include "net/http.h"

namespace kith::node {

/// The HTTP status that fits an error.
int http_status(ErrorCode code);
net::HttpResponse problem(const Error& error);
net::HttpResponse json_response(int status, const Json& body);
/// The error that a problem answer stands for; kInternal if it is none.
Error problem_error(const net::HttpResponse& response);

}  // namespace kith::node

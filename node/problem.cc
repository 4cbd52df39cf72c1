// SPDX-License-Identifier: Apache-2.0
#include "node/problem.h"

namespace kith::node {
namespace {

constexpr std::string_view kProblemType = "application/problem+json";

}  // namespace

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kMalformed:
    case ErrorCode::kBadWords:
    case ErrorCode::kBadInvite:
    case ErrorCode::kBadSchema:
    case ErrorCode::kBadSql:
    case ErrorCode::kBadKey:
    case ErrorCode::kBadSignature: return 400;
    case ErrorCode::kPermission:
    case ErrorCode::kRefused:
    case ErrorCode::kNotMember:
    case ErrorCode::kBadPassword:
    case ErrorCode::kCannotOpen: return 403;
    case ErrorCode::kNotFound:
    case ErrorCode::kInviteUnknown: return 404;
    case ErrorCode::kLocked:
    case ErrorCode::kExists:
    case ErrorCode::kConstraint:
    case ErrorCode::kDoubledLog:
    case ErrorCode::kOutOfOrder:
    case ErrorCode::kClockAhead:
    case ErrorCode::kWrongSpace:
    case ErrorCode::kAlreadyMember: return 409;
    case ErrorCode::kInviteExpired:
    case ErrorCode::kInviteSpent: return 410;
    case ErrorCode::kTooLarge: return 413;
    case ErrorCode::kPeerProtocol:
    case ErrorCode::kPeerRefused:
    case ErrorCode::kClosed:
    case ErrorCode::kUnreachable: return 502;
    case ErrorCode::kTimeout: return 504;
    case ErrorCode::kDiskFull: return 507;
    case ErrorCode::kInternal:
    case ErrorCode::kIo:
    case ErrorCode::kNotDatabase:
    case ErrorCode::kNewerVersion:
    case ErrorCode::kPortInUse: return 500;
  }
  return 500;
}

net::HttpResponse problem(const Error& error) {
  const int status = http_status(error.code());
  net::HttpResponse out = json_response(status, Json::object({{"type", "about:blank"},
                                                              {"title", error_name(error.code())},
                                                              {"status", status},
                                                              {"detail", error.message()},
                                                              {"cause", error.cause()},
                                                              {"remedy", error.remedy()}}));
  out.content_type = kProblemType;
  return out;
}

net::HttpResponse json_response(int status, const Json& body) {
  net::HttpResponse out;
  out.status = status;
  out.content_type = "application/json";
  out.body = body.dump() + "\n";
  return out;
}

Error problem_error(const net::HttpResponse& response) {
  const auto body = Json::parse(response.body);
  const std::string title = body.ok() ? body->at("title").text().value_or("") : "";
  for (int code = 0; code <= static_cast<int>(ErrorCode::kUnreachable); ++code) {
    if (error_name(static_cast<ErrorCode>(code)) != title) continue;
    return {static_cast<ErrorCode>(code), body->at("cause").text().value_or(""),
            body->at("remedy").text().value_or("")};
  }
  return {ErrorCode::kInternal, "The node answered with status " + std::to_string(response.status) + ".",
          "Look at its messages."};
}

}  // namespace kith::node

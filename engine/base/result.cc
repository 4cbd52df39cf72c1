// SPDX-License-Identifier: Apache-2.0
#include "kith/result.h"

namespace kith {

std::string_view error_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal: return "internal";
    case ErrorCode::kUsage: return "usage";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kDiskFull: return "disk_full";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kPermission: return "permission";
    case ErrorCode::kLocked: return "locked";
    case ErrorCode::kExists: return "exists";
    case ErrorCode::kMalformed: return "malformed";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kBadSignature: return "bad_signature";
    case ErrorCode::kBadKey: return "bad_key";
    case ErrorCode::kBadWords: return "bad_words";
    case ErrorCode::kBadPassword: return "bad_password";
    case ErrorCode::kCannotOpen: return "cannot_open";
    case ErrorCode::kNotDatabase: return "not_database";
    case ErrorCode::kNewerVersion: return "newer_version";
    case ErrorCode::kBadSchema: return "bad_schema";
    case ErrorCode::kBadSql: return "bad_sql";
    case ErrorCode::kRefused: return "refused";
    case ErrorCode::kConstraint: return "constraint";
    case ErrorCode::kDoubledLog: return "doubled_log";
    case ErrorCode::kOutOfOrder: return "out_of_order";
    case ErrorCode::kClockAhead: return "clock_ahead";
    case ErrorCode::kBadInvite: return "bad_invite";
    case ErrorCode::kInviteUnknown: return "invite_unknown";
    case ErrorCode::kInviteExpired: return "invite_expired";
    case ErrorCode::kInviteSpent: return "invite_spent";
    case ErrorCode::kWrongSpace: return "wrong_space";
    case ErrorCode::kAlreadyMember: return "already_member";
    case ErrorCode::kNotMember: return "not_member";
    case ErrorCode::kPeerProtocol: return "peer_protocol";
    case ErrorCode::kPeerRefused: return "peer_refused";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kClosed: return "closed";
    case ErrorCode::kPortInUse: return "port_in_use";
    case ErrorCode::kUnreachable: return "unreachable";
  }
  return "unknown";
}

}  // namespace kith

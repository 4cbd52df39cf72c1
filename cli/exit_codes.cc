// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_codes.h"

namespace kith::cli {

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal: return 1;
    case ErrorCode::kUsage:
    case ErrorCode::kMalformed:
    case ErrorCode::kTooLarge: return 2;
    case ErrorCode::kIo: return 3;
    case ErrorCode::kDiskFull: return 4;
    case ErrorCode::kNotFound: return 5;
    case ErrorCode::kPermission: return 6;
    case ErrorCode::kLocked: return 7;
    case ErrorCode::kExists: return 8;
    case ErrorCode::kBadWords: return 9;
    case ErrorCode::kBadPassword:
    case ErrorCode::kBadKey:
    case ErrorCode::kCannotOpen: return 10;
    case ErrorCode::kNotDatabase: return 11;
    case ErrorCode::kNewerVersion: return 12;
    case ErrorCode::kBadSchema:
    case ErrorCode::kBadSql:
    case ErrorCode::kConstraint: return 13;
    case ErrorCode::kRefused: return 14;
    case ErrorCode::kBadInvite: return 15;
    case ErrorCode::kInviteUnknown: return 16;
    case ErrorCode::kInviteExpired: return 17;
    case ErrorCode::kInviteSpent: return 18;
    case ErrorCode::kWrongSpace: return 19;
    case ErrorCode::kAlreadyMember:
    case ErrorCode::kNotMember: return 20;
    case ErrorCode::kClockAhead: return 21;
    case ErrorCode::kBadSignature:
    case ErrorCode::kDoubledLog:
    case ErrorCode::kOutOfOrder: return 22;
    case ErrorCode::kPeerProtocol: return 23;
    case ErrorCode::kPeerRefused: return 24;
    case ErrorCode::kTimeout: return 25;
    case ErrorCode::kClosed: return 26;
    case ErrorCode::kUnreachable: return 27;
    case ErrorCode::kPortInUse: return 28;
  }
  return 1;
}

}  // namespace kith::cli

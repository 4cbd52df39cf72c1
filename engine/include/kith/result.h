// SPDX-License-Identifier: Apache-2.0
// Result<T>: how every function of the engine reports what happens in normal life (not found, disk full,
// a bad signature). An Error names the cause and the remedy in sentences a person can act on; its code is
// what programs, exit codes and HTTP statuses are derived from. Bugs of our own are CHECKs (base/check.h),
// never Results.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace kith {

/// One name for each cause that a caller may want to tell apart. Grouped by the room that reports it.
/// The numbers are not stable; `error_name` is what goes into JSON.
enum class ErrorCode : std::uint16_t {
  // base
  kInternal,    // something of ours that should not happen; please report it
  kUsage,       // the call's arguments are off
  kIo,          // reading or writing failed
  kDiskFull,    // no space left
  kNotFound,    // no such thing here
  kPermission,  // a file with keys is readable by others, or we may not open it
  kLocked,      // another process holds the data directory
  kExists,      // it is there already
  // codec
  kMalformed,  // bytes that are not of the form they claim
  kTooLarge,   // a bound was exceeded
  // crypto
  kBadSignature,
  kBadKey,
  kBadWords,     // 12 words: an unknown word, or the checksum is off
  kBadPassword,  // or the file was altered
  kCannotOpen,   // no key for it here, or the ciphertext does not open
  // store
  kNotDatabase,   // the file is no database, or is damaged
  kNewerVersion,  // written by a newer version of this program
  kBadSchema,     // the .sql file declares something that cannot be kept
  kBadSql,        // a statement does not parse or run
  kRefused,       // a write rule forbids it
  kConstraint,    // NOT NULL, immutable column, a key that changes
  // log
  kDoubledLog,  // two entries with one number in one log
  kOutOfOrder,  // an entry that does not link to what is here
  kClockAhead,  // a stamp too far in the future
  // space
  kBadInvite,      // mistyped or cut off
  kInviteUnknown,  // nobody here issued it
  kInviteExpired,
  kInviteSpent,
  kWrongSpace,
  kAlreadyMember,
  kNotMember,
  // sync
  kPeerProtocol,  // the other side sent what the protocol forbids
  kPeerRefused,   // the other side does not know us, or has no such space
  kTimeout,
  kClosed,
  // net
  kPortInUse,
  kUnreachable,
};

/// "disk_full", "invite_expired", … as in JSON and problem details.
std::string_view error_name(ErrorCode code);

class [[nodiscard]] Error {
 public:
  /// `cause`: one sentence, what happened. `remedy`: one sentence, what to do about it (may be empty).
  Error(ErrorCode code, std::string cause, std::string remedy = {})
      : detail_(std::make_unique<Detail>(Detail{code, std::move(cause), std::move(remedy)})) {}
  Error(const Error& other) : detail_(std::make_unique<Detail>(*other.detail_)) {}
  Error(Error&&) noexcept = default;
  Error& operator=(const Error& other) {
    detail_ = std::make_unique<Detail>(*other.detail_);
    return *this;
  }
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  ErrorCode code() const { return detail_->code; }
  const std::string& cause() const { return detail_->cause; }
  const std::string& remedy() const { return detail_->remedy; }
  /// "cause. remedy"
  std::string message() const {
    return detail_->remedy.empty() ? detail_->cause : detail_->cause + " " + detail_->remedy;
  }
  /// Says where it happened, on the way up: "while joining: the disk is full."
  Error&& with_context(std::string_view where) && {
    detail_->cause = std::string(where) + ": " + detail_->cause;
    return std::move(*this);
  }

 private:
  struct Detail {
    ErrorCode code;
    std::string cause;
    std::string remedy;
  };
  std::unique_ptr<Detail> detail_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <typename U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, Result>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  /// Only when ok().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  /// Only when !ok().
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const { return ok(); }
  void value() const {}
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::unique_ptr<Error> error_;
};

}  // namespace kith

/// Unwraps a Result inside a function that returns a Result: `auto x = KITH_TRY(f());`
#define KITH_TRY(expression) KITH_TRY_COUNTED(__COUNTER__, expression)
// A name of its own for each use, because one may stand inside another.
#define KITH_TRY_COUNTED(counter, expression) KITH_TRY_JOINED(counter, expression)
#define KITH_TRY_JOINED(counter, expression) KITH_TRY_NAMED(kith_try_##counter, expression)
#define KITH_TRY_NAMED(name, expression)            \
  __extension__({                                   \
    auto name = (expression);                       \
    if (!name.ok()) return std::move(name).error(); \
    std::move(name).value();                        \
  })

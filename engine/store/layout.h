// SPDX-License-Identifier: Apache-2.0
// What lies in the file beside the app's tables: the store's own tables, guards against writes that would not be
// noticed, views (docs/formats/store.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kith/bytes.h"
#include "kith/result.h"
#include "store/db.h"
#include "store/schema.h"

namespace kith::store {

inline constexpr std::int64_t kFormTail = 0;
inline constexpr std::int64_t kFormEntry = 1;

inline constexpr std::int64_t kStateCounts = 0;
inline constexpr std::int64_t kStateRetracted = 4;

/// kith_rows.state
inline constexpr std::int64_t kRowWaiting = 1;
inline constexpr std::int64_t kRowDead = 2;
inline constexpr std::int64_t kRowRevived = 3;

inline constexpr int kRowidOpBits = 20;  // rowid = pos << 20 | op
inline std::int64_t natural_rowid(std::int64_t pos, std::uint32_t op) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(pos) << kRowidOpBits | op);
}

/// The body of a journal row of form 0.
struct TailBody {
  ByteView shape;
  ByteView values;
};
Bytes make_tail_body(ByteView shape, ByteView values);
Result<TailBody> split_tail_body(ByteView body);

/// Registers what guards need on this connection; without it they refuse every write. Before anything else is done with
/// the file.
Result<void> register_guards(Db& db);
/// The app's tables as they lie in the file.
struct Layout {
  Schema agreed;  // what the space has agreed on: entries and local writes name nothing else
  Schema laid;    // that, and behind it what this program declares besides: tables and columns that wait, and are empty
};

/// Creates everything in an empty file, or lays one that was made with another schema out anew; in one transaction.
/// `is_agreed`: this program's schema is agreed on at once, else nothing is in a new file, and what was in an old one.
/// kBadSchema: `Schema::grown` does not allow the move from what was agreed.
Result<Layout> ensure_layout(Db& db, const Schema& program, bool is_agreed);
/// The agreed schema is another one from now on; inside the caller's transaction.
Result<Layout> move_layout(Db& db, const Layout& before, Schema agreed, const Schema& program);

}  // namespace kith::store

// SPDX-License-Identifier: Apache-2.0
// TableFile: an SQLite database of plain tables, made in memory and read out piece by piece. Nothing in it is the
// store's: no journal, no keys, no rowids of ours, and any program opens it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kith/tables.h"
#include "store/db.h"

namespace kith::store {

class TableFile final : public Tables {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{1} << 30;  // a device that holds it twice must still breathe

  static Result<std::unique_ptr<TableFile>> begin();
  ~TableFile() override;

  Result<void> add(std::string_view table, const Rows& rows) override;
  /// From now on it is whole, can be read, and nothing is added.
  Result<void> finish();
  std::uint64_t size() const;
  /// Up to `size` bytes from there on.
  Bytes read(std::uint64_t at, std::size_t size) const;

 private:
  class Pages;
  TableFile();
  std::unique_ptr<Pages> pages_;
  std::unique_ptr<Db> db_;
  std::vector<std::string> tables_;
};

}  // namespace kith::store

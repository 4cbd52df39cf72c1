// SPDX-License-Identifier: Apache-2.0
#include "store/table_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "store/schema.h"

namespace kith::store {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
using Block = std::array<std::uint8_t, kBlockBytes>;

}  // namespace

/// A file system of one file, in blocks, so that it grows without being copied.
class TableFile::Pages final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(std::string_view, bool) override { return std::unique_ptr<File>(new Open(*this)); }
  Result<void> remove(std::string_view) override { return {}; }
  bool exists(std::string_view) override { return size > 0; }
  Result<void> rename(std::string_view, std::string_view) override { return {}; }

  std::size_t read(std::uint64_t at, std::span<std::uint8_t> out) const {
    std::size_t done = 0;
    const std::uint64_t end = std::min<std::uint64_t>(size, at + out.size());
    while (at + done < end) {
      const std::uint64_t from = at + done;
      const std::size_t in_block = static_cast<std::size_t>(from % kBlockBytes);
      const std::size_t n = std::min<std::size_t>(kBlockBytes - in_block, static_cast<std::size_t>(end - from));
      std::memcpy(out.data() + done, blocks[static_cast<std::size_t>(from / kBlockBytes)]->data() + in_block, n);
      done += n;
    }
    return done;
  }
  Result<void> write(std::uint64_t at, ByteView data) {
    if (at + data.size() > kBytesMax)
      return Error(ErrorCode::kDiskFull, "This is more than one file of this kind can hold.",
                   "Take along what is on another device, or copy the node's data directory.");
    while (blocks.size() * kBlockBytes < at + data.size()) blocks.push_back(std::make_unique<Block>());
    for (std::size_t done = 0; done < data.size();) {
      const std::uint64_t to = at + done;
      const std::size_t in_block = static_cast<std::size_t>(to % kBlockBytes);
      const std::size_t n = std::min(kBlockBytes - in_block, data.size() - done);
      std::memcpy(blocks[static_cast<std::size_t>(to / kBlockBytes)]->data() + in_block, data.data() + done, n);
      done += n;
    }
    size = std::max<std::uint64_t>(size, at + data.size());
    return {};
  }

  std::vector<std::unique_ptr<Block>> blocks;
  std::uint64_t size = 0;

 private:
  class Open final : public File {
   public:
    explicit Open(Pages& pages) : pages_(pages) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
      return pages_.read(offset, out);
    }
    Result<void> write_at(std::uint64_t offset, ByteView data) override { return pages_.write(offset, data); }
    Result<void> truncate(std::uint64_t size) override {
      pages_.size = std::min(pages_.size, size);
      return {};
    }
    Result<void> sync() override { return {}; }
    Result<std::uint64_t> size() override { return pages_.size; }

   private:
    Pages& pages_;
  };
};

TableFile::TableFile() : pages_(std::make_unique<Pages>()) {}
TableFile::~TableFile() {
  db_.reset();
}

Result<std::unique_ptr<TableFile>> TableFile::begin() {
  std::unique_ptr<TableFile> out(new TableFile());
  out->db_ = KITH_TRY(Db::make_plain("the file to take along", *out->pages_));
  KITH_TRY(out->db_->begin());
  return out;
}

Result<void> TableFile::add(std::string_view table, const Rows& rows) {
  CHECK(db_ != nullptr && !rows.columns.empty());
  if (std::find(tables_.begin(), tables_.end(), table) == tables_.end()) {
    std::string columns;
    for (const std::string& column : rows.columns) {
      columns += columns.empty() ? quoted(column) + " PRIMARY KEY" : ", " + quoted(column);
    }
    KITH_TRY(db_->exec("CREATE TABLE " + quoted(table) + "(" + columns + ")"));
    tables_.emplace_back(table);
  }
  std::string places;
  for (std::size_t i = 0; i < rows.columns.size(); ++i) places += i == 0 ? "?" : ", ?";
  Statement insert = KITH_TRY(db_->prepare("INSERT INTO " + quoted(table) + " VALUES (" + places + ")"));
  for (const auto& row : rows.rows) {
    CHECK(row.size() == rows.columns.size());
    for (std::size_t i = 0; i < row.size(); ++i) insert.bind(static_cast<int>(i) + 1, row[i]);
    KITH_TRY(insert.run());
  }
  return {};
}

Result<void> TableFile::finish() {
  CHECK(db_ != nullptr);
  KITH_TRY(db_->commit());
  db_.reset();
  return {};
}

std::uint64_t TableFile::size() const {
  return pages_->size;
}

Bytes TableFile::read(std::uint64_t at, std::size_t size) const {
  CHECK(db_ == nullptr);
  if (at >= pages_->size) return {};
  Bytes out(static_cast<std::size_t>(std::min<std::uint64_t>(size, pages_->size - at)));
  CHECK(pages_->read(at, out) == out.size());
  return out;
}

}  // namespace kith::store

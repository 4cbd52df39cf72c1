// SPDX-License-Identifier: Apache-2.0
// A disk in memory: fast, and with a power switch. What was not synced is gone when the power goes.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/environment.h"

namespace kith::store::testing {

class MemoryDisk final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(std::string_view name, bool create) override {
    auto it = files_.find(name);
    if (it == files_.end()) {
      if (!create) return Error(ErrorCode::kNotFound, "There is no such file.");
      it = files_.emplace(std::string(name), std::make_shared<Content>()).first;
    }
    return std::unique_ptr<File>(new Open(it->second, *this));
  }
  Result<void> remove(std::string_view name) override {
    const auto it = files_.find(name);
    if (it != files_.end()) files_.erase(it);
    return {};
  }
  bool exists(std::string_view name) override { return files_.find(name) != files_.end(); }
  Result<void> rename(std::string_view from, std::string_view to) override {
    const auto it = files_.find(from);
    if (it == files_.end()) return Error(ErrorCode::kNotFound, "There is no such file.");
    auto content = it->second;
    files_.erase(it);
    files_[std::string(to)] = std::move(content);
    return {};
  }

  /// Everything that was not synced is as it was at the last sync. Open files must be closed first.
  void lose_power() {
    for (auto& [name, content] : files_) content->now = content->durable;
  }
  /// From now on every write fails, as on a full disk.
  void fill_up(bool is_full) { fill_up_after(is_full ? 0 : UINT64_MAX); }
  /// The same, after that many more writes.
  void fill_up_after(std::uint64_t writes) { writes_left_ = writes; }
  /// A cheap card: a sync returns, and nothing was synced.
  void set_sync_lies(bool lies) { sync_lies_ = lies; }

 private:
  struct Content {
    Bytes now;
    Bytes durable;
  };
  class Open final : public File {
   public:
    Open(std::shared_ptr<Content> content, MemoryDisk& disk) : content_(std::move(content)), disk_(disk) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
      const Bytes& from = content_->now;
      if (offset >= from.size()) return std::size_t{0};
      const std::size_t n = std::min(out.size(), from.size() - static_cast<std::size_t>(offset));
      std::memcpy(out.data(), from.data() + offset, n);
      return n;
    }
    Result<void> write_at(std::uint64_t offset, ByteView data) override {
      if (disk_.writes_left_ == 0) return Error(ErrorCode::kDiskFull, "The disk is full.");
      if (disk_.writes_left_ != UINT64_MAX) --disk_.writes_left_;
      Bytes& to = content_->now;
      if (to.size() < offset + data.size()) to.resize(offset + data.size());
      if (!data.empty()) std::memcpy(to.data() + offset, data.data(), data.size());
      return {};
    }
    Result<void> truncate(std::uint64_t size) override {
      content_->now.resize(size);
      return {};
    }
    Result<void> sync() override {
      if (!disk_.sync_lies_) content_->durable = content_->now;
      return {};
    }
    Result<std::uint64_t> size() override { return content_->now.size(); }

   private:
    std::shared_ptr<Content> content_;
    MemoryDisk& disk_;
  };
  std::map<std::string, std::shared_ptr<Content>, std::less<>> files_;
  std::uint64_t writes_left_ = UINT64_MAX;
  bool sync_lies_ = false;
};

}  // namespace kith::store::testing

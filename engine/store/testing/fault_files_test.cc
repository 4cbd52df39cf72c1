// SPDX-License-Identifier: Apache-2.0
#include "store/testing/fault_files.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kith::store::testing {

class FaultFile : public File {
 public:
  FaultFile(FaultFiles& files, std::shared_ptr<FaultFiles::Content> content)
      : files_(files), content_(std::move(content)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    const Bytes& bytes = content_->now;
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t n = std::min<std::size_t>(out.size(), bytes.size() - offset);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), n, out.begin());
    return n;
  }
  Result<void> write_at(std::uint64_t offset, ByteView data) override {
    return change({offset, to_bytes(data), false});
  }
  Result<void> truncate(std::uint64_t size) override { return change({size, {}, true}); }
  Result<void> sync() override {
    KITH_TRY(files_.operate());
    content_->synced = content_->now;
    content_->unsynced.clear();
    return {};
  }
  Result<std::uint64_t> size() override { return std::uint64_t{content_->now.size()}; }

 private:
  Result<void> change(FaultFiles::Change change) {
    if (files_.is_full_ && !change.is_truncation) return Error(ErrorCode::kDiskFull, "full");
    KITH_TRY(files_.operate());
    FaultFiles::apply(content_->now, change);
    content_->unsynced.push_back(std::move(change));
    return {};
  }
  FaultFiles& files_;
  std::shared_ptr<FaultFiles::Content> content_;
};

void FaultFiles::apply(Bytes& bytes, const Change& change) {
  if (change.is_truncation) {
    bytes.resize(change.offset);
    return;
  }
  if (bytes.size() < change.offset + change.data.size()) bytes.resize(change.offset + change.data.size());
  std::copy(change.data.begin(), change.data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

Result<void> FaultFiles::operate() {
  if (++operations_ > cut_at_) return Error(ErrorCode::kIo, "the power is gone");
  return {};
}

Result<std::unique_ptr<File>> FaultFiles::open(std::string_view name, bool create) {
  auto& content = disk_[std::string(name)];
  if (content == nullptr) {
    if (!create || operations_ > cut_at_) {
      disk_.erase(std::string(name));
      return Error(ErrorCode::kNotFound, "no such file");
    }
    content = std::make_shared<Content>();
  }
  return std::unique_ptr<File>(std::make_unique<FaultFile>(*this, content));
}

Result<void> FaultFiles::remove(std::string_view name) {
  KITH_TRY(operate());
  disk_.erase(std::string(name));
  return {};
}

Result<void> FaultFiles::rename(std::string_view from, std::string_view to) {
  KITH_TRY(operate());
  disk_[std::string(to)] = disk_[std::string(from)];
  disk_.erase(std::string(from));
  return {};
}

void FaultFiles::copy_from(const FaultFiles& other) {
  disk_.clear();
  for (const auto& [name, content] : other.disk_) disk_[name] = std::make_shared<Content>(*content);
}

void FaultFiles::restart(Loss loss, std::mt19937& random) {
  for (auto& [name, content] : disk_) {
    if (loss != Loss::kNone) {
      content->now = content->synced;
      for (Change& change : content->unsynced) {
        if (loss == Loss::kAll || random() % 2 == 0) continue;
        if (!change.is_truncation && random() % 3 == 0) change.data.resize(random() % (change.data.size() + 1));
        apply(content->now, change);
      }
    }
    content->synced = content->now;
    content->unsynced.clear();
  }
  operations_ = 0;
  cut_at_ = UINT64_MAX;
}

TEST(FaultFiles, lose_what_was_not_synced) {
  FaultFiles files;
  std::mt19937 random;
  auto file = std::move(files.open("a", true)).value();
  ASSERT_TRUE(file->write_at(0, as_bytes("safe")).ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_TRUE(file->write_at(0, as_bytes("lost")).ok());
  files.cut_power_at(files.operations());
  EXPECT_FALSE(file->sync().ok());
  files.restart(FaultFiles::Loss::kAll, random);
  Bytes read(4);
  ASSERT_EQ(*file->read_at(0, read), 4u);
  EXPECT_EQ(as_text(read), "safe");
}

}  // namespace kith::store::testing

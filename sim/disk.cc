// SPDX-License-Identifier: Apache-2.0
#include "sim/disk.h"

#include <algorithm>

namespace kith::sim {
namespace {

Error power_is_off() {
  return {ErrorCode::kIo, "The power is off.", "Boot the machine."};
}

}  // namespace

class DiskFile final : public File {
 public:
  DiskFile(Disk& disk, Disk::Shared content, std::string name)
      : disk_(disk), content_(std::move(content)), name_(std::move(name)), boot_(disk.boots_) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    if (is_dead()) return power_is_off();
    const Bytes& now = content_->now;
    if (offset >= now.size()) return std::size_t{0};
    const std::size_t n = std::min<std::size_t>(out.size(), now.size() - offset);
    std::copy_n(now.begin() + static_cast<std::ptrdiff_t>(offset), n, out.begin());
    return n;
  }

  Result<void> write_at(std::uint64_t offset, ByteView data) override {
    if (is_dead()) return power_is_off();
    KITH_TRY(disk_.check_room(*content_, offset + data.size()));
    return change({offset, to_bytes(data), std::nullopt});
  }

  Result<void> truncate(std::uint64_t size) override {
    if (is_dead()) return power_is_off();
    KITH_TRY(disk_.check_room(*content_, size));
    return change({0, {}, size});
  }

  Result<void> sync() override {
    if (is_dead()) return power_is_off();
    if (!disk_.change_begins()) return power_is_off();
    if (disk_.sync_lies_ && name_.ends_with("-wal")) return {};
    for (const Disk::Write& write : content_->unsynced) Disk::apply(content_->durable, write);
    content_->unsynced.clear();
    content_->is_name_durable = true;
    return {};
  }

  Result<std::uint64_t> size() override {
    if (is_dead()) return power_is_off();
    return std::uint64_t{content_->now.size()};
  }

 private:
  bool is_dead() const { return !disk_.is_on_ || disk_.boots_ != boot_; }

  // The write during which the power goes was on its way: it may survive like those before it.
  Result<void> change(Disk::Write write) {
    const bool is_on = disk_.change_begins();
    Disk::apply(content_->now, write);
    content_->unsynced.push_back(std::move(write));
    return is_on ? Result<void>() : power_is_off();
  }

  Disk& disk_;
  Disk::Shared content_;
  std::string name_;
  std::uint64_t boot_;
};

Result<std::unique_ptr<File>> Disk::open(std::string_view name, bool create) {
  if (!is_on_) return power_is_off();
  auto found = files_.find(name);
  if (found == files_.end()) {
    if (!create) return Error(ErrorCode::kNotFound, "There is no file " + std::string(name) + ".");
    if (!change_begins()) return power_is_off();
    found = files_.emplace(std::string(name), std::make_shared<Content>()).first;
    if (const auto removed = removed_.find(name); removed != removed_.end()) removed_.erase(removed);
  }
  return std::unique_ptr<File>(std::make_unique<DiskFile>(*this, found->second, std::string(name)));
}

Result<void> Disk::remove(std::string_view name) {
  if (!is_on_) return power_is_off();
  const auto found = files_.find(name);
  if (found == files_.end()) return Error(ErrorCode::kNotFound, "There is no file " + std::string(name) + ".");
  const bool is_on = change_begins();
  if (found->second->is_name_durable) removed_.insert_or_assign(found->first, found->second);
  files_.erase(found);
  return is_on ? Result<void>() : power_is_off();
}

bool Disk::exists(std::string_view name) {
  return is_on_ && files_.contains(name);
}

Result<void> Disk::rename(std::string_view from, std::string_view to) {
  if (!is_on_) return power_is_off();
  const auto found = files_.find(from);
  if (found == files_.end()) return Error(ErrorCode::kNotFound, "There is no file " + std::string(from) + ".");
  if (!change_begins() && dice_.percent(50)) return power_is_off();  // in one step: it happened or it did not
  const Shared content = found->second;
  content->is_name_durable = true;
  files_.erase(found);
  files_.insert_or_assign(std::string(to), content);
  removed_.clear();
  return is_on_ ? Result<void>() : power_is_off();
}

void Disk::boot(Survival survival) {
  for (const auto& [name, content] : removed_) {
    if (survival == Survival::kAll || files_.contains(name) || dice_.percent(50)) continue;
    files_.emplace(name, content);
  }
  removed_.clear();
  for (auto file = files_.begin(); file != files_.end();) {
    Content& content = *file->second;
    if (!content.is_name_durable && survival != Survival::kAll && (survival == Survival::kNone || dice_.percent(50))) {
      file = files_.erase(file);
      continue;
    }
    settle(content, survival);
    ++file;
  }
  operations_left_ = 0;
  ++boots_;
  is_on_ = true;
}

std::uint64_t Disk::used_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, content] : files_) sum += content->now.size();
  return sum;
}

bool Disk::has_unsynced() const {
  return std::any_of(files_.begin(), files_.end(), [](const auto& file) { return !file.second->unsynced.empty(); });
}

bool Disk::contains(ByteView needle) const {
  return contains(needle, "");
}

bool Disk::contains(ByteView needle, std::string_view name_end) const {
  return std::any_of(files_.begin(), files_.end(), [&](const auto& file) {
    return file.first.ends_with(name_end) && as_text(file.second->now).find(as_text(needle)) != std::string_view::npos;
  });
}

std::vector<std::string> Disk::names() const {
  std::vector<std::string> out;
  for (const auto& [name, content] : files_) out.push_back(name);
  return out;
}

bool Disk::change_begins() {
  ++operations_;
  if (operations_left_ > 0 && --operations_left_ == 0) is_on_ = false;
  return is_on_;
}

Result<void> Disk::check_room(const Content& content, std::uint64_t size) const {
  if (!capacity_ || size <= content.now.size()) return {};
  if (used_bytes() - content.now.size() + size <= *capacity_) return {};
  return Error(ErrorCode::kDiskFull, "There is no space left on the disk.", "Free some space.");
}

void Disk::apply(Bytes& bytes, const Write& write) {
  if (write.truncate_to) {
    bytes.resize(*write.truncate_to);
    return;
  }
  if (bytes.size() < write.offset + write.data.size()) bytes.resize(write.offset + write.data.size());
  std::copy(write.data.begin(), write.data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

void Disk::settle(Content& content, Survival survival) {
  const std::vector<Write> unsynced = std::move(content.unsynced);
  switch (survival) {
    case Survival::kNone: break;
    case Survival::kAll:
      for (const Write& write : unsynced) apply(content.durable, write);
      break;
    case Survival::kPrefix: {
      const std::size_t kept = dice_.below(unsynced.size() + 1);
      for (std::size_t i = 0; i < kept; ++i) apply(content.durable, unsynced[i]);
      if (kept < unsynced.size()) apply_part(content.durable, unsynced[kept]);
      break;
    }
    case Survival::kSubset:
      for (const Write& write : unsynced) apply_some_sectors(content.durable, write);
      break;
  }
  content.unsynced.clear();
  content.now = content.durable;
  content.is_name_durable = true;
}

void Disk::apply_part(Bytes& bytes, const Write& write) {
  if (write.data.empty()) return;
  Write part = write;
  part.data.resize(dice_.below(part.data.size()));
  if (!part.data.empty()) apply(bytes, part);
}

void Disk::apply_some_sectors(Bytes& bytes, const Write& write) {
  if (write.truncate_to) {
    if (dice_.percent(50)) apply(bytes, write);
    return;
  }
  std::uint64_t at = 0;
  while (at < write.data.size()) {
    const std::uint64_t to_boundary = kSectorBytes - (write.offset + at) % kSectorBytes;
    const std::uint64_t n = std::min<std::uint64_t>(to_boundary, write.data.size() - at);
    if (dice_.percent(50)) {
      const ByteView piece = ByteView(write.data).subspan(at, n);
      apply(bytes, {write.offset + at, to_bytes(piece), std::nullopt});
    }
    at += n;
  }
}

}  // namespace kith::sim

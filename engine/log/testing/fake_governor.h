// SPDX-License-Identifier: Apache-2.0
// A governor without authority: one fixed epoch secret, everybody is a person of her own, everything counts unless a
// test says otherwise. So logs can be tested, and sync driven, without the space room.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "log/log.h"

namespace kith::log::testing {

class FakeGovernor final : public Governor {
 public:
  FakeGovernor(Log& log, const crypto::Key& secret) : log_(log), secret_(secret) {}

  static EpochTag tag_of(const crypto::Key& secret, const DeviceId& device) {
    const crypto::Key k = crypto::keyed_hash(secret.view(), "kith1 epoch tag", {device.view()});
    EpochTag tag;
    std::copy_n(k.data.begin(), tag.data.size(), tag.data.begin());
    return tag;
  }

  std::optional<PersonId> person_of(const DeviceId& device) override {
    if (strangers.contains(device)) return std::nullopt;
    return PersonId{device.data};
  }
  bool counts(const DeviceId& device, const Header& header, const EntryId& id) override {
    const auto cut = cut_at.find(device);
    if (cut != cut_at.end() && header.seq >= cut->second) return false;
    return judge == nullptr || judge(header, id);
  }
  std::optional<crypto::Key> epoch_secret(const DeviceId& device, const EpochTag& tag) override {
    if (!has_secret || tag != tag_of(secret_, device)) return std::nullopt;
    return secret_;
  }
  Result<Writing> writing() override {
    if (before_writing != nullptr) KITH_TRY(before_writing());
    return Writing{secret_, tag_of(secret_, log_.own()), log_.authority_heads()};
  }
  std::optional<Writing> ready_to_write() override {
    if (!seals_at_once) return std::nullopt;
    return Writing{secret_, tag_of(secret_, log_.own()), log_.authority_heads()};
  }
  Result<void> authority_arrived(std::span<const AuthorityEntry> entries) override {
    for (const AuthorityEntry& entry : entries) arrived.push_back(entry.id);
    return {};
  }
  Result<void> log_doubled(const DeviceId& device, Seq seq, ByteView proof) override {
    doubled.push_back({device, seq, to_bytes(proof)});
    return {};
  }

  struct Doubled {
    DeviceId device;
    Seq seq;
    Bytes proof;
  };
  bool has_secret = true;
  bool seals_at_once = false;                                // what asks for no rest
  std::unordered_set<DeviceId, FixedBytesHash> strangers;    // logs that certify nobody
  std::unordered_map<DeviceId, Seq, FixedBytesHash> cut_at;  // a log counts below this number
  std::function<bool(const Header&, const EntryId&)> judge;  // and by this, if set
  std::function<Result<void>()> before_writing;              // as a space that makes an epoch first
  std::vector<EntryId> arrived;
  std::vector<Doubled> doubled;

 private:
  Log& log_;
  crypto::Key secret_;
};

}  // namespace kith::log::testing

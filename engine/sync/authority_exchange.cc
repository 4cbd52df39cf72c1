// SPDX-License-Identifier: Apache-2.0
#include "sync/authority_exchange.h"

#include <algorithm>

namespace kith::sync {

AuthorityExchange::AuthorityExchange(log::Log& log, const SpaceId& space, std::uint8_t slot)
    : log_(log), slot_(slot), encoder_(space), decoder_(space) {}

// Heads, then entries 1, 2, 4, 8 … places back in the order of arrival, and the first of all: whatever two sides have
// in common, one of these lies close below it, so at most about twice of what lacks is sent.
Result<std::vector<EntryId>> AuthorityExchange::known_here() {
  std::vector<EntryId> all;
  KITH_TRY(log_.each_authority([&](const log::AuthorityEntry& entry) -> Result<void> {
    all.push_back(entry.id);
    return {};
  }));
  std::vector<EntryId> ids = log_.authority_heads();
  if (ids.size() > log::kRefsMax) ids.resize(log::kRefsMax);
  for (std::size_t back = 1; back < all.size() && ids.size() + 1 < kHeadsMax; back *= 2) {
    ids.push_back(all[all.size() - 1 - back]);
  }
  if (!all.empty()) ids.push_back(all.front());
  return ids;
}

Result<void> AuthorityExchange::ask(Bytes& out) {
  HeadsFrame frame{slot_, KITH_TRY(known_here())};
  encode(frame, out);
  asking_ = true;
  return {};
}

void AuthorityExchange::assume_equal() {
  told_ = log_.authority_heads();
  peer_knows_ = told_;
  complete_ = true;
}

bool AuthorityExchange::receive_heads(HeadsFrame frame) {
  if (question_ || (telling_ && answering_)) return false;
  question_ = std::move(frame.ids);
  return true;
}

Result<log::Accepted> AuthorityExchange::receive_records(ByteView records) {
  ++frames_received_;
  log::Accepted accepted = KITH_TRY(log_.accept(decoder_, records));
  changed_ = true;
  return accepted;
}

bool AuthorityExchange::receive_done(const AuthorityDoneFrame& frame) {
  if (frame.answers && !asking_) return false;
  if (frame.answers) {
    asking_ = false;
    complete_ = true;
  }
  // It has what its heads reach, beside what we have told it. (Before it has asked, its question will say so.)
  if (peer_knows_) {
    peer_knows_ = told_;
    peer_knows_->insert(peer_knows_->end(), frame.heads.begin(), frame.heads.end());
  }
  return true;
}

bool AuthorityExchange::has_output() const {
  if (!allowed_) return false;
  return telling_ || question_.has_value() || (changed_ && peer_knows_.has_value());
}

Result<void> AuthorityExchange::begin_answer() {
  outgoing_ = KITH_TRY(log_.authority_since(*question_));
  question_.reset();
  telling_ = answering_ = true;
  return {};
}

Result<void> AuthorityExchange::begin_push() {
  changed_ = false;
  if (log_.authority_heads() == told_) return {};
  outgoing_ = KITH_TRY(log_.authority_since(*peer_knows_));
  telling_ = !outgoing_.empty();
  return {};
}

Result<void> AuthorityExchange::produce(Bytes& out) {
  if (!has_output()) return {};
  if (!telling_) {
    next_ = 0;
    if (question_) {
      KITH_TRY(begin_answer());
    } else {
      KITH_TRY(begin_push());
    }
    told_ = log_.authority_heads();
    peer_knows_ = told_;
    if (!telling_) return {};
  }
  Bytes records;
  while (next_ < outgoing_.size() && records.size() < kFrameRecordsBytes) {
    KITH_TRY(log_.encode_authority(outgoing_[next_++], encoder_, records));
    ++entries_sent_;
  }
  if (!records.empty()) {
    ++frames_sent_;
    encode_records(FrameType::kAuthority, RecordsFrame{slot_, 0, 0, records}, out);
  }
  if (next_ < outgoing_.size()) return {};
  encode(AuthorityDoneFrame{slot_, answering_, told_}, out);
  telling_ = answering_ = false;
  outgoing_.clear();
  return {};
}

}  // namespace kith::sync

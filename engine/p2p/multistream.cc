// SPDX-License-Identifier: Apache-2.0
#include "p2p/multistream.h"

#include <algorithm>

#include "base/check.h"

namespace kith::p2p {

namespace {

constexpr int kLengthBytesMax = 2;  // 1024 fits
constexpr std::string_view kHeaderMessage = "\x13/multistream/1.0.0\n";

}  // namespace

void append_multistream(Bytes& out, std::string_view text) {
  CHECK(text.size() < kMultistreamBytesMax);
  ByteWriter(out).varint(text.size() + 1);
  append(out, as_bytes(text));
  out.push_back('\n');
}

MultistreamReader::State MultistreamReader::read_length(ByteView& in) {
  while (!in.empty()) {
    const std::uint8_t byte = in[0];
    in = in.subspan(1);
    length_ |= std::size_t{byte & 0x7fu} << (7 * length_bytes_);
    ++length_bytes_;
    if ((byte & 0x80) == 0) {
      const bool is_minimal = byte != 0;  // also refuses the length 0
      has_length_ = true;
      return is_minimal && length_ <= kMultistreamBytesMax ? State::kMessage : State::kBad;
    }
    if (length_bytes_ == kLengthBytesMax) return State::kBad;
  }
  return State::kMore;
}

MultistreamReader::State MultistreamReader::read(ByteView& in) {
  if (!has_length_) {
    body_.clear();
    const State state = read_length(in);
    if (state != State::kMessage) return state;
  }
  const std::size_t take = std::min(in.size(), length_ - body_.size());
  append(body_, in.first(take));
  in = in.subspan(take);
  if (body_.size() < length_) return State::kMore;
  length_ = 0;
  length_bytes_ = 0;
  has_length_ = false;
  return body_.back() == '\n' ? State::kMessage : State::kBad;
}

MultistreamReader::State MultistreamHeaderReader::read(ByteView& in) {
  while (!in.empty() && !is_done()) {
    if (in[0] != static_cast<std::uint8_t>(kHeaderMessage[matched_])) return MultistreamReader::State::kBad;
    ++matched_;
    in = in.subspan(1);
  }
  return is_done() ? MultistreamReader::State::kMessage : MultistreamReader::State::kMore;
}

bool MultistreamHeaderReader::is_done() const {
  return matched_ == kHeaderMessage.size();
}

MultistreamDialer::MultistreamDialer(std::vector<std::string> proposals, Bytes& out)
    : proposals_(std::move(proposals)) {
  CHECK(!proposals_.empty());
  append_multistream(out, kMultistreamHeader);
  append_multistream(out, proposals_[0]);
}

Negotiation MultistreamDialer::receive(ByteView& in, Bytes& out) {
  using State = MultistreamReader::State;
  while (true) {
    const bool is_header = !header_.is_done();
    const State state = is_header ? header_.read(in) : reader_.read(in);
    if (state == State::kMore) return Negotiation::kBusy;
    if (state == State::kBad) return Negotiation::kBad;
    if (is_header) continue;
    const std::string_view text = reader_.text();
    if (text == proposals_[next_]) return Negotiation::kAgreed;
    if (text != kNotAvailable) return Negotiation::kBad;
    if (next_ + 1 == proposals_.size()) return Negotiation::kRefused;
    append_multistream(out, proposals_[++next_]);
  }
}

Negotiation MultistreamListener::read_proposal(ByteView& in, Bytes& out) {
  using State = MultistreamReader::State;
  while (true) {
    const bool is_header = !header_.is_done();
    const State state = is_header ? header_.read(in) : reader_.read(in);
    if (state == State::kMore) return Negotiation::kBusy;
    if (state == State::kBad) return Negotiation::kBad;
    if (is_header) {
      append_multistream(out, kMultistreamHeader);
      continue;
    }
    agreed_ = reader_.text();
    return Negotiation::kAgreed;
  }
}

}  // namespace kith::p2p

// SPDX-License-Identifier: Apache-2.0
// multistream-select 1.0: how two sides agree on what they speak next. Used for the encryption on the bare socket, for
// the muxer inside it (unless the handshake settled that), and at the start of every stream. Exactly behind the newline
// of the agreed message the next layer begins: both machines take from the front of `in` what is theirs and leave the
// rest.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kith/bytes.h"

namespace kith::p2p {

inline constexpr std::string_view kMultistreamHeader = "/multistream/1.0.0";
inline constexpr std::string_view kNotAvailable = "na";
inline constexpr std::size_t kMultistreamBytesMax = 1024;  // of a message, its newline included
inline constexpr int kProposalsMax = 16;

/// Length, text, newline.
void append_multistream(Bytes& out, std::string_view text);

/// Puts messages together from bytes cut anywhere. Refuses on the length, before the text is there.
class MultistreamReader {
 public:
  enum class State : std::uint8_t { kMore, kMessage, kBad };
  /// Takes from the front of `in` up to the end of one message.
  State read(ByteView& in);
  /// The message without its newline, after kMessage and until the next read.
  std::string_view text() const { return as_text(ByteView(body_).first(body_.size() - 1)); }

 private:
  State read_length(ByteView& in);
  std::size_t length_ = 0;
  int length_bytes_ = 0;
  bool has_length_ = false;
  Bytes body_;
};

enum class Negotiation : std::uint8_t { kBusy, kAgreed, kRefused, kBad };

/// The first message, which must be the header. Byte by byte, so that a web or mail server is known by its first
/// letter.
class MultistreamHeaderReader {
 public:
  /// Takes from the front of `in` up to the end of the header.
  MultistreamReader::State read(ByteView& in);
  bool is_done() const;

 private:
  std::size_t matched_ = 0;
};

/// Proposes one name after another until one is taken.
class MultistreamDialer {
 public:
  /// Appends header and first proposal to `out`.
  MultistreamDialer(std::vector<std::string> proposals, Bytes& out);
  /// kRefused: none of the proposals is spoken there.
  Negotiation receive(ByteView& in, Bytes& out);
  const std::string& agreed() const { return proposals_[next_]; }

 private:
  std::vector<std::string> proposals_;
  std::size_t next_ = 0;
  MultistreamHeaderReader header_;
  MultistreamReader reader_;
};

/// Answers proposals: the name itself if it is spoken here, `na` else (also to `ls`: who asks must know a name).
class MultistreamListener {
 public:
  /// kRefused: too many proposals, none of them spoken.
  template <typename IsSpoken>
  Negotiation receive(ByteView& in, Bytes& out, IsSpoken&& is_spoken) {
    while (true) {
      const Negotiation state = read_proposal(in, out);
      if (state != Negotiation::kAgreed) return state;
      if (is_spoken(std::string_view(agreed_))) {
        append_multistream(out, agreed_);
        return Negotiation::kAgreed;
      }
      append_multistream(out, kNotAvailable);
      if (++refused_ == kProposalsMax) return Negotiation::kRefused;
    }
  }
  const std::string& agreed() const { return agreed_; }

 private:
  /// kAgreed: agreed_ holds a proposal.
  Negotiation read_proposal(ByteView& in, Bytes& out);
  MultistreamHeaderReader header_;
  int refused_ = 0;
  std::string agreed_;
  MultistreamReader reader_;
};

}  // namespace kith::p2p

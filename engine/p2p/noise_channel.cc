// SPDX-License-Identifier: Apache-2.0
#include "p2p/noise_channel.h"

#include <algorithm>

#include "base/check.h"

namespace kith::p2p {

namespace {

constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kKeptPartialBytes = 1024;  // larger buffers are given back when they are empty

std::size_t length_at(ByteView bytes) {
  return std::size_t{bytes[0]} << 8 | bytes[1];
}

}  // namespace

NoiseChannel::NoiseChannel(const NoiseIdentity& identity, Options options, Random& random, Bytes& out)
    : identity_(identity), options_(std::move(options)) {
  crypto::Key ephemeral;
  random.fill(ephemeral.data);
  handshake_ = std::make_unique<NoiseHandshake>(options_.role, identity.static_secret(), identity.static_public(),
                                                ephemeral, options_.prologue);
  crypto::wipe(ephemeral.data);
  if (handshake_->is_our_turn()) CHECK(write_next(out) == Fault::kNone);
}

bool NoiseChannel::take_message(ByteView& in, std::size_t body_max, ByteView& message, Fault& fault) {
  // Straight from the input where the whole message is in it, else through partial_, byte for byte no more than the
  // message.
  while (partial_.size() < kLengthBytes && !(partial_.empty() && in.size() >= kLengthBytes)) {
    if (in.empty()) return false;
    partial_.push_back(in[0]);
    in = in.subspan(1);
  }
  const std::size_t length = length_at(partial_.empty() ? in : ByteView(partial_));
  if (length > body_max) {
    fault = Fault::kHandshake;
    return false;
  }
  if (partial_.empty() && in.size() >= kLengthBytes + length) {
    message = in.subspan(kLengthBytes, length);
    in = in.subspan(kLengthBytes + length);
    return true;
  }
  const std::size_t take = std::min(in.size(), kLengthBytes + length - partial_.size());
  append(partial_, in.first(take));
  in = in.subspan(take);
  if (partial_.size() < kLengthBytes + length) return false;
  message = ByteView(partial_).subspan(kLengthBytes);
  return true;
}

void NoiseChannel::drop_taken() {
  partial_.clear();
  if (partial_.capacity() > kKeptPartialBytes) Bytes().swap(partial_);
}

Fault NoiseChannel::write_next(Bytes& out) {
  const std::size_t at = out.size();
  out.resize(at + kLengthBytes);
  if (!handshake_->write(encode_noise_payload(identity_, options_.early_muxer), out)) return Fault::kHandshake;
  const std::size_t length = out.size() - at - kLengthBytes;
  out[at] = static_cast<std::uint8_t>(length >> 8);
  out[at + 1] = static_cast<std::uint8_t>(length);
  return Fault::kNone;
}

Fault NoiseChannel::check_peer(ByteView payload) {
  const Fault fault = decode_noise_payload(payload, handshake_->remote_static(), peer_);
  if (fault != Fault::kNone) return fault;
  if (options_.expected && *options_.expected != PeerId::of(peer_.identity)) return Fault::kWrongPeer;
  return peer_.identity == identity_.host_key() ? Fault::kOwnId : Fault::kNone;
}

Fault NoiseChannel::choose_muxer() {
  // Both lists non-empty: the first of the dialer's that the listener has. Ours has one name, so it is that one or
  // none.
  if (!options_.early_muxer || peer_.muxers.empty()) return Fault::kNone;
  has_early_muxer_ = std::find(peer_.muxers.begin(), peer_.muxers.end(), kYamuxProtocol) != peer_.muxers.end();
  return has_early_muxer_ ? Fault::kNone : Fault::kNoMuxer;
}

Fault NoiseChannel::handshake(ByteView& in, Bytes& out) {
  while (!is_open()) {
    ByteView message;
    Fault fault = Fault::kNone;
    if (!take_message(in, kHandshakeMessageBytesMax, message, fault)) return fault;
    Bytes payload;
    const bool opened = handshake_->read(message, payload);
    drop_taken();
    if (!opened) return Fault::kHandshake;
    const bool has_identity = options_.role == Role::kDialer || handshake_->is_done();
    if (has_identity) fault = check_peer(payload);
    if (fault == Fault::kNone && has_identity) fault = choose_muxer();
    if (fault == Fault::kNone && handshake_->is_our_turn()) fault = write_next(out);
    if (fault != Fault::kNone) return fault;
    if (handshake_->is_done()) {
      sending_ = handshake_->sending();
      receiving_ = handshake_->receiving();
      handshake_.reset();
    }
  }
  return Fault::kNone;
}

Fault NoiseChannel::open(ByteView& in, Bytes& plain, bool& has_frame) {
  Fault fault = Fault::kNone;
  ByteView message;
  has_frame = take_message(in, kFrameBytesMax, message, fault);
  if (!has_frame) return fault;
  if (receiving_->is_exhausted()) return Fault::kExhausted;
  const bool opened = receiving_->open({}, message, plain);
  drop_taken();
  return opened ? Fault::kNone : Fault::kBadFrame;
}

void NoiseChannel::seal(ByteView plain, Bytes& out) {
  CHECK(plain.size() <= kPlainBytesMax);
  const std::size_t length = plain.size() + crypto::kNoiseTagBytes;
  ByteWriter(out).u16(static_cast<std::uint16_t>(length));
  sending_->seal({}, plain, out);
}

}  // namespace kith::p2p

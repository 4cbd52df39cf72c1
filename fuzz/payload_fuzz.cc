// SPDX-License-Identifier: Apache-2.0
// Payloads of three makers: anybody (bytes as stored), an honest writer (sealed from shape and values), and a writer
// with the key who does not keep to the format (a valid T over messages of her own making). The first input byte says
// which.
#include "log/payload.h"

#include "base/testing/fakes.h"
#include "crypto/cipher.h"
#include "fuzz/fuzz.h"

namespace kith::fuzz {

namespace {

const auto kDevice = filled<DeviceId>(0x22);
const auto kEpoch = filled<crypto::Key>(kEpochByte);
constexpr Seq kSeq(7);

codec::Compressor& compressor() {
  static codec::Compressor the_one;
  return the_one;
}

/// The first two bytes say how long the first part is.
std::pair<ByteView, ByteView> in_two(ByteView input) {
  ByteReader in(input);
  const std::size_t length = in.u16();
  const ByteView rest = in.rest();
  return {rest.first(std::min(length, rest.size())), rest.subspan(std::min(length, rest.size()))};
}

void by_anybody(ByteView stored) {
  const auto view = log::split_payload(stored, std::nullopt);
  if (!view.ok()) return;
  CHECK(view->salt.size() + view->check.size() + 4 + view->shape.size() + view->values.size() == stored.size());
  CHECK(log::open_payload(compressor(), kEpoch, kDevice, kSeq, *view).error().code() == ErrorCode::kCannotOpen);

  // With its values erased it is the same payload.
  const ByteView kept = stored.first(stored.size() - view->values.size());
  const auto erased = log::split_payload(kept, view->values_hash);
  CHECK(erased.ok() && log::payload_hash(*erased) == log::payload_hash(*view));
  if (!view->values.empty()) CHECK(!log::split_payload(stored, view->values_hash).ok());
}

void by_an_honest_writer(ByteView input) {
  const auto [shape, values] = in_two(input);
  testing::SeededRandom random(1);
  const Bytes stored = *log::seal_payload(compressor(), random, kEpoch, kDevice, kSeq, shape, values);
  const auto view = log::split_payload(stored, std::nullopt);
  CHECK(view.ok() && view->shape.size() <= log::bucket(shape.size() + 2));
  const auto opened = log::open_payload(compressor(), kEpoch, kDevice, kSeq, *view);
  CHECK(opened.ok() && equal(opened->shape, shape) && equal(*opened->values, values));
  CHECK(!log::open_payload(compressor(), kEpoch, kDevice, Seq(8), *view).ok());

  const auto erased =
      log::split_payload(ByteView(stored).first(stored.size() - view->values.size()), view->values_hash);
  const auto without = log::open_payload(compressor(), kEpoch, kDevice, kSeq, *erased);
  CHECK(without.ok() && equal(without->shape, shape) && !without->values.has_value());
}

/// What M(b) must be for a message of method 0: there is one form.
Bytes padded(ByteView plain) {
  Bytes out = {0};
  append(out, plain);
  out.push_back(0x80);
  out.resize(log::bucket(out.size()), 0);
  return out;
}

void by_a_sloppy_writer(ByteView input) {
  const auto [shape_message, values_message] = in_two(input);
  const Bytes salt(8, 3);
  const std::array<std::uint8_t, 8> seq = {0, 0, 0, 0, 0, 0, 0, 7};
  const crypto::Key key = crypto::keyed_hash(kEpoch.view(), "kith1 entry key", {kDevice.view(), seq, salt});
  Bytes shape = to_bytes(shape_message);
  crypto::chacha20(key, 0, shape);
  Bytes values;
  if (!values_message.empty()) {
    Bytes sealed = to_bytes(values_message);
    crypto::chacha20(crypto::keyed_hash(key.view(), "kith1 value key", {salt}), 0, sealed);
    append(values, salt);
    append(values, sealed);
  }
  log::PayloadView view{salt, {}, shape, values, false, log::values_hash_of(values)};
  const crypto::Key check = crypto::keyed_hash(key.view(), "kith1 commit", {shape, view.values_hash.view()});
  view.check = check.view();
  const auto opened = log::open_payload(compressor(), kEpoch, kDevice, kSeq, view);
  if (!opened.ok()) {
    CHECK(opened.error().code() == ErrorCode::kMalformed || opened.error().code() == ErrorCode::kTooLarge);
    return;
  }
  if (shape_message[0] == 0) CHECK(equal(padded(opened->shape), shape_message));
  if (!values_message.empty() && values_message[0] == 0) CHECK(equal(padded(*opened->values), values_message));
}

}  // namespace

void run(ByteView input) {
  if (input.empty()) return;
  switch (input[0] % 3) {
    case 0: return by_anybody(input.subspan(1));
    case 1: return by_an_honest_writer(input.subspan(1));
    default: return by_a_sloppy_writer(input.subspan(1));
  }
}

}  // namespace kith::fuzz

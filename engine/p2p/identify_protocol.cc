// SPDX-License-Identifier: Apache-2.0
#include "p2p/identify_protocol.h"

#include "base/check.h"
#include "p2p/protobuf.h"

namespace kith::p2p {

void IdentifyWriter::opened(Stream& stream) {
  Bytes out;
  append_length_prefixed(out, message_);
  CHECK(stream.write(out));
  stream.finish();
  stream.set_deadline(stream.now_ms() + kIdentifyMsMax);
}

void IdentifyStreamReader::opened(Stream& stream) {
  stream.set_deadline(stream.now_ms() + kIdentifyMsMax);
  stream.finish();
}

std::size_t IdentifyStreamReader::received(Stream& stream, ByteView bytes) {
  if (!reader_.receive(bytes)) stream.reset();
  return bytes.size();
}

void IdentifyStreamReader::ended(Stream&) {
  if (const auto message = reader_.finish()) done_(*message);
}

}  // namespace kith::p2p

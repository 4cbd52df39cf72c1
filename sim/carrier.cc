// SPDX-License-Identifier: Apache-2.0
#include "sim/carrier.h"

#include <algorithm>

#include "base/check.h"

namespace kith::sim {

Libp2pCarrier::Libp2pCarrier(const p2p::NoiseIdentity& identity, p2p::ConnectionOptions options, bool takes_backfill,
                             Clock& clock, Random& random, MakeSession make_session)
    : make_session_(std::move(make_session)),
      host_{identity, "kith-sim/1", {}, {}},
      connection_(host_, std::move(options), clock, random) {
  host_.protocols.push_back(
      {std::string(sync::kSyncProtocol), sync::kSyncInboundMax, [this](p2p::Connection&) { return begin_session(); }});
  if (!takes_backfill) return;
  host_.protocols.push_back({std::string(sync::kBackfillProtocol), sync::kSyncInboundMax, [this](p2p::Connection&) {
                               return stream_ ? stream_->make_backfill_handler() : nullptr;
                             }});
}

Libp2pCarrier::~Libp2pCarrier() = default;

std::unique_ptr<p2p::StreamHandler> Libp2pCarrier::begin_session() {
  if (session_ != nullptr) return nullptr;  // one for each connection, as long as it lasts
  session_ = make_session_(connection_.peer());
  return stream_.emplace(*session_).make_handler();
}

void Libp2pCarrier::receive(ByteView bytes) {
  connection_.receive(bytes);
  look_around();
}

void Libp2pCarrier::look_around() {
  if (connection_.is_open() && connection_.is_dialer() && session_ == nullptr) {
    CHECK(connection_.open_stream({std::string(sync::kSyncProtocol)}, begin_session()).ok());
  }
  if (!stream_) return;
  stream_->pump();
  const bool is_said = session_->is_closed() && !session_->has_output();
  if (connection_.is_open() && (stream_->is_over() || is_said)) connection_.close();
}

bool Libp2pCarrier::has_output() {
  look_around();
  return connection_.has_output();
}

void Libp2pCarrier::take_output(Bytes& out, std::size_t bytes_max) {
  connection_.take_output(out, bytes_max);
}

std::uint64_t Libp2pCarrier::tick() {
  const std::uint64_t session_next = session_ != nullptr ? session_->tick() : ~std::uint64_t{0};
  look_around();
  return std::min(session_next, connection_.tick());
}

bool Libp2pCarrier::is_over() {
  connection_.tick();  // streams may have finished meanwhile
  return connection_.is_closed() && !connection_.has_output();
}

}  // namespace kith::sim

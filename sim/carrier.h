// SPDX-License-Identifier: Apache-2.0
// What lies between a session and the simulated network: nothing, or the whole of libp2p.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "p2p/connection.h"
#include "sync/session.h"
#include "sync/session_stream.h"

namespace kith::sim {

/// Makes the session with a peer, once it is known who that is.
using MakeSession = std::function<std::unique_ptr<sync::Session>(const HostKey& peer)>;

class Carrier {
 public:
  virtual ~Carrier() = default;
  /// Null: there is none, because nobody has proved yet who is there.
  virtual sync::Session* session() const = 0;
  virtual void receive(ByteView bytes) = 0;
  /// May be true although nothing comes.
  virtual bool has_output() = 0;
  virtual void take_output(Bytes& out, std::size_t bytes_max) = 0;
  /// When to call again at the latest (steady ms).
  virtual std::uint64_t tick() = 0;
  /// Nothing more will be said here, and nothing heard.
  virtual bool is_over() = 0;
  /// Null: no libp2p.
  virtual const p2p::Connection* connection() const { return nullptr; }
  /// Backfill has a stream of its own.
  virtual bool has_backfill_stream() const { return false; }
};

/// The session's bytes as they are.
class PlainCarrier final : public Carrier {
 public:
  explicit PlainCarrier(std::unique_ptr<sync::Session> session) : session_(std::move(session)) {}
  sync::Session* session() const override { return session_.get(); }
  void receive(ByteView bytes) override { session_->receive(bytes); }
  bool has_output() override { return session_->has_output(); }
  void take_output(Bytes& out, std::size_t bytes_max) override { session_->take_output(out, bytes_max); }
  std::uint64_t tick() override { return session_->tick(); }
  bool is_over() override { return session_->is_closed(); }

 private:
  std::unique_ptr<sync::Session> session_;
};

/// One libp2p connection with one session on it. The dialer opens the stream as soon as it can.
class Libp2pCarrier final : public Carrier {
 public:
  /// `takes_backfill`: gives backfill a stream of its own if the other side asks for one.
  Libp2pCarrier(const p2p::NoiseIdentity& identity, p2p::ConnectionOptions options, bool takes_backfill, Clock& clock,
                Random& random, MakeSession make_session);
  ~Libp2pCarrier() override;
  sync::Session* session() const override { return session_.get(); }
  void receive(ByteView bytes) override;
  bool has_output() override;
  void take_output(Bytes& out, std::size_t bytes_max) override;
  std::uint64_t tick() override;
  bool is_over() override;
  const p2p::Connection* connection() const override { return &connection_; }
  bool has_backfill_stream() const override { return stream_ && stream_->has_backfill_stream(); }

 private:
  std::unique_ptr<p2p::StreamHandler> begin_session();
  void look_around();

  MakeSession make_session_;
  std::unique_ptr<sync::Session> session_;
  std::optional<sync::SessionStream> stream_;
  p2p::Host host_;
  p2p::Connection connection_;
};

}  // namespace kith::sim

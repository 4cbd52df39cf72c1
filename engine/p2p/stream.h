// SPDX-License-Identifier: Apache-2.0
// Stream: one conversation within a connection, as the handler of a protocol sees it. What a protocol does is a
// StreamHandler:
//
//   class Echo final : public StreamHandler {
//     std::size_t received(Stream& stream, ByteView bytes) override { return stream.write(bytes) ? bytes.size() : 0; }
//     void ended(Stream& stream) override { stream.finish(); }
//   };
//
// A sync::Session sits on a stream by passing received() to Session::receive, pull() to Session::take_output, and by
// calling want_pull() whenever Session::has_output().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kith/bytes.h"
#include "kith/result.h"
#include "p2p/multistream.h"
#include "p2p/yamux.h"

namespace kith::p2p {

class Stream;

/// Belongs to its stream. May call anything of the stream at any time.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  /// The protocol is agreed on (a greeting without waiting: supposed); now it may be written.
  virtual void opened(Stream&) {}
  /// Returns how many bytes are taken, from the front. What is not taken is offered again when more comes, or after
  /// resume(); the other side can send no more than the window meanwhile.
  virtual std::size_t received(Stream& stream, ByteView bytes) = 0;
  /// The other side says no more; we still may.
  virtual void ended(Stream&) {}
  /// Appends up to `bytes_max` bytes; nothing means that there is nothing until want_pull().
  virtual void pull(Stream&, Bytes& /*out*/, std::size_t /*bytes_max*/) {}
  /// Last call. Before opened() if nothing was agreed on.
  virtual void closed(StreamEnd) {}
};

/// Whether to wait for the other side's consent before the first bytes. Without waiting is for protocols that the peer
/// is known to speak: if it does not, what was written is taken for proposals, and the stream is reset.
enum class Greeting : std::uint8_t { kWait, kAtOnce };

class Stream final : public YamuxUser {
 public:
  static constexpr std::uint64_t kNegotiationMsMax = 10'000;

  /// Who answers when the other side proposes a protocol.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual std::uint64_t now_ms() = 0;
    /// A handler, if the protocol is spoken with this peer. It may reset the stream instead (too many of them).
    virtual std::unique_ptr<StreamHandler> handle(Stream& stream, std::string_view protocol) = 0;
    /// Another stream beside this one.
    virtual Result<Stream*> open_stream(std::vector<std::string> protocols, std::unique_ptr<StreamHandler> handler,
                                        Greeting greeting) = 0;
  };

  /// Opened by the other side.
  Stream(YamuxStream& yamux, Owner& owner);
  /// Opened here: proposes one after another.
  Stream(YamuxStream& yamux, Owner& owner, std::vector<std::string> protocols, std::unique_ptr<StreamHandler> handler,
         Greeting greeting);

  std::uint32_t id() const { return yamux_.id(); }
  bool is_outbound() const { return yamux_.is_outbound(); }
  bool is_gone() const { return yamux_.is_gone(); }
  /// Empty as long as nothing is agreed on.
  const std::string& protocol() const { return protocol_; }
  bool is_negotiated() const { return !protocol_.empty(); }
  /// Queues bytes, up to YamuxStream::kOutboxBytesMax. False, and nothing queued: too much is queued already.
  [[nodiscard]] bool write(ByteView bytes);
  std::size_t unsent() const { return yamux_.unsent(); }
  std::size_t room() const { return YamuxStream::kOutboxBytesMax - unsent(); }
  void want_pull() { yamux_.want_pull(); }
  void resume() { yamux_.resume(); }
  std::size_t unread() const { return yamux_.unread(); }
  /// Opens another stream on the same connection.
  Result<void> open_sibling(std::string_view protocol, std::unique_ptr<StreamHandler> handler);
  /// No more from us, once everything is sent and the protocol is agreed on.
  void finish();
  void reset(StreamEnd reason = StreamEnd::kResetHere) { yamux_.reset(reason); }
  /// The stream is reset unless it ended by then; 0: no limit.
  void set_deadline(std::uint64_t at_ms) { deadline_ms_ = at_ms; }
  /// That, and the limit for negotiating.
  bool is_due(std::uint64_t now_ms) const { return now_ms >= next_deadline_ms(); }
  std::uint64_t next_deadline_ms() const;
  std::uint64_t now_ms() { return owner_.now_ms(); }

  // YamuxUser
  std::size_t data(ByteView bytes) override;
  void end() override;
  void pull(Bytes& out, std::size_t bytes_max) override;
  void closed(StreamEnd end) override;

 private:
  void negotiate(ByteView& in);
  void agreed(std::string protocol);
  bool may_write() const { return is_negotiated() || greeting_ == Greeting::kAtOnce; }

  YamuxStream& yamux_;
  Owner& owner_;
  std::unique_ptr<MultistreamListener> listener_;
  std::unique_ptr<MultistreamDialer> dialer_;
  std::unique_ptr<StreamHandler> handler_;
  std::string protocol_;
  Greeting greeting_ = Greeting::kWait;
  bool wants_finish_ = false;
  bool wants_pull_ = false;  // asked for before it could be
  std::uint64_t negotiated_by_ms_;
  std::uint64_t deadline_ms_ = 0;
};

}  // namespace kith::p2p

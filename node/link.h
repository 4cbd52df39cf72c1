// SPDX-License-Identifier: Apache-2.0
// One connection to another house: a channel, the preamble that names host keys on it, and the sync session that it
// carries.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/channel.h"
#include "sync/preamble.h"
#include "sync/session.h"

namespace kith::node {

/// Why a link ended.
struct LinkEnd {
  std::string path;
  std::optional<HostKey> peer;
  sync::Fault fault = sync::Fault::kNone;  // the other side's misbehaviour
  std::string detail;                      // a sentence; empty for an orderly end
  std::optional<Error> refusal;            // the other side's answer to us
  bool was_welcome = false;                // it got past the hello
};

class Link {
 public:
  static constexpr std::size_t kUnsentBytesMax = 512 << 10;
  static constexpr std::size_t kOutputBytes = 256 << 10;

  struct Context {
    const HostKey& own;
    sync::Spaces& spaces;
    Clock& clock;
    Random& random;
  };
  struct Setup {
    sync::Role role;
    std::string path;  // for people: where it goes
    std::unique_ptr<net::Channel> channel;
    std::optional<space::Invitation> invitation;  // we dial as a newcomer
  };

  Link(const Context& context, Setup setup, std::function<void(Link&, const LinkEnd&)> on_end);
  ~Link();

  /// Time passes. Returns when to be called again (steady ms).
  std::uint64_t tick();
  /// A space changed here.
  void notify(const SpaceId& space);
  /// Sends what there is, as far as the channel takes it.
  void pump();
  void close();

  const std::string& path() const { return setup_.path; }
  sync::Role role() const { return setup_.role; }
  const std::optional<HostKey>& peer() const { return preamble_.peer(); }
  /// Null before the preamble has come.
  const sync::Session* session() const { return session_.get(); }
  /// Live in every common space, and neither side owes the other anything.
  bool is_settled() const;
  bool is_live() const;

 private:
  void receive(ByteView bytes);
  void begin_session();
  void end(const std::string& reason);
  std::string end_detail(const std::string& reason) const;

  Context context_;
  Setup setup_;
  std::function<void(Link&, const LinkEnd&)> on_end_;
  sync::Preamble preamble_;
  std::unique_ptr<sync::Session> session_;
  std::uint64_t preamble_deadline_ms_;
  std::string rubbish_;  // what was wrong with the preamble
  bool is_closing_ = false;
  bool was_welcome_ = false;
};

}  // namespace kith::node

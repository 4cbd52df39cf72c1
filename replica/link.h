// SPDX-License-Identifier: Apache-2.0
// One conversation with another house: a sync session, and what carries its bytes (links.h, node/pipe_link.h,
// node/peer_link.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sync/session.h"

namespace kith::replica {

/// Why a link ended.
struct LinkEnd {
  std::string path;
  std::optional<HostKey> peer;
  std::string fault;             // the other side's misbehaviour, by its name; empty: none
  std::string detail;            // a sentence; empty for an orderly end
  std::optional<Error> refusal;  // the other side's answer to us, or why it could not be reached
  bool was_welcome = false;      // it got past the hello
};

class Link {
 public:
  struct Context {
    const HostKey& own;
    sync::Spaces& spaces;
    Clock& clock;
    Random& random;
  };
  /// The owner destroys the link soon after.
  using OnEnd = std::function<void(Link&, const LinkEnd&)>;

  Link(const Context& context, sync::Role role, std::string path, std::optional<space::Invitation> invitation,
       OnEnd on_end);
  virtual ~Link();

  /// Time passes. Returns when to be called again (steady ms).
  std::uint64_t tick();
  /// A space changed here.
  void notify(const SpaceId& space);
  void close();

  /// For people: where it goes.
  const std::string& path() const { return path_; }
  sync::Role role() const { return role_; }
  /// Once it is known.
  const std::optional<HostKey>& peer() const { return peer_; }
  /// Null before the other side is known.
  const sync::Session* session() const { return session_.get(); }
  /// Live in every common space, and neither side owes the other anything.
  bool is_settled() const;
  bool is_live() const;
  bool is_welcome() const { return was_welcome_; }
  bool is_closing() const { return is_closing_; }

 protected:
  sync::Session& begin_session(const HostKey& peer);
  /// The other side may have got past the hello.
  void note_welcome() { was_welcome_ = was_welcome_ || session_->is_past_hello(); }
  /// What came for the session.
  void receive(ByteView bytes);
  void take_output(Bytes& out, std::size_t bytes_max);
  bool has_output() const { return session_ && session_->has_output(); }
  /// Something may be there to send; hangs up if the session is over.
  void pump();
  /// The carrier is gone. Nothing may come after.
  void end(const std::string& reason);
  /// Of the carrier: what it was dropped for, in place of the session's.
  void blame(std::string fault, std::string detail);
  void fail(Error error) { failure_ = std::move(error); }
  void set_path(std::string path) { path_ = std::move(path); }
  const Context& context() const { return context_; }

  // -- the carrier
  /// Sends what take_output gives.
  virtual void send() = 0;
  /// No more is to come from us; end() follows.
  virtual void hang_up() = 0;
  /// Bytes that were taken and are not with the system yet.
  virtual std::size_t unsent() const = 0;
  /// Its own deadlines. Returns when to be called again.
  virtual std::uint64_t tick_carrier(std::uint64_t now) = 0;

 private:
  std::string end_detail(const std::string& reason) const;

  Context context_;
  sync::Role role_;
  std::string path_;
  std::optional<space::Invitation> invitation_;  // we dial as a newcomer
  OnEnd on_end_;
  std::optional<HostKey> peer_;
  std::unique_ptr<sync::Session> session_;
  std::string blamed_fault_;
  std::string blamed_detail_;
  std::optional<Error> failure_;
  bool is_closing_ = false;
  bool was_welcome_ = false;
};

}  // namespace kith::replica

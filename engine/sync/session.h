// SPDX-License-Identifier: Apache-2.0
// The protocol /kith/sync/1 as a state machine (docs/protocol.md): bytes in, bytes out, no socket, no thread, no clock
// of its own. One Session for each connection and side. Below it anything that keeps order and integrity and names the
// other side's host key (on a pipe or a Unix socket: sync/preamble.h).
//
//   hello (nonces, blinded spaces, proofs) -> authority (complete, first) -> compare (digest, cursor, frontier) ->
//   backfill and live, until closed
//
// The owner of the loop: hands in what comes (receive), sends what take_output gives while has_output(), calls tick
// when it asked to be called, and notify when a space changed. After every one of them it looks at is_closed(); what
// output is left then may still be sent.
//
// Where the carrier can, it gives the session a second stream for backfill (open_backfill), and moves its bytes in the
// same way: live entries then never wait behind a window, however slow the line. Without, windows go in pieces, and
// live entries between these.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "kith/ids.h"
#include "kith/result.h"
#include "space/space.h"
#include "sync/frames.h"
#include "sync/hello.h"

namespace kith::sync {

inline constexpr std::uint64_t kHelloMsMax = 10'000;
inline constexpr std::uint64_t kStallMsMax = 30'000;  // nothing moved although something is owed
inline constexpr std::uint64_t kPingMs = 15'000;
inline constexpr std::uint64_t kPongMsMax = 10'000;  // after a ping

/// How far we are in a peer's journal, and which journal that was.
struct PeerCursor {
  std::uint64_t journal = 0;
  Pos pos;
};

/// Somebody who has her words and nothing else asks for a space by what she knows of it.
struct Restoring {
  Lineage lineage;
  crypto::SigningKey identity;  // hers, in that lineage
  bool is_personal = false;     // her own space, which a house may keep without being of it
};

/// A space that its founder may ask for with her words alone.
struct Restorable {
  SpaceId space;
  crypto::Key gate;  // crypto::derive_kept_gate_key
};

/// The spaces of this installation, for sessions; they outlive them. Implemented by the node and by the simulator.
class Spaces {
 public:
  virtual ~Spaces() = default;
  /// Member spaces (and those that this device is linked to and has not opened its log in yet).
  virtual std::vector<space::Space*> spaces() = 0;
  /// This device's log key in a space (hello proofs). Null: none yet.
  virtual const crypto::SigningKey* log_key(const SpaceId& space) = 0;
  /// Not null: a session that dials without an invitation asks for this space in role 2, and for nothing else.
  virtual const Restoring* restoring() { return nullptr; }
  /// A newcomer has shown an invitation's key, or somebody who restores her identity's, and the peer has shown the
  /// space's full id: make the replica to join into. Null: not wanted.
  virtual space::Space* visit(const SpaceId& space) = 0;
  /// Authority is complete at a visited space: join it now (space::Space::join, restore), or say why not.
  virtual Result<void> authority_complete(space::Space& space) = 0;
  /// Cursors of peers' journals survive restarts: what we last had of this peer's journal.
  virtual PeerCursor peer_cursor(const HostKey& peer, const SpaceId& space) = 0;
  virtual void set_peer_cursor(const HostKey& peer, const SpaceId& space, const PeerCursor& cursor) = 0;

  // -- spaces that houses keep for members without being able to read them (docs/protocol.md, 3)
  /// Is there a space, or will there be one after joining, that others should keep?
  virtual bool offers() { return false; }
  /// That space. Null: there is none yet.
  virtual space::Space* offered() { return nullptr; }
  /// Does this installation keep members' spaces?
  virtual bool keeps() { return false; }
  /// This member of `shared` asks for it. One's own is given as it is. kRefused: not this one, or not one more;
  /// kTooLarge: no room.
  virtual Result<std::shared_ptr<space::Space>> keep(const space::Space& shared, const PersonId& person,
                                                     const SpaceId& space) {
    static_cast<void>(shared), static_cast<void>(person), static_cast<void>(space);
    return Error(ErrorCode::kRefused, "Nothing is kept here for others.", "");
  }
  /// What is kept here, and the own personal space.
  virtual std::vector<Restorable> restorable() { return {}; }
  virtual Result<std::shared_ptr<space::Space>> open_restorable(const SpaceId& space) {
    static_cast<void>(space);
    return Error(ErrorCode::kNotFound, "There is no such space here.", "");
  }
};

/// Why a peer was dropped: each counted, named in status.
enum class Fault : std::uint8_t {
  kNone,
  kRubbish,
  kOversized,
  kBadProof,
  kBadEntry,
  kSilent,
  kStalled,
  kTooManySpaces,
  kVersion,
  kLocal
};
std::string_view fault_name(Fault fault);

struct Counters {
  std::uint64_t bytes_in = 0, bytes_out = 0, frames_in = 0, frames_out = 0;
  std::uint64_t entries_in = 0, entries_out = 0, known_in = 0, windows_in = 0, windows_out = 0, live_in = 0,
                live_out = 0;
  std::uint64_t authority_in = 0, authority_out = 0, gaps = 0, compares = 0;
};

struct SpaceProgress {
  SpaceId space;
  std::string state;                              // "authority", "comparing", "backfill", "live", "refused"
  std::uint64_t behind_entries = 0;               // as far as the other side has said
  std::uint64_t owed_entries = 0;                 // that we still send
  bool is_about_keeping = false;                  // one side keeps it for the other
  std::optional<std::uint8_t> refused_with = {};  // a Refusal, as the other side has said
};

class Session {
 public:
  /// `invitation`: this side dials as a newcomer with it, and for nothing else.
  Session(Role role, const HostKey& own, const HostKey& peer, Spaces& spaces, Clock& clock, Random& random,
          const space::Invitation* invitation = nullptr);
  ~Session();

  /// Bytes as they come, cut anywhere. After a fault they are ignored.
  void receive(ByteView bytes);
  /// Appends up to `bytes_max` bytes to send. Everything in them is on the medium already. Small when there is little
  /// to say.
  void take_output(Bytes& out, std::size_t bytes_max);
  bool has_output() const;

  /// From now on there is a stream of its own for backfill. Once, after the hello. Windows change over to it as soon as
  /// none is on its way.
  void open_backfill();
  /// Bytes of that stream. Returns how many were taken, from the front: fewer while a window waits for what it rests
  /// on, which comes on the first stream. The rest is to be offered again once reads_backfill().
  std::size_t receive_backfill(ByteView bytes);
  bool reads_backfill() const;
  /// As take_output, for that stream. Gives nothing before the first stream is empty.
  void take_backfill(Bytes& out, std::size_t bytes_max);
  bool has_backfill() const;

  /// Time passes: hello limit, ping, stall. Returns when to call again (steady ms).
  std::uint64_t tick();
  /// A space changed here: live entries are pushed at the next take_output.
  void notify(const SpaceId& space);
  /// Polite end: says so to the other side.
  void close();

  bool is_closed() const;
  /// The hello is over and at least one space is shared.
  bool is_past_hello() const;
  Fault fault() const;
  const std::string& fault_detail() const;
  /// Why the other side, or a space at this one, refused; null if nobody did. Its code is what a joiner says
  /// (kInviteExpired …).
  const Error* refusal() const;
  const Counters& counters() const;
  std::vector<SpaceProgress> progress() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kith::sync

// SPDX-License-Identifier: Apache-2.0
// The network between simulated machines: ordered streams of bytes, as sessions have them. What packets suffer (loss,
// duplication, reordering) shows here as delay, as bytes that come in any pieces, and as streams that end; entries that
// arrive lost, doubled and out of order are the courier's business (sim/house_world.h).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "kith/bytes.h"
#include "sim/dice.h"
#include "sim/report.h"
#include "sim/timeline.h"

namespace kith::sim {

using Place = std::size_t;       // a machine, by number
using StreamId = std::uint64_t;  // from 1; never used twice

/// Both ends of every stream. An end hears nothing after it has closed or was told that the stream is closed.
class NetworkListener {
 public:
  virtual ~NetworkListener() = default;
  virtual void opened(StreamId stream, Place at, Place from) = 0;
  virtual void received(StreamId stream, Place at, ByteView bytes) = 0;
  virtual void closed(StreamId stream, Place at) = 0;
  /// Bytes are leaving a machine: whoever listens on the wire has them now.
  virtual void sent(StreamId stream, Place from, ByteView bytes) = 0;
  /// There is room to send again.
  virtual void drained(StreamId stream, Place at) = 0;
};

class Network {
 public:
  Network(Timeline& timeline, std::uint64_t seed, Report& report) : timeline_(timeline), dice_(seed), report_(report) {}
  void set_listener(NetworkListener* listener) { listener_ = listener; }

  /// None: nobody can be reached there now.
  std::optional<StreamId> dial(Place from, Place to);
  /// How many bytes may be sent now.
  std::size_t room(StreamId stream, Place from) const;
  void send(StreamId stream, Place from, Bytes bytes);
  /// The other side hears of it after what was sent before.
  void close(StreamId stream, Place from);
  /// The power is gone: what was sent goes on its way, and nobody says that the streams are over.
  void vanish(Place place);
  /// Its streams from before are answered with a reset.
  void appear(Place place);

  // -- faults
  /// Bytes from one to the other wait until it is healed; new streams cannot be opened.
  void block(Place from, Place to);
  void heal();
  bool is_blocked(Place from, Place to) const { return blocked_.contains({from, to}); }
  /// Ends a stream between two machines for both, at once; what was on the way is lost. False: there is none.
  bool cut_one();

 private:
  struct Direction {
    std::deque<Bytes> sent;  // not delivered yet
    std::size_t bytes = 0;   // of these
    std::size_t window = 0;
    std::size_t tiny_bytes_left = 0;  // the window is a byte or a few until so much has gone
    std::uint64_t latency_ms = 0;
    bool is_closing = false;
    bool is_scheduled = false;
    bool is_waiting = false;  // at a block
  };
  struct Stream {
    Place places[2];
    bool is_open[2] = {true, true};
    Direction directions[2];  // by the sending end
  };

  static std::size_t end_at(const Stream& stream, Place place) { return stream.places[0] == place ? 0 : 1; }
  Direction make_direction();
  void schedule(StreamId id, std::size_t sender);
  void deliver(StreamId id, std::size_t sender);
  void hand_over(StreamId id, std::size_t receiver, const Bytes& bytes);
  void tell_closed(StreamId id, std::size_t end);

  Timeline& timeline_;
  Dice dice_;
  Report& report_;
  NetworkListener* listener_ = nullptr;
  std::map<StreamId, Stream> streams_;
  std::set<std::pair<Place, Place>> blocked_;
  std::set<Place> absent_;
  StreamId last_id_ = 0;
};

}  // namespace kith::sim

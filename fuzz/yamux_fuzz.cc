// SPDX-License-Identifier: Apache-2.0
// Frames of yamux. The first byte is the size of the pieces in which a second connection gets the same bytes: how they
// are cut must make no difference. Nobody reads every fourth stream.
#include "p2p/yamux.h"

#include <map>

#include "fuzz/fuzz.h"

namespace kith::fuzz {

namespace {

using p2p::Fault;
using p2p::StreamEnd;

struct Seen {
  Bytes data;
  int ends = 0;
  int closes = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

class Reader final : public p2p::YamuxUser {
 public:
  Reader(p2p::YamuxStream& stream, Seen& seen) : stream_(stream), seen_(seen) {}
  std::size_t data(ByteView bytes) override {
    CHECK(seen_.ends == 0 && seen_.closes == 0);
    CHECK(bytes.size() <= p2p::YamuxLimits().window_bytes);
    if (stream_.id() % 8 == 7) return 0;
    append(seen_.data, bytes);
    return bytes.size();
  }
  void end() override { CHECK(++seen_.ends == 1); }
  void pull(Bytes&, std::size_t) override {}
  void closed(StreamEnd) override { CHECK(++seen_.closes == 1); }

 private:
  p2p::YamuxStream& stream_;
  Seen& seen_;
};

/// A listener of yamux, and what came of what it received.
class End final : private p2p::Yamux::Acceptor {
 public:
  void receive(ByteView bytes) {
    if (fault_ == Fault::kNone) fault_ = yamux_.receive(bytes);
    CHECK(yamux_.stream_count() <= p2p::YamuxLimits().inbound_streams_max);
  }
  void drain() {
    while (yamux_.has_output()) {
      Bytes out;
      yamux_.produce(out, 1 << 10);
      CHECK(out.size() <= 1 << 10);
      // What it had may have been for a stream that is gone by now; then it has nothing more either.
      if (out.empty()) CHECK(!yamux_.has_output());
    }
    yamux_.close_streams(StreamEnd::kConnection);
    yamux_.sweep();
    CHECK(yamux_.stream_count() == 0);
    for (const auto& [order, seen] : seen_) CHECK(seen.closes == 1);
  }
  bool agrees_with(const End& other) const {
    return fault_ == other.fault_ && seen_ == other.seen_ &&
           yamux_.counters().frames_in == other.yamux_.counters().frames_in;
  }

 private:
  std::unique_ptr<p2p::YamuxUser> accept(p2p::YamuxStream& stream) override {
    return std::make_unique<Reader>(stream, seen_[static_cast<int>(seen_.size())]);
  }
  std::map<int, Seen> seen_;  // by order of opening
  Fault fault_ = Fault::kNone;
  p2p::Yamux yamux_{p2p::Role::kListener, {}, *this};
};

}  // namespace

void run(ByteView input) {
  if (input.empty()) return;
  const std::size_t piece = input[0] + std::size_t{1};
  const ByteView all = input.subspan(1);
  End whole;
  whole.receive(all);
  End cut;
  for (ByteView rest = all; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
    cut.receive(rest.first(std::min(piece, rest.size())));
  }
  CHECK(whole.agrees_with(cut));
  whole.drain();
  cut.drain();
  CHECK(whole.agrees_with(cut));
}

}  // namespace kith::fuzz

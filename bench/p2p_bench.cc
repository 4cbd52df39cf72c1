// SPDX-License-Identifier: Apache-2.0
// libp2p over loopback TCP, two processes, beside js-libp2p to js-libp2p in the same run (bench/p2p_baseline.js, with
// the Node and the packages of tests/interop): dials from nothing to an open stream, one stream's throughput, the bytes
// of connecting, and the memory of connections that rest.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <vector>

#include "bench/report.h"
#include "net/peer_connection.h"
#include "net/tcp.h"
#include "node/platform.h"
#include "sync/session_stream.h"

namespace kith::bench {
namespace {

using Moment = std::chrono::steady_clock::time_point;

constexpr std::string_view kSinkProtocol = "/kith/bench-sink/1";
constexpr std::uint64_t kMegabytes = 256;
constexpr std::size_t kRestingConnections = 400;
constexpr std::uint64_t kRestMs = 3'000;  // identify, the first ping, and quiet after that
constexpr auto kDialing = std::chrono::seconds(5);

double seconds_since(Moment begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Proportional set size of a process, in kB.
double pss_kb(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/smaps_rollup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("Pss:")) return std::atof(line.c_str() + 4);
  }
  stop("/proc tells no memory");
}

crypto::SigningKey key_of(std::uint8_t fill) {
  crypto::Key seed;
  seed.data.fill(fill);
  return crypto::SigningKey::from_seed(seed);
}

/// Counts what comes and says how much it was.
class Sink final : public p2p::StreamHandler {
 public:
  std::size_t received(p2p::Stream&, ByteView bytes) override {
    size_ += bytes.size();
    return bytes.size();
  }
  void ended(p2p::Stream& stream) override {
    const std::string text = std::to_string(size_);
    if (!stream.write(as_bytes(text))) stream.reset();
    stream.finish();
  }

 private:
  std::uint64_t size_ = 0;
};

/// Is opened, and that is all.
class Opened final : public p2p::StreamHandler {
 public:
  explicit Opened(std::function<void()> on_open = {}) : on_open_(std::move(on_open)) {}
  void opened(p2p::Stream&) override {
    if (on_open_) on_open_();
  }
  std::size_t received(p2p::Stream&, ByteView bytes) override { return bytes.size(); }

 private:
  std::function<void()> on_open_;
};

/// Sends zeros, then reads what the other side has counted.
class Source final : public p2p::StreamHandler {
 public:
  Source(std::uint64_t size, std::string& answer, std::function<void()> on_end)
      : left_(size), answer_(answer), on_end_(std::move(on_end)) {}
  void opened(p2p::Stream& stream) override { stream.want_pull(); }
  void pull(p2p::Stream& stream, Bytes& out, std::size_t bytes_max) override {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max, left_));
    out.resize(out.size() + n);
    left_ -= n;
    if (left_ == 0) stream.finish();
  }
  std::size_t received(p2p::Stream&, ByteView bytes) override {
    answer_ += as_text(bytes);
    return bytes.size();
  }
  void ended(p2p::Stream&) override { on_end_(); }

 private:
  std::uint64_t left_;
  std::string& answer_;
  std::function<void()> on_end_;
};

/// One side: a loop, an identity, and connections that live until they end.
class Peer {
 public:
  explicit Peer(std::uint8_t fill)
      : key_(key_of(fill)), identity_(key_, random_), host_{identity_, "bench/1", {}, {}} {}

  void offer(std::string_view name, std::function<std::unique_ptr<p2p::StreamHandler>()> make) {
    host_.protocols.push_back({std::string(name), 8, [make](p2p::Connection&) { return make(); }});
  }
  net::PeerConnection& add(net::Socket socket, p2p::ConnectionOptions options, std::function<void()> on_open = {}) {
    auto& place = connections_.emplace_back();
    const std::size_t index = connections_.size() - 1;
    place = std::make_unique<net::PeerConnection>(
        net::PeerConnection::Context{loop, clock_, random_, host_}, net::make_channel(loop, std::move(socket)), options,
        net::PeerConnection::Events{std::move(on_open), [this, index](p2p::Fault, const std::string&) {
                                      connections_[index].reset();
                                      if (on_end) on_end();
                                    }});
    return *place;
  }
  /// Dials and waits until the connection is open.
  net::PeerConnection& dial(const net::Endpoint& at, bool asks_identify) {
    net::PeerConnection* made = nullptr;
    const net::TcpConnect connecting(loop, at, [&](Result<net::Socket> socket) {
      made = &add(must(std::move(socket)), {.role = p2p::Role::kDialer, .identify = asks_identify},
                  [this] { loop.stop(); });
    });
    on_end = [] { stop("a connection ended"); };
    loop.run();
    on_end = {};
    return *made;
  }

  net::Loop loop;
  std::function<void()> on_end;

 private:
  node::SystemClock clock_;
  node::SystemRandom random_;
  crypto::SigningKey key_;
  p2p::NoiseIdentity identity_;
  p2p::Host host_;
  std::vector<std::unique_ptr<net::PeerConnection>> connections_;
};

/// The process that is dialed. Tells its port through `pipe` and serves until it is killed.
[[noreturn]] void listen(int pipe) {
  must(crypto::start());
  Peer peer(2);
  peer.offer(sync::kSyncProtocol, [] { return std::make_unique<Opened>(); });
  peer.offer(kSinkProtocol, [] { return std::make_unique<Sink>(); });
  const auto listener = must(
      net::TcpListener::open(peer.loop, {Bytes{127, 0, 0, 1}, 0, 0}, [&](net::Socket socket, const net::Endpoint&) {
        peer.add(std::move(socket), {.role = p2p::Role::kListener, .identify = false});
      }));
  const std::uint16_t port = listener->endpoint().port;
  if (write(pipe, &port, sizeof port) != sizeof port) stop("the other process is gone");
  peer.loop.run();
  std::_Exit(0);
}

/// The child process, and where it listens.
class Listener {
 public:
  Listener() {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) stop("pipe failed");
    process_ = fork();
    if (process_ == 0) listen(pipe[1]);
    std::uint16_t port = 0;
    if (read(pipe[0], &port, sizeof port) != sizeof port) stop("the listener does not start");
    at_ = {Bytes{127, 0, 0, 1}, port, 0};
    for (const int fd : pipe) close(fd);
  }
  ~Listener() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const net::Endpoint& at() const { return at_; }
  pid_t process() const { return process_; }

 private:
  pid_t process_ = 0;
  net::Endpoint at_;
};

/// Opens the stream of sync and waits until it is agreed on.
void open_sync(Peer& peer, net::PeerConnection& connection) {
  must(connection.connection().open_stream({std::string(sync::kSyncProtocol)},
                                           std::make_unique<Opened>([&] { peer.loop.stop(); })));
  connection.pump();
  peer.loop.run();
}

double dials_per_s(const net::Endpoint& at) {
  Peer peer(1);
  const Moment begin = std::chrono::steady_clock::now();
  std::uint64_t count = 0;
  while (std::chrono::steady_clock::now() - begin < kDialing) {
    net::PeerConnection& connection = peer.dial(at, false);
    open_sync(peer, connection);
    peer.on_end = [&] { peer.loop.stop(); };
    connection.abort();
    peer.loop.run();
    ++count;
  }
  return static_cast<double>(count) / seconds_since(begin);
}

double megabytes_per_s(const net::Endpoint& at) {
  Peer peer(1);
  net::PeerConnection& connection = peer.dial(at, false);
  std::string answer;
  const Moment begin = std::chrono::steady_clock::now();
  must(connection.connection().open_stream(
      {std::string(kSinkProtocol)}, std::make_unique<Source>(kMegabytes << 20, answer, [&] { peer.loop.stop(); })));
  connection.pump();
  peer.loop.run();
  const double seconds = seconds_since(begin);
  if (answer != std::to_string(kMegabytes << 20)) stop("of " + std::to_string(kMegabytes) + " MB arrived " + answer);
  return static_cast<double>(kMegabytes) / seconds;
}

double connect_bytes(const net::Endpoint& at) {
  Peer peer(1);
  net::PeerConnection& connection = peer.dial(at, false);
  open_sync(peer, connection);
  const p2p::ConnectionCounters& counters = connection.connection().counters();
  return static_cast<double>(counters.bytes_in + counters.bytes_out);
}

/// Of the side that needs more.
double memory_per_connection_kb(const Listener& listener) {
  Peer peer(1);
  open_sync(peer, peer.dial(listener.at(), true));
  const double own_before = pss_kb(getpid()), other_before = pss_kb(listener.process());
  for (std::size_t i = 0; i < kRestingConnections; ++i) peer.dial(listener.at(), true);
  net::Timer rest(peer.loop);
  rest.start(kRestMs, [&] { peer.loop.stop(); });
  peer.loop.run();
  const double grown = std::max(pss_kb(getpid()) - own_before, pss_kb(listener.process()) - other_before);
  return grown / static_cast<double>(kRestingConnections);
}

struct Baseline {
  double dials_per_s = 0;
  double megabytes_per_s = 0;
};

Baseline js_to_js() {
  const std::string root = KITH_SOURCE_DIR;
  std::string node;
  for (const char* machine : {"x64", "arm64"}) {
    const std::string path = root + "/tests/interop/node_modules/node-linux-" + machine + "/bin/node";
    if (access(path.c_str(), X_OK) == 0) node = path;
  }
  if (node.empty()) stop("Node and js-libp2p are not here; run script/setup");
  FILE* out = popen(("'" + node + "' '" + root + "/bench/p2p_baseline.js'").c_str(), "r");
  if (out == nullptr) stop("node cannot be started");
  Baseline js;
  const int found = std::fscanf(out, "%lf %lf", &js.dials_per_s, &js.megabytes_per_s);
  if (pclose(out) != 0 || found != 2) stop("bench/p2p_baseline.js failed");
  return js;
}

int run(bool as_json) {
  must(crypto::start());
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const Baseline js = js_to_js();
  const Listener listener;
  Report report;
  const double dials = dials_per_s(listener.at());
  const double megabytes = megabytes_per_s(listener.at());
  report.add("p2p.handshakes.ratio_js", dials / js.dials_per_s, "x js-libp2p, dials to an open stream, one by one");
  report.add("p2p.handshakes_per_s", dials, "dials/s");
  report.add("p2p.throughput.ratio_js", megabytes / js.megabytes_per_s, "x js-libp2p, one stream");
  report.add("p2p.throughput_mb_per_s", megabytes, "MB/s");
  report.add("p2p.connect.bytes", connect_bytes(listener.at()), "bytes both ways until sync is agreed on");
  const Listener fresh;
  report.add("p2p.memory_per_connection_kb", memory_per_connection_kb(fresh), "kB of PSS, at rest");
  report.print(as_json);
  return 0;
}

}  // namespace
}  // namespace kith::bench

int main(int argc, char** argv) {
  return kith::bench::run(kith::bench::has_argument(argc, argv, "--json"));
}

// SPDX-License-Identifier: Apache-2.0
// A newcomer joins and receives the corpus (100,000 entries of 600 logs) into queryable tables, flushed: two processes,
// two cores, once over TCP with the whole libp2p stack and once over a Unix socket. There bytes are counted, outside
// the session. At the end counts by kind and the state hash of both replicas are compared.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>

#include "base/check.h"
#include "bench/corpus.h"
#include "bench/report.h"
#include "crypto/sign.h"
#include "net/peer_connection.h"
#include "net/tcp.h"
#include "node/platform.h"
#include "sync/preamble.h"
#include "sync/session.h"
#include "sync/session_stream.h"
#include "town/town.h"

namespace kith::bench {
namespace {

/// Bytes by frame type, read off the raw stream.
class Tally {
 public:
  void see(ByteView bytes) {
    for (const std::uint8_t byte : bytes) {
      if (left_ > 0) {
        if (is_at_type_) type_ = byte;
        by_type_[type_] += is_at_type_ ? head_ + 1 : 1;
        if (is_at_type_) head_ = length_ = 0;
        is_at_type_ = false;
        --left_;
        continue;
      }
      length_ |= static_cast<std::size_t>(byte & 0x7f) << (7 * head_);
      ++head_;
      if ((byte & 0x80) != 0) continue;
      left_ = length_;
      is_at_type_ = true;
    }
  }
  std::uint64_t of(sync::FrameType type) const { return by_type_[static_cast<std::uint8_t>(type)]; }
  /// Of the types from … to.
  std::uint64_t between(std::size_t from, std::size_t to) const {
    std::uint64_t n = 0;
    for (std::size_t type = from; type <= to; ++type) n += by_type_[type];
    return n;
  }

 private:
  std::size_t left_ = 0;
  std::size_t length_ = 0;
  std::size_t head_ = 0;
  bool is_at_type_ = false;
  std::uint8_t type_ = 0;
  std::array<std::uint64_t, 256> by_type_{};
};

/// One installation with one space.
class Home final : public sync::Spaces {
 public:
  Home(std::string path, const crypto::Key& root_given, const crypto::Key& storage_key)
      : path_(std::move(path)), root_(root_given), storage_key_(storage_key) {}

  void open(const space::SpaceKeys& keys_given) {
    keys = keys_given;
    own = must(space::Space::open({clock, random}, options(), keys));
    log_key_.emplace(crypto::SigningKey::from_seed(keys.log_seed));
  }

  std::vector<space::Space*> spaces() override {
    return own != nullptr ? std::vector<space::Space*>{own.get()} : std::vector<space::Space*>{};
  }
  const crypto::SigningKey* log_key(const SpaceId&) override { return log_key_ ? &*log_key_ : nullptr; }
  space::Space* visit(const SpaceId& id) override {
    own = must(space::Space::visit({clock, random}, options(), id, *invitation));
    return own.get();
  }
  Result<void> authority_complete(space::Space& visited) override {
    KITH_TRY(visited.join(root_, keys));
    log_key_.emplace(crypto::SigningKey::from_seed(keys.log_seed));
    return {};
  }
  sync::PeerCursor peer_cursor(const HostKey&, const SpaceId&) override { return {}; }
  void set_peer_cursor(const HostKey&, const SpaceId&, const sync::PeerCursor&) override {}

  node::SystemClock clock;
  node::SystemRandom random;
  space::SpaceKeys keys;
  std::optional<space::Invitation> invitation;
  std::unique_ptr<space::Space> own;

 private:
  space::OpenOptions options() { return {path_, must(store::Schema::parse(town::schema())), storage_key_}; }
  std::string path_;
  crypto::Key root_;
  crypto::Key storage_key_;
  std::optional<crypto::SigningKey> log_key_;
};

/// What carries the bytes of one session, and who is at its ends.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual HostKey own() const = 0;
  virtual HostKey peer() const = 0;
  /// The session that it is for; lives until `drain`.
  virtual void attach(sync::Session& session) = 0;
  /// Until `is_done`, or until the other end is gone.
  virtual void run(const std::function<bool()>& is_done) = 0;
  /// Sends what is left, a close say.
  virtual void drain() = 0;
};

void check(const sync::Session& session) {
  if (session.fault() == sync::Fault::kNone) return;
  stop(std::string(fault_name(session.fault())) + ": " + session.fault_detail());
}

/// A Unix socket, with nothing between it and the session: here bytes are counted.
class UnixWire final : public Wire {
 public:
  /// `number`: who we are.
  UnixWire(int socket, std::uint8_t number) : socket_(socket) {
    own_.data.fill(number);
    sync::Preamble preamble(own_);
    const Bytes greeting = preamble.output();
    if (write(socket, greeting.data(), greeting.size()) != static_cast<ssize_t>(greeting.size()))
      stop("the socket is full");
    while (!preamble.peer()) {
      std::uint8_t byte = 0;
      if (read(socket, &byte, 1) != 1) stop("the other process is gone");
      ByteView in(&byte, 1);
      must(preamble.receive(in));
    }
    peer_ = *preamble.peer();
    fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  HostKey own() const override { return own_; }
  HostKey peer() const override { return peer_; }
  void attach(sync::Session& session) override { session_ = &session; }

  void run(const std::function<bool()>& is_done) override {
    while (!is_done()) {
      check(*session_);
      refill();
      if (session_->is_closed() && out_.empty()) return;
      pollfd poll_of{socket_, static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT)), 0};
      if (poll(&poll_of, 1, 1'000) < 0 && errno != EINTR) stop("poll failed");
      if ((poll_of.revents & POLLOUT) != 0) write_some();
      if ((poll_of.revents & (POLLIN | POLLHUP)) != 0 && !read_some()) return;
      session_->tick();
    }
  }
  void drain() override {
    while (session_->has_output() || sent_ < out_.size()) {
      refill();
      pollfd poll_of{socket_, POLLOUT, 0};
      poll(&poll_of, 1, 1'000);
      write_some();
    }
  }

  Tally seen_in;
  Tally seen_out;

 private:
  static constexpr std::size_t kChunk = 256 << 10;
  void refill() {
    if (sent_ < out_.size()) return;
    out_.clear();
    sent_ = 0;
    if (session_->has_output()) session_->take_output(out_, kChunk);
    seen_out.see(out_);
  }
  void write_some() {
    const ssize_t n = write(socket_, out_.data() + sent_, out_.size() - sent_);
    if (n > 0) sent_ += static_cast<std::size_t>(n);
  }
  bool read_some() {
    const ssize_t n = read(socket_, in_.data(), in_.size());
    if (n == 0) return false;
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    const ByteView got = ByteView(in_).first(static_cast<std::size_t>(n));
    seen_in.see(got);
    session_->receive(got);
    return true;
  }

  int socket_;
  HostKey own_, peer_;
  sync::Session* session_ = nullptr;
  Bytes out_;
  std::size_t sent_ = 0;
  std::array<std::uint8_t, 256 << 10> in_;
};

/// TCP on loopback with the whole stack: multistream-select, Noise, yamux, both streams of a session.
class TcpWire final : public Wire {
 public:
  /// Listens, lets `tell_port` know where, and waits for the other side.
  explicit TcpWire(const std::function<void(std::uint16_t)>& tell_port) : TcpWire(1, p2p::Role::kListener) {
    host_.protocols.push_back({std::string(sync::kSyncProtocol), sync::kSyncInboundMax,
                               [this](p2p::Connection&) { return stream_->make_handler(); }});
    host_.protocols.push_back({std::string(sync::kBackfillProtocol), sync::kSyncInboundMax,
                               [this](p2p::Connection&) { return stream_->make_backfill_handler(); }});
    const auto listener = must(net::TcpListener::open(
        loop_, loopback(0), [this](net::Socket socket, const net::Endpoint&) { open(std::move(socket)); }));
    tell_port(listener->endpoint().port);
    loop_.run();
  }
  /// Dials.
  explicit TcpWire(std::uint16_t port) : TcpWire(2, p2p::Role::kDialer) {
    const net::TcpConnect connecting(loop_, loopback(port),
                                     [this](Result<net::Socket> socket) { open(must(std::move(socket))); });
    loop_.run();
  }
  HostKey own() const override { return identity_.host_key(); }
  HostKey peer() const override { return connection_->connection().peer(); }
  void attach(sync::Session& session) override {
    session_ = &session;
    stream_.emplace(session);
    if (role_ == p2p::Role::kListener) return;
    must(connection_->connection().open_stream({std::string(sync::kSyncProtocol)}, stream_->make_handler()));
    connection_->pump();
  }
  void run(const std::function<bool()>& is_done) override {
    const auto is_over = [&] { return is_done() || is_ended_ || stream_->is_over(); };
    loop_.set_after_batch([&] {
      check(*session_);
      if (is_over()) loop_.stop();
    });
    tick();
    if (!is_over()) loop_.run();
    timer_.cancel();
    loop_.set_after_batch({});
  }
  void drain() override {
    stream_->pump();
    connection_->pump();
    run([] { return false; });
  }

 private:
  static constexpr std::uint64_t kTickMs = 100;

  TcpWire(std::uint8_t number, p2p::Role role)
      : role_(role), key_(key_of(number)), identity_(key_, random_), host_{identity_, "bench/1", {}, {}} {}
  static crypto::SigningKey key_of(std::uint8_t number) {
    crypto::Key seed;
    seed.data.fill(number);
    return crypto::SigningKey::from_seed(seed);
  }
  static net::Endpoint loopback(std::uint16_t port) { return {Bytes{127, 0, 0, 1}, port, 0}; }
  void open(net::Socket socket) {
    connection_.emplace(net::PeerConnection::Context{loop_, clock_, random_, host_},
                        net::make_channel(loop_, std::move(socket)), p2p::ConnectionOptions{.role = role_},
                        net::PeerConnection::Events{[this] { loop_.stop(); },
                                                    [this](p2p::Fault, const std::string&) {
                                                      is_ended_ = true;
                                                      loop_.stop();
                                                    }});
  }
  void tick() {
    session_->tick();
    stream_->pump();
    connection_->pump();
    timer_.start(kTickMs, [this] { tick(); });
  }

  p2p::Role role_;
  net::Loop loop_;
  net::Timer timer_{loop_};
  node::SystemClock clock_;
  node::SystemRandom random_;
  crypto::SigningKey key_;
  p2p::NoiseIdentity identity_;
  p2p::Host host_;
  sync::Session* session_ = nullptr;
  std::optional<net::PeerConnection> connection_;
  std::optional<sync::SessionStream> stream_;
  bool is_ended_ = false;
};

/// What both replicas must agree on.
struct Summary {
  std::int64_t posts = 0, replies = 0, edited = 0;
  std::array<std::uint8_t, 16> state{};
  bool operator==(const Summary&) const = default;
};

std::int64_t count(space::Space& space, std::string_view sql) {
  const Rows rows = must(space.query(sql, {}));
  return std::get<std::int64_t>(rows.rows.at(0).at(0));
}

Summary summary_of(space::Space& space) {
  Summary out;
  out.posts = count(space, "SELECT count(*) FROM posts WHERE thread IS NULL");
  out.replies = count(space, "SELECT count(*) FROM posts WHERE thread IS NOT NULL");
  out.edited = count(space, "SELECT count(*) FROM kith_posts WHERE kith_changed IS NOT NULL");
  const Bytes state = must(space.store().state_hash());
  CHECK(state.size() == out.state.size());
  std::copy(state.begin(), state.end(), out.state.begin());
  return out;
}

/// What the joining process tells the other one.
struct Joined {
  std::uint64_t ms = 0;
  std::uint64_t authority_ms = 0;
  double cpu = 0;  // seconds
  double authority_cpu = 0;
  std::uint64_t entries = 0;
  std::uint64_t authority = 0;
  Summary summary;
};

void tell(int pipe, const void* data, std::size_t size) {
  if (write(pipe, data, size) != static_cast<ssize_t>(size)) stop("the other process is gone");
}
void hear(int pipe, void* data, std::size_t size) {
  auto* at = static_cast<std::uint8_t*>(data);
  while (size > 0) {
    const ssize_t n = read(pipe, at, size);
    if (n <= 0) stop("the other process is gone");
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

/// An invitation's text.
using Link = std::array<char, 512>;

/// The two processes' means: a pair of sockets each for a session, a second one, and what they tell each other.
struct Pairs {
  std::array<int, 2> first{}, again{}, control{};
  Pairs() {
    for (auto* pair : {&first, &again, &control}) {
      if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair->data()) != 0) stop("socketpair failed");
    }
  }
  void keep(std::size_t side) const {
    for (const auto* pair : {&first, &again, &control}) close((*pair)[1 - side]);
  }
};

bool is_at_rest(const sync::Session& session) {
  return !session.progress().empty() && session.progress().at(0).state == "live" && !session.has_output();
}

Joined join(Home& home, Wire& wire, std::uint64_t entries) {
  Joined joined;
  const std::uint64_t start = home.clock.steady_ms();
  const double cpu_start = cpu_seconds();
  sync::Session session(sync::Role::kDialer, wire.own(), wire.peer(), home, home.clock, home.random, &*home.invitation);
  wire.attach(session);
  wire.run([&] {
    if (joined.authority_ms == 0 && session.counters().windows_in > 0) {
      joined.authority_ms = home.clock.steady_ms() - start;
      joined.authority_cpu = cpu_seconds() - cpu_start;
    }
    return session.counters().entries_in >= entries;
  });
  must(home.own->store().db().flush());
  joined.ms = home.clock.steady_ms() - start;
  joined.cpu = cpu_seconds() - cpu_start;
  joined.entries = session.counters().entries_in;
  joined.authority = session.counters().authority_in;
  wire.run([&] { return session.progress().at(0).state == "live"; });
  session.close();
  wire.drain();
  joined.summary = summary_of(*home.own);
  return joined;
}

void run_joiner(const Pairs& pairs, bool is_tcp, const std::string& directory, std::uint64_t entries) {
  must(crypto::start());
  const int control = pairs.control[1];
  std::unique_ptr<Wire> wire;
  if (is_tcp) {
    std::uint16_t port = 0;
    hear(control, &port, sizeof port);
    wire = std::make_unique<TcpWire>(port);
  } else {
    wire = std::make_unique<UnixWire>(pairs.first[1], 2);
  }
  Link link{};
  hear(control, link.data(), link.size());
  crypto::Key root;
  root.data.fill(0x4a);
  Home home(directory + "/joiner.kith", root, root);
  home.invitation = must(space::Invitation::parse(link.data()));
  const Joined joined = join(home, *wire, entries);
  tell(control, &joined, sizeof joined);
  if (is_tcp) return;

  UnixWire again(pairs.again[1], 2);
  sync::Session second(sync::Role::kDialer, again.own(), again.peer(), home, home.clock, home.random);
  again.attach(second);
  again.run([&] { return is_at_rest(second); });
  char done = 0;
  hear(control, &done, 1);
}

Link invite(Home& home) {
  Link link{};
  const std::string text = must(home.own->invite(home.clock.wall_ms() + 86'400'000, 1)).link();
  CHECK(text.size() < link.size());
  std::copy(text.begin(), text.end(), link.begin());
  must(home.own->tick());
  return link;
}

/// Sends everything to the other process, which then tells how it was.
Joined serve(Home& home, Wire& wire, int control, double& sender_cpu) {
  const Link link = invite(home);
  sync::Session session(sync::Role::kListener, wire.own(), wire.peer(), home, home.clock, home.random);
  wire.attach(session);
  tell(control, link.data(), link.size());
  const double cpu_start = cpu_seconds();
  wire.run([] { return false; });
  sender_cpu = cpu_seconds() - cpu_start;
  Joined joined;
  hear(control, &joined, sizeof joined);
  return joined;
}

void report_join(const std::string& key, const Joined& joined, double sender_cpu, Report& report) {
  const double n = static_cast<double>(joined.entries);
  report.add(key + ".entries_per_s", n * 1'000 / static_cast<double>(joined.ms), "entries/s, authority included");
  report.add(key + ".authority_ms", static_cast<double>(joined.authority_ms), "ms until the first window");
  report.add(key + ".authority_cpu_ms", joined.authority_cpu * 1e3, "ms of the receiver's CPU");
  report.add(key + ".receiver_cpu_us_per_entry", (joined.cpu - joined.authority_cpu) * 1e6 / n, "us, after authority");
  report.add(key + ".sender_cpu_us_per_entry", sender_cpu * 1e6 / n, "us, authority included");
}

void report_bytes(const UnixWire& wire, const UnixWire& again, double entries, double devices, Report& report) {
  // On one stream most windows go in pieces.
  const std::uint64_t windows = wire.seen_out.of(sync::FrameType::kWindow) + wire.seen_out.of(sync::FrameType::kPiece);
  report.add("sync.bytes_per_entry", static_cast<double>(windows) / entries, "bytes of windows at the socket");
  report.add("sync.authority_bytes_per_device",
             static_cast<double>(wire.seen_out.of(sync::FrameType::kAuthority)) / devices, "bytes");
  report.add("sync.hello_bytes", static_cast<double>(wire.seen_out.between(0, 0x0f) + wire.seen_in.between(0, 0x0f)),
             "bytes both ways");
  report.add("sync.nothing_changed_bytes",
             static_cast<double>(again.seen_out.between(0x10, 0xff) + again.seen_in.between(0x10, 0xff)),
             "bytes both ways on an open stream");
}

/// A directory with a copy of the source, for as long as one join takes.
class Workplace {
 public:
  explicit Workplace(const SourceReplica& source) {
    if (mkdtemp(path_) == nullptr) stop("cannot make a directory");
    run("cp '" + source.database + "' '" + path() + "/source.kith'");
  }
  ~Workplace() { run("rm -rf '" + path() + "'"); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  std::string path() const { return path_; }

 private:
  static void run(const std::string& command) {
    if (std::system(command.c_str()) != 0) stop(command + " failed");
  }
  char path_[32] = "/tmp/kith-sync-bench-XXXXXX";
};

void measure(const SourceReplica& source, std::uint32_t posts, bool is_tcp, Report& report) {
  const Workplace workplace(source);
  const Pairs pairs;
  const pid_t child = fork();
  if (child == 0) {
    pairs.keep(1);
    run_joiner(pairs, is_tcp, workplace.path(), posts);
    std::_Exit(0);
  }
  pairs.keep(0);
  const int control = pairs.control[0];
  Home home(workplace.path() + "/source.kith", source.root, source.storage_key);
  home.open(source.keys);
  Joined joined;
  double sender_cpu = 0;
  if (is_tcp) {
    TcpWire wire([control](std::uint16_t port) { tell(control, &port, sizeof port); });
    joined = serve(home, wire, control, sender_cpu);
    report_join("sync.join_100k", joined, sender_cpu, report);
  } else {
    UnixWire wire(pairs.first[0], 1);
    joined = serve(home, wire, control, sender_cpu);
    UnixWire again(pairs.again[0], 1);
    sync::Session second(sync::Role::kListener, again.own(), again.peer(), home, home.clock, home.random);
    again.attach(second);
    again.run([&] { return is_at_rest(second); });
    tell(control, "", 1);
    report_join("sync.join_100k_unix", joined, sender_cpu, report);
    report_bytes(wire, again, static_cast<double>(joined.entries), static_cast<double>(source.devices), report);
  }
  waitpid(child, nullptr, 0);
  if (!(summary_of(*home.own) == joined.summary)) stop("the two replicas differ");
}

int run(int argc, char** argv) {
  std::uint32_t posts = 100'000;
  std::uint32_t people = 200;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--posts")
      posts = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
    if (std::string_view(argv[i]) == "--people")
      people = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
  }
  must(crypto::start());
  const SourceReplica source = source_replica(posts, people);
  Report report;
  for (const bool is_tcp : {true, false}) measure(source, posts, is_tcp, report);
  report.print(has_argument(argc, argv, "--json"));
  return 0;
}

}  // namespace
}  // namespace kith::bench

int main(int argc, char** argv) {
  return kith::bench::run(argc, argv);
}

// SPDX-License-Identifier: Apache-2.0
// A newcomer joins over a Unix socket and receives the corpus (100,000 entries of 600 logs) into queryable tables,
// flushed: two processes, two cores. Bytes are counted at the socket, outside the session; at the end counts by kind
// and the state hash of both replicas are compared.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/check.h"
#include "bench/corpus.h"
#include "bench/report.h"
#include "crypto/sign.h"
#include "node/platform.h"
#include "sync/preamble.h"
#include "sync/session.h"
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

/// Moves bytes between a session and a socket until `is_done`, or until the other end is gone.
class Pump {
 public:
  Pump(int socket, sync::Session& session) : socket_(socket), session_(session) { fcntl(socket_, F_SETFL, O_NONBLOCK); }

  template <typename Done>
  void run(Done is_done) {
    while (!is_done()) {
      if (session_.fault() != sync::Fault::kNone)
        stop(std::string(fault_name(session_.fault())) + ": " + session_.fault_detail());
      if (sent_ == out_.size()) {
        out_.clear();
        sent_ = 0;
        if (session_.has_output()) session_.take_output(out_, kChunk);
        seen_out.see(out_);
      }
      if (session_.is_closed() && out_.empty()) return;
      pollfd poll_of{socket_, static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT)), 0};
      if (poll(&poll_of, 1, 1'000) < 0 && errno != EINTR) stop("poll failed");
      if ((poll_of.revents & POLLOUT) != 0) write_some();
      if ((poll_of.revents & (POLLIN | POLLHUP)) != 0 && !read_some()) return;
      session_.tick();
    }
  }
  /// Sends what is left, a close say.
  void drain() {
    while (session_.has_output() || sent_ < out_.size()) {
      if (sent_ == out_.size()) {
        out_.clear();
        sent_ = 0;
        session_.take_output(out_, kChunk);
        seen_out.see(out_);
      }
      pollfd poll_of{socket_, POLLOUT, 0};
      poll(&poll_of, 1, 1'000);
      write_some();
    }
  }

  Tally seen_in;
  Tally seen_out;

 private:
  static constexpr std::size_t kChunk = 256 << 10;
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
    session_.receive(got);
    return true;
  }

  int socket_;
  sync::Session& session_;
  Bytes out_;
  std::size_t sent_ = 0;
  std::array<std::uint8_t, 256 << 10> in_;
};

HostKey exchange_hosts(int socket, std::uint8_t number) {
  HostKey own;
  own.data.fill(number);
  sync::Preamble preamble(own);
  const Bytes greeting = preamble.output();
  if (write(socket, greeting.data(), greeting.size()) != static_cast<ssize_t>(greeting.size()))
    stop("the socket is full");
  while (!preamble.peer()) {
    std::uint8_t byte = 0;
    if (read(socket, &byte, 1) != 1) stop("the other process is gone");
    ByteView in(&byte, 1);
    must(preamble.receive(in));
  }
  return *preamble.peer();
}

HostKey host_of(std::uint8_t number) {
  HostKey host;
  host.data.fill(number);
  return host;
}

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

void run_joiner(int socket, int again, int control, const std::string& directory, std::uint64_t entries) {
  must(crypto::start());
  std::array<char, 512> link{};
  hear(control, link.data(), link.size());
  crypto::Key root;
  root.data.fill(0x4a);
  Home home(directory + "/joiner.kith", root, root);
  home.invitation = must(space::Invitation::parse(link.data()));

  Joined joined;
  const std::uint64_t start = home.clock.steady_ms();
  const double cpu_start = cpu_seconds();
  const HostKey peer = exchange_hosts(socket, 2);
  sync::Session session(sync::Role::kDialer, host_of(2), peer, home, home.clock, home.random, &*home.invitation);
  Pump pump(socket, session);
  pump.run([&] {
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
  pump.run([&] { return session.progress().at(0).state == "live"; });
  session.close();
  pump.drain();
  joined.summary = summary_of(*home.own);
  tell(control, &joined, sizeof joined);

  const HostKey same = exchange_hosts(again, 2);
  sync::Session second(sync::Role::kDialer, host_of(2), same, home, home.clock, home.random);
  Pump second_pump(again, second);
  second_pump.run(
      [&] { return !second.progress().empty() && second.progress().at(0).state == "live" && !second.has_output(); });
  char done = 0;
  hear(control, &done, 1);
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
  char name[] = "/tmp/kith-sync-bench-XXXXXX";
  if (mkdtemp(name) == nullptr) stop("cannot make a directory");
  const std::string directory = name;
  if (std::system(("cp '" + source.database + "' '" + directory + "/source.kith'").c_str()) != 0)
    stop("cannot copy the source");

  int socket[2], again[2], control[2];
  for (int* pair : {socket, again, control}) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) stop("socketpair failed");
  }
  const pid_t child = fork();
  if (child == 0) {
    for (const int fd : {socket[0], again[0], control[0]}) close(fd);
    run_joiner(socket[1], again[1], control[1], directory, posts);
    std::_Exit(0);
  }
  for (const int fd : {socket[1], again[1], control[1]}) close(fd);

  Home home(directory + "/source.kith", source.root, source.storage_key);
  home.open(source.keys);
  std::array<char, 512> link{};
  const std::string text = must(home.own->invite(home.clock.wall_ms() + 86'400'000, 1)).link();
  CHECK(text.size() < link.size());
  std::copy(text.begin(), text.end(), link.begin());
  must(home.own->tick());
  tell(control[0], link.data(), link.size());

  const HostKey peer = exchange_hosts(socket[0], 1);
  const double cpu_start = cpu_seconds();
  sync::Session session(sync::Role::kListener, host_of(1), peer, home, home.clock, home.random);
  Pump pump(socket[0], session);
  pump.run([] { return false; });
  const double sender_cpu = cpu_seconds() - cpu_start;
  Joined joined;
  hear(control[0], &joined, sizeof joined);

  const HostKey same = exchange_hosts(again[0], 1);
  sync::Session second(sync::Role::kListener, host_of(1), same, home, home.clock, home.random);
  Pump second_pump(again[0], second);
  second_pump.run(
      [&] { return !second.progress().empty() && second.progress().at(0).state == "live" && !second.has_output(); });
  tell(control[0], "", 1);
  waitpid(child, nullptr, 0);

  const Summary own = summary_of(*home.own);
  if (!(own == joined.summary)) stop("the two replicas differ");
  std::system(("rm -rf '" + directory + "'").c_str());

  const double n = static_cast<double>(joined.entries);
  const double devices = static_cast<double>(source.devices);
  const auto window_bytes = pump.seen_out.of(sync::FrameType::kWindow);
  const auto authority_bytes = pump.seen_out.of(sync::FrameType::kAuthority);
  Report report;
  report.add("sync.join_100k.entries_per_s", n * 1'000 / static_cast<double>(joined.ms),
             "entries/s, authority included");
  report.add("sync.join_100k.authority_ms", static_cast<double>(joined.authority_ms), "ms until the first window");
  report.add("sync.bytes_per_entry", static_cast<double>(window_bytes) / n, "bytes of windows at the socket");
  report.add("sync.authority_bytes_per_device", static_cast<double>(authority_bytes) / devices, "bytes");
  report.add("sync.hello_bytes", static_cast<double>(pump.seen_out.between(0, 0x0f) + pump.seen_in.between(0, 0x0f)),
             "bytes both ways");
  report.add("sync.nothing_changed_bytes",
             static_cast<double>(second_pump.seen_out.between(0x10, 0xff) + second_pump.seen_in.between(0x10, 0xff)),
             "bytes both ways on an open stream");
  report.add("sync.join_100k.authority_cpu_ms", joined.authority_cpu * 1e3, "ms of the receiver's CPU");
  report.add("sync.receiver_cpu_us_per_entry", (joined.cpu - joined.authority_cpu) * 1e6 / n, "us, after authority");
  report.add("sync.sender_cpu_us_per_entry", sender_cpu * 1e6 / n, "us, authority included");
  report.print(has_argument(argc, argv, "--json"));
  return 0;
}

}  // namespace
}  // namespace kith::bench

int main(int argc, char** argv) {
  return kith::bench::run(argc, argv);
}

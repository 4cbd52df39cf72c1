// SPDX-License-Identifier: Apache-2.0
// What a person feels of a node, with real processes: how long a post takes from one house into the tables of another
// (two `kith serve` over the Unix socket, 100 posts a second, no rest, everything flushed), and how much memory a node
// takes that holds the corpus and does nothing. The program is $KITH, or the one of this build.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "bench/corpus.h"
#include "bench/report.h"
#include "crypto/derive.h"
#include "kith/json.h"
#include "net/http_client.h"
#include "node/home.h"
#include "space/keyring.h"
#include "store/db.h"
#include "town/town.h"

extern char** environ;

namespace kith::bench {
namespace {

namespace fs = std::filesystem;
using Moment = std::chrono::steady_clock::time_point;

constexpr std::uint32_t kCorpusPosts = 100'000;
constexpr std::uint32_t kCorpusPeople = 200;
constexpr int kPosts = 1'500;
constexpr auto kBetweenPosts = std::chrono::milliseconds(10);
constexpr auto kBetweenLooks = std::chrono::microseconds(300);
constexpr auto kIdle = std::chrono::seconds(60);
constexpr auto kStartMax = std::chrono::seconds(60);

std::string program() {
  if (const char* given = std::getenv("KITH")) return given;
  return (fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "cli" / "kith").string();
}

/// Runs `kith …` and gives back its JSON.
Json kith(const std::string& arguments) {
  FILE* out = ::popen(("'" + program() + "' " + arguments + " --json").c_str(), "r");
  if (out == nullptr) stop("kith cannot be started");
  std::string text;
  char buffer[4096];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, out)) text.append(buffer, n);
  if (::pclose(out) != 0) stop("kith " + arguments + " failed");
  return must(Json::parse(text));
}

/// A node that runs until this goes.
class Served {
 public:
  explicit Served(std::string home) : home_(std::move(home)) {
    std::string path = program();
    std::vector<std::string> words{path, "serve", "--port", "0", "--home", home_};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (::posix_spawn(&pid_, path.c_str(), &actions, nullptr, arguments.data(), environ) != 0)
      stop("kith cannot be started");
    posix_spawn_file_actions_destroy(&actions);
    const Moment end = std::chrono::steady_clock::now() + kStartMax;
    while (!get("/api/status").ok()) {
      if (std::chrono::steady_clock::now() > end) stop("the node at " + home_ + " does not start");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  ~Served() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  Result<net::HttpResponse> get(const std::string& path) { return call("GET", path, {}); }
  Result<net::HttpResponse> call(const std::string& method, const std::string& path, const std::string& body) {
    net::HttpRequest request;
    request.method = method;
    request.path = path;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body;
    return net::http_call(home_ + "/" + std::string(node::kControlSocket), request, 60'000);
  }

  /// Proportional set size, in megabytes.
  double pss_mb() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/smaps_rollup");
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("Pss:")) return std::atof(line.c_str() + 4) / 1024;
    }
    stop("/proc tells no memory");
  }

 private:
  std::string home_;
  pid_t pid_ = 0;
};

// -- a post from house to house

/// When each post was sent, and when its row was there.
class Arrivals {
 public:
  void sent(const std::string& text, Moment when) {
    const std::lock_guard lock(mutex_);
    sent_[text] = when;
  }
  void seen(const std::string& text, Moment when) {
    const std::lock_guard lock(mutex_);
    const auto found = sent_.find(text);
    if (found != sent_.end())
      latencies_.push_back(std::chrono::duration<double, std::milli>(when - found->second).count());
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return latencies_.size();
  }
  const std::vector<double>& latencies() const { return latencies_; }

 private:
  std::mutex mutex_;
  std::map<std::string, Moment> sent_;
  std::vector<double> latencies_;
};

/// Reads the other house's file, as a query there would.
void watch(const std::string& database, Arrivals& arrivals, const std::atomic<bool>& is_over) {
  auto reader = must(store::Db::open_reader(database));
  std::int64_t last = 0;
  while (!is_over) {
    auto rows = must(reader->cached("SELECT rowid, body FROM posts WHERE rowid > ? ORDER BY rowid"));
    rows->bind(1, last);
    while (must(rows->step())) {
      arrivals.seen(std::string(rows->text(1)), std::chrono::steady_clock::now());
      last = rows->int64(0);
    }
    rows->reset();
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

void measure_latency(const std::string& directory, Report& report) {
  const std::string ana = directory + "/ana", dan = directory + "/dan";
  kith("found 'Elm Street' --name Ana --words-file " + ana + ".words --home " + ana);
  Served ana_node(ana);
  const std::string link = kith("invite --home " + ana).at("link").text().value_or("");
  kith("join '" + link + "' --name Dan --words-file " + dan + ".words --home " + dan);
  Served dan_node(dan);
  const Moment end = std::chrono::steady_clock::now() + kStartMax;
  while (!must(Json::parse(must(dan_node.get("/api/status")).body)).at("in_touch").boolean().value_or(false)) {
    if (std::chrono::steady_clock::now() > end) stop("the two houses do not meet");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  Arrivals arrivals;
  std::atomic<bool> is_over = false;
  std::thread watcher([&] { watch(dan + "/" + std::string(node::kSpaceFile), arrivals, is_over); });
  Moment next = std::chrono::steady_clock::now();
  for (int i = 0; i < kPosts; ++i) {
    std::this_thread::sleep_until(next);
    next += kBetweenPosts;
    const std::string text = "Number " + std::to_string(i) +
                             ": lost near the playground, a grey cat with a white paw; please ring at no. 12.";
    arrivals.sent(text, std::chrono::steady_clock::now());
    const auto answer =
        must(ana_node.call("POST", "/api/posts", Json::object({{"body", text}, {"rest_ms", 0}}).dump()));
    if (answer.status != 201) stop(answer.body);
  }
  const Moment patience = std::chrono::steady_clock::now() + kStartMax;
  while (arrivals.count() < kPosts && std::chrono::steady_clock::now() < patience)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  is_over = true;
  watcher.join();
  if (arrivals.count() != kPosts) stop("only " + std::to_string(arrivals.count()) + " posts arrived");
  report.add("node.live_latency_ms_p99", percentile(arrivals.latencies(), 0.99),
             "ms from sending the request to the row there, 100 posts/s");
  report.add("node.live_latency_ms_p50", percentile(arrivals.latencies(), 0.5), "ms");
}

// -- a node that rests

/// A data directory with the corpus as its neighbourhood.
void make_corpus_home(const std::string& home) {
  const SourceReplica source = source_replica(kCorpusPosts, kCorpusPeople);
  if (::mkdir(home.c_str(), 0700) != 0) stop("cannot make " + home);
  node::DirectoryFiles files(home);
  fs::copy_file(source.database, files.path(node::kSpaceFile));
  node::SystemClock clock;
  node::SystemRandom random;
  space::Keyring keyring;
  random.fill(keyring.host_seed.data);
  keyring.storage_key = source.storage_key;
  keyring.spaces.push_back(source.keys);
  space::SpaceKeys personal;
  space::OpenOptions options{files.path(node::kPersonalFile), must(store::Schema::parse(town::personal_schema())),
                             keyring.storage_key};
  must(space::Space::found({clock, random}, std::move(options), source.root, crypto::personal_lineage(source.root),
                           HostKey{}, personal));
  keyring.spaces.push_back(personal);
  must(space::save_keyring(files, node::kKeysFile, {}, random, keyring));
}

int run(int argc, char** argv) {
  must(crypto::start());
  char name[] = "/tmp/kith-node-bench-XXXXXX";
  const std::string directory = ::mkdtemp(name);
  Report report;
  make_corpus_home(directory + "/corpus");
  {
    Served resting(directory + "/corpus");
    const Moment quiet = std::chrono::steady_clock::now() + kIdle;
    measure_latency(directory, report);
    std::this_thread::sleep_until(quiet);
    report.add("node.rss_idle_mb", resting.pss_mb(), "MB of PSS after 60 s idle with 100,000 entries");
  }
  fs::remove_all(directory);
  report.print(has_argument(argc, argv, "--json"));
  return 0;
}

}  // namespace
}  // namespace kith::bench

int main(int argc, char** argv) {
  return kith::bench::run(argc, argv);
}

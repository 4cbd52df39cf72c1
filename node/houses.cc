// SPDX-License-Identifier: Apache-2.0
#include "node/houses.h"

#include <sys/stat.h>

#include <algorithm>

#include "net/unix_socket.h"

namespace kith::node {
namespace {

constexpr std::string_view kUnixPrefix = "/unix";

/// Names the socket file at a path; 0 if there is none.
std::uint64_t socket_mark(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.st_ctim.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(info.st_ctim.tv_nsec) + info.st_ino;
}

std::uint64_t bytes_of(const Link& link) {
  return link.session() ? link.session()->counters().bytes_in + link.session()->counters().bytes_out : 0;
}

Error end_error(const LinkEnd& end) {
  if (end.refusal) return *end.refusal;
  if (end.fault != sync::Fault::kNone) {
    return {ErrorCode::kPeerProtocol, "The house at " + end.path + " was dropped: " + end.detail,
            "Ask who runs it; both should use the same version."};
  }
  return {
      ErrorCode::kClosed,
      "The connection to " + end.path + " ended before all was here." + (end.detail.empty() ? "" : " " + end.detail),
      "Try again; what has arrived is kept."};
}

}  // namespace

Result<std::string> socket_path_of(std::string_view address) {
  if (address.starts_with(kUnixPrefix) && address.size() > kUnixPrefix.size() && address[kUnixPrefix.size()] == '/') {
    return std::string(address.substr(kUnixPrefix.size()));
  }
  return Error(ErrorCode::kUsage, "The address \"" + std::string(address.substr(0, 200)) + "\" cannot be dialled.",
               "Addresses begin with /unix/ for now; over anything else use --via.");
}

Houses::Houses(net::Loop& loop, const Link::Context& context) : loop_(loop), context_(context) {}

Houses::~Houses() = default;

Link* Houses::add(Link::Setup setup) {
  if (links_.size() >= kLinksMax) return nullptr;
  links_.push_back(
      std::make_unique<Link>(context_, std::move(setup), [this](Link& link, const LinkEnd& end) { ended(link, end); }));
  return links_.back().get();
}

Result<Link*> Houses::dial(const std::string& address, std::optional<space::Invitation> invitation) {
  const std::string path = KITH_TRY(socket_path_of(address));
  auto channel = KITH_TRY(net::dial_unix(loop_, path));
  Link* link = add({sync::Role::kDialer, address, std::move(channel), std::move(invitation)});
  if (link == nullptr)
    return Error(ErrorCode::kTooLarge, "There are too many connections already.", "Wait until some have ended.");
  return link;
}

void Houses::keep_dialling(const std::string& address) {
  const bool is_known =
      std::any_of(peers_.begin(), peers_.end(), [&](const auto& peer) { return peer->address == address; });
  if (!is_known) peers_.push_back(std::make_unique<Peer>(address, context_.random));
}

void Houses::set_invitation(space::Invitation invitation, std::function<void()> on_welcome) {
  invitation_ = std::move(invitation);
  on_welcome_ = std::move(on_welcome);
}

void Houses::watch(Link& link, std::function<bool()> is_done, Done done) {
  watches_.push_back({&link, std::move(is_done), std::move(done), context_.clock.steady_ms(), bytes_of(link)});
}

void Houses::notify(const SpaceId& space) {
  // A link that ends is only removed later, from the loop; so the list stays as it is here.
  for (const auto& link : links_) link->notify(space);
}

std::uint64_t Houses::tick() {
  const std::uint64_t now = context_.clock.steady_ms();
  std::uint64_t next = now + kLookMs;
  for (const auto& link : links_) next = std::min(next, link->tick());
  for (const auto& peer : peers_) look_for(*peer, now);
  note_heard();
  check_watches();
  return next;
}

void Houses::look_for(Peer& peer, std::uint64_t now) {
  if (peer.link != nullptr) {
    if (peer.link->session() != nullptr && peer.link->session()->is_past_hello()) {
      peer.retry.reset();
      peer.last_error.clear();
      if (invitation_ && peer.link->is_live()) {
        invitation_.reset();
        if (on_welcome_) on_welcome_();
      }
    }
    return;
  }
  const auto path = socket_path_of(peer.address);
  if (!path.ok()) {
    peer.last_error = path.error().message();
    return;
  }
  const std::uint64_t mark = socket_mark(*path);
  const bool is_back = mark != 0 && mark != peer.socket_seen;
  if (now < peer.next_dial_ms && !is_back) return;
  peer.socket_seen = mark;
  auto link = dial(peer.address, peer.as_newcomer ? invitation_ : std::nullopt);
  if (link.ok()) {
    peer.link = *link;
    return;
  }
  peer.last_error = link.error().message();
  peer.next_dial_ms = now + peer.retry.next_ms();
}

void Houses::check_watches() {
  if (watches_.empty()) return;
  const std::uint64_t now = context_.clock.steady_ms();
  std::vector<std::pair<Done, Result<void>>> finished;
  for (std::size_t i = 0; i < watches_.size();) {
    Watch& watch = watches_[i];
    if (bytes_of(*watch.link) != watch.bytes) {
      watch.bytes = bytes_of(*watch.link);
      watch.moved_ms = now;
    }
    const bool is_done = watch.is_done();
    if (!is_done && now - watch.moved_ms < kQuietMsMax) {
      ++i;
      continue;
    }
    Result<void> result;
    if (!is_done)
      result = Error(ErrorCode::kTimeout, "The house at " + watch.link->path() + " has fallen silent.",
                     "Try again; what has arrived is kept.");
    finished.emplace_back(std::move(watch.done), std::move(result));
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (auto& [done, result] : finished) done(std::move(result));
}

void Houses::note_heard() {
  std::uint64_t bytes = 0;
  for (const auto& link : links_) {
    if (link->session() && link->session()->is_past_hello()) bytes += link->session()->counters().bytes_in;
  }
  if (bytes > heard_bytes_) last_heard_ms_ = context_.clock.wall_ms();
  heard_bytes_ = bytes;
}

bool Houses::take_news() {
  std::uint64_t entries = 0;
  for (const auto& link : links_) {
    if (link->session()) entries += link->session()->counters().entries_in + link->session()->counters().authority_in;
  }
  return std::exchange(heard_entries_, entries) < entries;
}

void Houses::close_all() {
  peers_.clear();
  for (const auto& link : links_) link->close();
}

bool Houses::is_in_touch() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) { return link->is_live(); });
}

bool Houses::is_settled() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) { return link->is_settled(); });
}

void Houses::ended(Link& link, const LinkEnd& end) {
  note_heard();
  if (end.fault != sync::Fault::kNone) note_fault(end);
  for (const auto& peer : peers_) {
    if (peer->link != &link) continue;
    peer->link = nullptr;
    // With an invitation in hand we may be known there already, or not yet: try both in turn.
    if (!end.was_welcome) peer->as_newcomer = !peer->as_newcomer;
    if (end.refusal)
      peer->last_error = end.refusal->message();
    else if (!end.detail.empty())
      peer->last_error = end.detail;
    peer->next_dial_ms = context_.clock.steady_ms() + peer->retry.next_ms();
  }
  std::vector<Done> finished;
  for (std::size_t i = 0; i < watches_.size();) {
    if (watches_[i].link != &link) {
      ++i;
      continue;
    }
    finished.push_back(std::move(watches_[i].done));
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  remove(link);
  for (Done& done : finished) done(end_error(end));
}

void Houses::remove(Link& link) {
  const auto at = std::find_if(links_.begin(), links_.end(), [&](const auto& one) { return one.get() == &link; });
  if (at == links_.end()) return;
  // It is calling us: it goes when it has returned.
  loop_.post([gone = std::shared_ptr<Link>(std::move(*at))] {});
  links_.erase(at);
}

void Houses::note_fault(const LinkEnd& end) {
  const std::string peer = end.peer ? end.peer->hex() : end.path;
  const std::string fault(sync::fault_name(end.fault));
  const auto known = std::find_if(faults_.begin(), faults_.end(),
                                  [&](const FaultRecord& one) { return one.peer == peer && one.fault == fault; });
  FaultRecord record = known == faults_.end() ? FaultRecord{peer, fault, {}, 0, 0} : *known;
  if (known != faults_.end()) faults_.erase(known);
  record.detail = end.detail;
  record.last_ms = context_.clock.wall_ms();
  ++record.count;
  faults_.push_front(std::move(record));
  if (faults_.size() > kFaultsMax) faults_.pop_back();
}

}  // namespace kith::node

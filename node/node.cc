// SPDX-License-Identifier: Apache-2.0
// How a node comes to be: found and open. Joining is in node_join.cc, what it does while it runs in node_serve.cc.
#include "node/node.h"

#include <algorithm>
#include <ctime>

#include "net/dial_target.h"
#include "node/node_joining.h"
#include "replica/journal.h"

namespace kith::node {
namespace {

std::string date_of(std::uint64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

template <typename T>
T fresh(Random& random) {
  T out;
  random.fill(out.data);
  return out;
}

/// A few that are short enough for a QR code: both transports of the best address, then one of each other. This
/// machine's own loopback only where there is nothing else.
std::vector<std::string> invitation_addresses(const std::vector<p2p::Multiaddr>& all, const p2p::PeerId& id) {
  constexpr std::size_t kAddressesMax = 4;
  std::vector<std::string> out;
  std::string best_host;
  bool has_near = false;
  for (const p2p::Multiaddr& address : all) {
    const auto target = net::dial_target(address);
    if (!target.ok() || out.size() >= kAddressesMax) continue;
    const bool is_loopback = target->endpoint && target->endpoint->is_loopback();
    if (is_loopback && has_near) continue;
    has_near = has_near || !is_loopback;
    if (best_host.empty()) best_host = target->host;
    if (target->is_web_socket && target->host != best_host) continue;
    out.push_back(address.with_peer(id).text());
  }
  return out;
}

Error taken(const Home& home) {
  return {ErrorCode::kExists, "There is a neighbourhood at " + home.path() + " already.",
          "Choose another directory with --home."};
}

}  // namespace

Node::Node(const Setup& setup, std::unique_ptr<Home> home)
    : setup_(setup), home_(std::move(home)), guard_(setup.random), timer_(setup.loop) {}

Node::~Node() {
  houses_.reset();  // sessions before the spaces that they speak of
  setup_.loop.set_after_batch({});
}

Result<std::unique_ptr<Home>> Node::claim_home(const Setup& setup) {
  auto home = KITH_TRY(Home::open(setup.home, true));
  if (home->files().exists(kKeysFile)) return taken(*home);
  // Databases without keys are what a founding or joining that was cut short has left: nobody can open them.
  home->discard_files();
  return home;
}

Result<std::unique_ptr<Node>> Node::found(const Setup& setup, std::string_view place, std::string_view name,
                                          const crypto::Key& root) {
  KITH_TRY(setup.app.check_name(place));
  KITH_TRY(setup.app.check_name(name));
  auto home = KITH_TRY(claim_home(setup));
  std::unique_ptr<Node> node(new Node(setup, std::move(home)));
  auto founded = [&]() -> Result<void> {
    KITH_TRY(node->check_clock());
    node->make_keys();
    node->authority_ = KITH_TRY(SpaceAuthority::make(*node->home_, std::string(place), setup.clock.wall_ms()));
    KITH_TRY(node->found_neighbourhood(root));
    KITH_TRY(node->found_personal(root));
    KITH_TRY(node->settle_in());
    KITH_TRY(setup.app.founded(*node, place, name));
    node->note_place();
    return node->save_keys();
  }();
  if (founded.ok()) return node;
  node->space_.reset();
  node->personal_.reset();
  node->home_->discard();
  return std::move(founded).error();
}

Result<std::unique_ptr<Node>> Node::open(const Setup& setup) {
  auto home = KITH_TRY(Home::open(setup.home, false));
  if (!home->files().exists(kKeysFile)) {
    return Error(ErrorCode::kNotFound, "There is no neighbourhood at " + home->path() + " yet.",
                 "Begin with `kith found` or `kith join`.");
  }
  std::unique_ptr<Node> node(new Node(setup, std::move(home)));
  KITH_TRY(node->load_keys());
  KITH_TRY(node->open_spaces());
  KITH_TRY(node->check_clock());
  KITH_TRY(node->settle_in());
  node->note_place();
  return node;
}

void Node::make_keys() {
  keyring_.host_seed = fresh<crypto::Key>(setup_.random);
  keyring_.storage_key = fresh<crypto::Key>(setup_.random);
  name_host();
}

Result<void> Node::load_keys() {
  keyring_ = KITH_TRY(space::load_keyring(home_->files(), kKeysFile, {}));
  name_host();
  return {};
}

void Node::name_host() {
  host_ = crypto::SigningKey::from_seed(keyring_.host_seed);
  host_key_.data = host_->public_key().data;
}

Result<void> Node::save_keys() {
  return space::save_keyring(home_->files(), kKeysFile, {}, setup_.random, keyring_);
}

void Node::keep_keys(space::Space& space, std::size_t index) {
  keyring_.spaces.at(index) = space.keys();
  forget_root(keyring_.spaces.at(index));
  note(save_keys());
}

Result<space::OpenOptions> Node::space_options(std::string_view file) {
  const App& app = setup_.app;
  const bool is_personal = file == kPersonalFile;
  return space::OpenOptions{home_->file(file),
                            KITH_TRY(store::Schema::parse(is_personal ? app.personal_schema() : app.schema())),
                            keyring_.storage_key, is_personal ? app.personal_local_tables() : app.local_tables()};
}

Result<void> Node::found_neighbourhood(const crypto::Key& root) {
  space::SpaceKeys keys;
  auto options = KITH_TRY(space_options(kSpaceFile));
  space::Constitution constitution;
  constitution.certificate_authority = KITH_TRY(authority_->hash());
  space_ = KITH_TRY(space::Space::found({setup_.clock, setup_.random}, std::move(options), root,
                                        fresh<Lineage>(setup_.random), host_key_, keys, constitution));
  forget_root(keys);
  keyring_.spaces.push_back(std::move(keys));
  return {};
}

Result<void> Node::found_personal(const crypto::Key& root) {
  space::SpaceKeys keys;
  auto options = KITH_TRY(space_options(kPersonalFile));
  personal_ = KITH_TRY(space::Space::found({setup_.clock, setup_.random}, std::move(options), root,
                                           crypto::personal_lineage(root), HostKey{}, keys));
  forget_root(keys);
  keyring_.spaces.push_back(std::move(keys));
  return {};
}

/// A node keeps no root: whoever steals the disk gets one device, not the person.
void Node::forget_root(space::SpaceKeys& keys) {
  if (!keys.person_root) return;
  crypto::wipe(keys.person_root->data);
  keys.person_root.reset();
}

Result<std::unique_ptr<space::Space>> Node::open_space(std::string_view file, std::size_t index) {
  if (!home_->files().exists(file) || index >= keyring_.spaces.size()) {
    return Error(ErrorCode::kNotFound, "The file " + home_->file(file) + " or its key is missing.",
                 "Put it back from a copy, or join anew in another --home.");
  }
  auto options = KITH_TRY(space_options(file));
  return space::Space::open({setup_.clock, setup_.random}, std::move(options), keyring_.spaces[index]);
}

Result<void> Node::open_spaces() {
  space_ = KITH_TRY(open_space(kSpaceFile, kSpaceIndex));
  personal_ = KITH_TRY(open_space(kPersonalFile, kPersonalIndex));
  return {};
}

/// After the spaces are there: what this process needs beside them.
Result<void> Node::settle_in() {
  memory_ = KITH_TRY(replica::Memory::open(space_->store().db()));
  personal_memory_ = KITH_TRY(replica::Memory::open(personal_->store().db()));
  keeper_.emplace(
      KITH_TRY(replica::Keeper::open({{setup_.clock, setup_.random},
                                      [this](const std::string& name) { return home_->file(name); },
                                      [this](const std::string& name) { return home_->files().remove(name); },
                                      keyring_.storage_key,
                                      *memory_,
                                      [this](const PersonId& person) {
                                        const space::Person* known = space_->authority().person(person);
                                        return known != nullptr && known->is_member;
                                      }})));
  if (!houses_) make_houses();
  for (const std::string& text : KITH_TRY(memory_->addresses())) {
    // One that this version cannot read any more is no reason not to start.
    if (const auto address = parse_address(text); address.ok()) houses_->keep_dialing(*address, Source::kRemembered);
  }
  if (const auto heard = KITH_TRY(memory_->get(kHeardName)))
    heard_before_ms_ = std::strtoull(heard->c_str(), nullptr, 10);
  if (const auto left = KITH_TRY(memory_->get(kLeftName))) left_ = Seq(std::strtoull(left->c_str(), nullptr, 10));
  if (const auto link = KITH_TRY(memory_->get(kInvitationName))) {
    // Nobody has told us yet that they know us: we may have been cut off between joining and saying so.
    houses_->set_invitation(KITH_TRY(space::Invitation::parse(*link)),
                            [this] { note(memory_->forget(kInvitationName)); });
  }
  for (const std::size_t index : {kSpaceIndex, kPersonalIndex}) {
    space::Space* one = index == kSpaceIndex ? space_.get() : personal_.get();
    one->set_on_change([this] { is_changed_ = true; });
    one->set_on_keys_changed([this, one, index] { keep_keys(*one, index); });
  }
  setup_.loop.set_after_batch([this] { after_batch(); });
  return {};
}

void Node::make_houses() {
  houses_ = std::make_unique<Houses>(setup_.loop, Link::Context{host_key_, *this, setup_.clock, setup_.random}, *host_,
                                     Houses::Events{[this](const std::string& address) {
                                       if (memory_) note(memory_->add_address(address));
                                     }});
}

/// A clock that is far off would stamp what is written here out of order; so it is said before anything is.
Result<void> Node::check_clock() {
  const std::uint64_t now = setup_.clock.wall_ms();
  std::uint64_t known = kProgramMs;
  if (space_) {
    const Rows rows = KITH_TRY(space_->store().query(
        "SELECT max(stamp) FROM kith_journal WHERE author = (SELECT ref FROM kith_authors WHERE device = ?)",
        std::array<Value, 1>{to_bytes(space_->log().own().view())}));
    if (const auto* stamp = std::get_if<std::int64_t>(&rows.rows.at(0).at(0))) {
      known = std::max(known, Stamp(static_cast<std::uint64_t>(*stamp)).ms() - kClockBehindMsMax);
    }
  }
  if (now >= known) return {};
  return Error(ErrorCode::kClockAhead,
               "This device's clock says " + date_of(now) + ", but it cannot be before " + date_of(known) + ".",
               "Set the clock and try again.");
}

void Node::note(const Result<void>& result) {
  if (!result.ok()) trouble_ = result.error().message();
}

std::string Node::own_address() const {
  char* absolute = ::realpath(home_->path().c_str(), nullptr);
  const std::string directory = absolute != nullptr ? absolute : home_->path();
  std::free(absolute);
  return "/unix" + directory + "/" + std::string(kSyncSocket);
}

std::vector<std::string> Node::own_addresses() {
  const Network& network = houses_->network();
  std::vector<std::string> out = invitation_addresses(network.addresses(), network.id());
  if (out.empty() && memory_) {
    const auto last = memory_->list(kListenName);
    if (last.ok()) out = *last;
  }
  if (out.empty()) out.push_back(own_address());
  return out;
}

std::vector<std::string> Node::doors() {
  std::vector<std::string> out = houses_->network().doors();
  if (!out.empty() || !memory_) return out;
  const auto last = memory_->list(kDoorsName);
  return last.ok() ? *last : out;
}

std::string Node::name_of(const PersonId& person) {
  const auto name = setup_.app.name_of(*this, person);
  return name.ok() ? *name : std::string();
}

// -- Place

Database& Node::space() {
  return grouped_space_;
}
Database& Node::personal() {
  return grouped_personal_;
}

Freshness Node::freshness() {
  Freshness out;
  out.in_touch = houses_->is_in_touch();
  const std::uint64_t heard = std::max(houses_->last_heard_ms(), heard_before_ms_);
  if (heard > 0) out.last_heard_ms = heard;
  auto count = replica::only_here(*space_, left_);
  if (count.ok()) out.only_here = *count;
  return out;
}

}  // namespace kith::node

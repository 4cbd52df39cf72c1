// SPDX-License-Identifier: Apache-2.0
// sync: once with another house, over an address, a command, or our own input and output.
#include <thread>

#include "cli/run.h"

namespace kith::cli {
namespace {

Error no_addresses() {
  return {ErrorCode::kUsage, "No other house is known here.",
          "Give an address, or --via with a command that reaches one."};
}

Json session_of(const node::Link& link) {
  const sync::Counters counters = link.session() ? link.session()->counters() : sync::Counters();
  return Json::object(
      {{"path", link.path()}, {"entries_in", counters.entries_in}, {"entries_out", counters.entries_out}});
}

}  // namespace

Result<std::unique_ptr<net::Channel>> Run::channel_via() {
  child_ = KITH_TRY(net::Child::start(loop_, arguments_.via));
  return child_->take_channel();
}

Result<void> Run::show_synced(const Json& session) const {
  if (arguments_.json) {
    print(session);
  } else {
    std::printf("In step with %s: %lld entries came, %lld went.\n", session.at("path").text().value_or("").c_str(),
                static_cast<long long>(session.at("entries_in").integer().value_or(0)),
                static_cast<long long>(session.at("entries_out").integer().value_or(0)));
  }
  return {};
}

Result<void> Run::sync() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  if (arguments_.stdio) return sync_stdio(call);
  if (!arguments_.via.empty()) return sync_via(call);
  if (!arguments_.words.empty()) return sync_address(call, word(0));
  std::vector<std::string> addresses;
  const Json status = KITH_TRY(call.get("/api/status"));
  for (const Json& peer : status.at("peers").items()) addresses.push_back(peer.at("address").text().value_or(""));
  if (addresses.empty()) return no_addresses();
  Result<void> last;
  bool has_one = false;
  for (const std::string& address : addresses) {
    last = sync_address(call, address);
    has_one = has_one || last.ok();
  }
  return has_one ? Result<void>() : std::move(last);
}

/// The far end of somebody's --via. The channel is answered by the node that runs here, or by this process.
Result<void> Run::sync_stdio(NodeCall& call) {
  auto channel = net::stdio_channel(loop_);
  if (node::Node* node = call.local()) {
    node::Link* link =
        node->houses().add(node::PipeLink::Setup{sync::Role::kListener, "standard input", std::move(channel), {}});
    return node->run_until_ended(*link);
  }
  auto cable = KITH_TRY(net::dial_unix(loop_, call.file(node::kSyncSocket)));
  net::connect_channels(std::move(channel), std::move(cable), [this] { loop_.stop(); });
  loop_.run();
  return {};
}

Result<void> Run::sync_via(NodeCall& call) {
  auto channel = KITH_TRY(channel_via());
  if (node::Node* node = call.local()) {
    node::Link* link = node->houses().add(node::PipeLink::Setup{sync::Role::kDialer, "cable", std::move(channel), {}});
    KITH_TRY(node->sync_now(*link));
    const Json session = session_of(*link);
    node->close_link(*link);
    return show_synced(session);
  }
  // The node that runs here speaks over our cable; we ask it meanwhile when it is in step.
  auto cable = KITH_TRY(net::dial_unix(loop_, call.file(node::kCableSocket)));
  Result<Json> answer =
      Error(ErrorCode::kClosed, "The connection ended before all was here.", "Try again; what has arrived is kept.");
  net::connect_channels(std::move(channel), std::move(cable), [this] { loop_.stop(); });
  std::thread asking([&] {
    answer = call.send("POST", "/api/sync", Json::object({}), NodeCall::kSyncMsMax);
    loop_.post([this] { loop_.stop(); });
  });
  loop_.run();
  asking.join();
  if (!answer.ok()) return answer.error();
  return show_synced(*answer);
}

Result<void> Run::sync_address(NodeCall& call, const std::string& address) {
  if (node::Node* node = call.local()) {
    node::Link* link = KITH_TRY(node->houses().dial(address, {}));
    KITH_TRY(node->sync_now(*link));
    const Json session = session_of(*link);
    node->close_link(*link);
    return show_synced(session);
  }
  return show_synced(
      KITH_TRY(call.send("POST", "/api/sync", Json::object({{"address", address}}), NodeCall::kSyncMsMax)));
}

}  // namespace kith::cli

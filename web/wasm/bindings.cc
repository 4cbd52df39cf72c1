// SPDX-License-Identifier: Apache-2.0
// What the worker calls (src/core.ts). Bytes that it hands over lie where kith_allocate said, and are freed here. One
// core, one thread, one turn at a time; after each turn the worker asks kith_tick when it is to come back.
#include <cstdlib>
#include <memory>

#include "base/check.h"
#include "crypto/sign.h"
#include "kith/json.h"
#include "replica/replica.h"
#include "town/app.h"
#include "web/wasm/imports.h"
#include "web/wasm/platform.h"

#define KITH_EXPORT(name) __attribute__((export_name(#name))) extern "C"

namespace kith::wasm {
namespace {

constexpr double kIdleMs = 60'000;

/// Owns what the worker has handed over.
class Handed {
 public:
  Handed(std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  ~Handed() { std::free(data_); }
  Handed(const Handed&) = delete;
  Handed& operator=(const Handed&) = delete;
  std::span<std::uint8_t> bytes() const { return {data_, size_}; }
  std::string_view text() const { return as_text(bytes()); }

 private:
  std::uint8_t* data_;
  std::size_t size_;
};

struct Core {
  explicit Core(bool is_secure) : dialer(is_secure) {}
  town::App app;
  BrowserClock clock;
  BrowserRandom random;
  BrowserFiles files;
  BrowserDialer dialer;
  std::unique_ptr<replica::Replica> replica;
  std::optional<Error> trouble;  // why there is no replica
};
std::unique_ptr<Core> core;

void answer(int call, const Result<Json>& outcome) {
  const std::string text = outcome.ok() ? outcome->dump() : replica::problem_of(outcome.error()).dump();
  kith_import_answer(call, outcome.ok() ? 1 : 0, text.data(), text.size());
}

void tell(const Json& event) {
  const std::string text = event.dump();
  kith_import_event(text.data(), text.size());
}

replica::Setup setup_of(const Json& options, std::optional<crypto::Key> secret) {
  replica::Setup setup{.app = core->app,
                       .clock = core->clock,
                       .random = core->random,
                       .files = core->files,
                       .dialer = core->dialer,
                       .key_secret = secret,
                       .storage = {options.at("storage").text().value_or("memory"), options.at("persistent").boolean()},
                       .storage_bytes = &BrowserFiles::bytes,
                       .doors = {},
                       .on_event = tell};
  for (const Json& door : options.at("doors").items()) {
    if (const auto address = door.text()) setup.doors.push_back(*address);
  }
  return setup;
}

/// Without a replica every call is answered with the reason.
Result<void> start(const Json& options, std::optional<crypto::Key> secret) {
  KITH_TRY(crypto::start());
  core->replica = KITH_TRY(replica::Replica::open(setup_of(options, secret)));
  Json::Array names;
  for (const std::string& name : core->replica->queries()) names.emplace_back(name);
  const std::string text = Json(std::move(names)).dump();
  kith_import_queries(text.data(), text.size());
  return {};
}

}  // namespace

/// What is allocated here is freed by the function that it is handed to.
KITH_EXPORT(kith_allocate) std::uint8_t* kith_allocate(std::size_t size) {
  auto* const out = static_cast<std::uint8_t*>(std::malloc(size == 0 ? 1 : size));
  CHECK(out != nullptr);
  return out;
}

/// `options` is JSON: storage, persistent, doors, is_secure. `secret`: 32 bytes, or none.
KITH_EXPORT(kith_start)
void kith_start(std::uint8_t* options, std::size_t options_size, std::uint8_t* secret, std::size_t secret_size) {
  const Handed options_text(options, options_size), secret_bytes(secret, secret_size);
  const auto parsed = Json::parse(options_text.text());
  CHECK(parsed.ok());
  core = std::make_unique<Core>(parsed->at("is_secure").boolean().value_or(false));
  auto key = crypto::Key::from(secret_bytes.bytes());
  crypto::wipe(secret_bytes.bytes());
  const auto started = start(*parsed, key);
  if (key) crypto::wipe(key->data);
  if (started.ok()) return;
  core->trouble = started.error();
  tell(Json::object({{"type", "trouble"}, {"problem", replica::problem_of(started.error())}}));
}

KITH_EXPORT(kith_call)
void kith_call(int id, std::uint8_t* name, std::size_t name_size, std::uint8_t* args, std::size_t args_size) {
  const Handed name_text(name, name_size), args_text(args, args_size);
  if (core->trouble) return answer(id, *core->trouble);
  const auto arguments = Json::parse(args_text.text());
  if (!arguments.ok()) return answer(id, arguments.error());
  core->replica->call(name_text.text(), *arguments, [id](Result<Json> outcome) { answer(id, outcome); });
}

/// When to come back, by steady_ms.
KITH_EXPORT(kith_tick) double kith_tick() {
  if (!core->replica) return core->clock.steady_ms() + kIdleMs;
  return static_cast<double>(core->replica->tick());
}

KITH_EXPORT(kith_socket_opened) void kith_socket_opened(int handle) {
  core->dialer.opened(handle);
}

KITH_EXPORT(kith_socket_received) void kith_socket_received(int handle, std::uint8_t* bytes, std::size_t size) {
  const Handed received(bytes, size);
  core->dialer.received(handle, received.bytes());
}

KITH_EXPORT(kith_socket_closed) void kith_socket_closed(int handle) {
  core->dialer.closed(handle);
}

/// Online again, or looked at again.
KITH_EXPORT(kith_network_changed) void kith_network_changed() {
  if (core->replica) core->replica->network_changed();
}

}  // namespace kith::wasm

// SPDX-License-Identifier: Apache-2.0
// What passes between a device and the one that links it: the request as text, and the answer as bytes (the first input
// byte says which).
#include <unistd.h>

#include <filesystem>

#include "base/testing/fakes.h"
#include "fuzz/fuzz.h"
#include "space/space.h"

namespace kith::fuzz {

namespace {

void read_request(ByteView input) {
  const auto request = space::Space::DeviceRequest::parse(as_text(input));
  if (!request.ok()) return;
  const auto again = space::Space::DeviceRequest::parse(request->text());
  CHECK(again.ok() && again->log == request->log && again->box == request->box && again->nonce == request->nonce);
}

void read_answer(ByteView input) {
  static testing::FakeClock clock;
  testing::SeededRandom random(1);
  space::SpaceKeys keys;
  const auto request = space::Space::make_device_request(random, keys);
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("kith-linking-fuzz-" + std::to_string(::getpid()));
  auto schema = store::Schema::parse("CREATE TABLE posts(id TEXT PRIMARY KEY, body LWW_TEXT);");
  CHECK(schema.ok());
  const auto space = space::Space::link({clock, random}, {path.string(), *schema, {}}, request, input, keys);
  if (space.ok()) CHECK((*space)->is_member());
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + end);
}

}  // namespace

void run(ByteView input) {
  static const bool started = crypto::start().ok();
  CHECK(started);
  if (input.empty()) return;
  if (input[0] % 2 == 0) {
    read_request(input.subspan(1));
  } else {
    read_answer(input.subspan(1));
  }
}

}  // namespace kith::fuzz

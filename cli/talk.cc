// SPDX-License-Identifier: Apache-2.0
// The town's commands; undo, status, log, peers, export.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/run.h"
#include "cli/show.h"
#include "cli/town_commands.h"
#include "kith/base64.h"
#include "kith/shape.h"
#include "town/api/api.h"

namespace kith::cli {

namespace {

/// Piece by piece, as the house hands it out. How many bytes there were.
Result<std::int64_t> write_export(NodeCall& call, std::FILE* file) {
  Json wanted = Json::object({});
  for (std::int64_t written = 0;;) {
    const Json piece = KITH_TRY(call.send("POST", "/api/call/replica.export", wanted));
    const auto bytes = from_base64(piece.at("data").text().value_or(""));
    if (!bytes || std::fwrite(bytes->data(), 1, bytes->size(), file) != bytes->size()) {
      return Error(ErrorCode::kDiskFull, std::string("Writing the file failed (") + std::strerror(errno) + ").",
                   "Free some space and try again.");
    }
    written += static_cast<std::int64_t>(bytes->size());
    const auto next = piece.at("next").integer();
    if (!next) return written;
    wanted = Json::object({{"file", piece.at("file")}, {"from", *next}});
  }
}

}  // namespace

Result<Json> Run::town_arguments() const {
  const TownCommand& command = *find_town_command(arguments_.command);
  const Operation& operation = *town::operations().find(command.operation);
  auto fields = arguments_.fields;
  for (std::size_t i = 0; i < arguments_.words.size(); ++i) fields.emplace_back(command.words.at(i), word(i));
  for (const TownDefault& otherwise : command.defaults) {
    const auto is_it = [&](const auto& field) { return field.first == otherwise.argument; };
    if (std::none_of(fields.begin(), fields.end(), is_it)) fields.emplace_back(otherwise.argument, otherwise.value);
  }
  for (auto& [name, value] : fields) {
    if (name == "on" && (value == "yes" || value == "no")) value = value == "yes" ? "true" : "false";
  }
  Json out = KITH_TRY(read_members(fields, operation.arguments, town::operations().types));
  if (arguments_.rest_seconds) out.set("rest_ms", static_cast<std::int64_t>(*arguments_.rest_seconds * 1000));
  return out;
}

Result<void> Run::town() {
  const TownCommand& command = *find_town_command(arguments_.command);
  const Json arguments = KITH_TRY(town_arguments());
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json answer = KITH_TRY(call.send("POST", std::string("/api/call/") + command.operation, arguments));
  if (arguments_.json && command.items != nullptr) {
    print_lines(answer.at(command.items));
  } else if (arguments_.json) {
    print(answer);
  } else if (command.show != nullptr) {
    command.show(answer);
  } else {
    show_written(answer, command.done);
  }
  return {};
}

void Run::show_written(const Json& answer, const char* done) const {
  const auto id = answer.at("id").text();
  std::printf(id ? "%s [%s]\n" : "%s\n", done, id.value_or("").c_str());
  const std::int64_t rests = answer.at("rests_ms").integer().value_or(0);
  if (rests > 0)
    std::fprintf(stderr, "It stays here for %lld s; `kith undo` takes it back.\n",
                 static_cast<long long>((rests + 999) / 1000));
}

Result<void> Run::undo() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  Json body = Json::object({});
  if (arguments_.pos) body.set("pos", *arguments_.pos);
  const Json answer = KITH_TRY(call.send("POST", "/api/undo", body));
  if (arguments_.json) {
    print(answer);
  } else {
    std::printf("Taken back (%s); nobody has seen it.\n", answer.at("event").text().value_or("").c_str());
  }
  return {};
}

std::string Run::page_query(const char* cursor) const {
  std::string out;
  if (!arguments_.cursor.empty()) out = std::string(cursor) + "=" + net::percent_encode(arguments_.cursor);
  if (arguments_.limit > 0) out += (out.empty() ? "" : "&") + std::string("limit=") + std::to_string(arguments_.limit);
  return out;
}

Result<void> Run::look_up(const std::string& path, const std::string& query, const char* items,
                          void (*show)(const Json&)) {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json found = KITH_TRY(call.get(path, query));
  if (!arguments_.json) {
    show(found);
  } else if (items == nullptr) {
    print(found);
  } else {
    print_lines(found.at(items));
  }
  return {};
}

Result<void> Run::log() {
  return look_up("/api/log", page_query("after"), "entries", show_log);
}

Result<void> Run::peers() {
  return look_up("/api/peers", {}, nullptr, show_peers);
}

Result<void> Run::take_along() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  std::FILE* const file = std::fopen(word(0).c_str(), "wbx");
  if (file == nullptr) {
    return Error(errno == EEXIST ? ErrorCode::kExists : ErrorCode::kIo,
                 word(0) + " could not be made (" + std::strerror(errno) + ").",
                 "Name another file; none is overwritten.");
  }
  auto bytes = write_export(call, file);
  if (std::fclose(file) != 0 && bytes.ok()) {
    bytes = Error(ErrorCode::kDiskFull, "Writing " + word(0) + " failed (" + std::strerror(errno) + ").",
                  "Free some space and try again.");
  }
  if (!bytes.ok()) {
    std::remove(word(0).c_str());
    return std::move(bytes).error();
  }
  if (arguments_.json) {
    print(Json::object({{"file", word(0)}, {"bytes", *bytes}}));
  } else {
    std::printf("%s has everything that you can see here: %lld KiB. `sqlite3 %s .tables` shows what is in it.\n",
                word(0).c_str(), static_cast<long long>(*bytes / 1024), word(0).c_str());
  }
  return {};
}

Result<void> Run::status() {
  return look_up("/api/status", {}, nullptr, show_status);
}

}  // namespace kith::cli

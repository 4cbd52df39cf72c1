// SPDX-License-Identifier: Apache-2.0
// Writing and reading: post, reply, edit, delete, undo, note; feed, thread, members, status, log, notes,
// peers.
#include "cli/run.h"
#include "cli/show.h"

namespace kith::cli {


Json Run::text_body(const std::string& text) const {
  Json body = Json::object({{"body", text}});
  if (arguments_.rest_seconds) body.set("rest_ms", static_cast<std::int64_t>(*arguments_.rest_seconds * 1000));
  return body;
}

Result<void> Run::show_written(const Result<Json>& answer, const char* done) {
  if (!answer.ok()) return answer.error();
  if (arguments_.json) {
    print(*answer);
    return {};
  }
  std::printf("%s [%s]\n", done, answer->at("id").text().value_or("").c_str());
  const std::int64_t rests = answer->at("rests_ms").integer().value_or(0);
  if (rests > 0)
    std::fprintf(stderr, "It stays here for %lld s; `kith undo` takes it back.\n",
                 static_cast<long long>((rests + 999) / 1000));
  return {};
}

Result<void> Run::post() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  return show_written(call.send("POST", "/api/posts", text_body(word(0))), "Posted.");
}

Result<void> Run::reply() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  return show_written(call.send("POST", "/api/posts/" + word(0) + "/replies", text_body(word(1))), "Replied.");
}

Result<void> Run::edit() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  return show_written(call.send("PATCH", "/api/posts/" + word(0), text_body(word(1))), "Changed.");
}

Result<void> Run::remove() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  return show_written(call.send("DELETE", "/api/posts/" + word(0), Json::object({})), "Withdrawn.");
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

Result<void> Run::note() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  return show_written(call.send("POST", "/api/notes", Json::object({{"body", word(0)}})), "Noted.");
}

std::string Run::page_query(const char* cursor) const {
  std::string out;
  if (!arguments_.cursor.empty()) out = std::string(cursor) + "=" + net::percent_encode(arguments_.cursor);
  if (arguments_.limit > 0) out += (out.empty() ? "" : "&") + std::string("limit=") + std::to_string(arguments_.limit);
  return out;
}

Result<void> Run::list(const std::string& path, const std::string& query, const char* items,
                       void (*show)(const Json&)) {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json page = KITH_TRY(call.get(path, query));
  if (arguments_.json) {
    print_lines(page.at(items));
  } else {
    show(page);
  }
  return {};
}

Result<void> Run::feed() {
  return list("/api/posts", page_query("before"), "threads", show_feed);
}

Result<void> Run::members() {
  return list("/api/members", {}, "members", show_members);
}

Result<void> Run::log() {
  return list("/api/log", page_query("after"), "entries", show_log);
}

Result<void> Run::notes() {
  return list("/api/notes", page_query("before"), "notes", show_notes);
}

Result<void> Run::thread() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json found = KITH_TRY(call.get("/api/posts/" + word(0), page_query("after")));
  if (arguments_.json) {
    print(found);
  } else {
    show_thread(found);
  }
  return {};
}

Result<void> Run::peers() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json found = KITH_TRY(call.get("/api/peers"));
  if (arguments_.json) {
    print(found);
  } else {
    show_peers(found);
  }
  return {};
}

Result<void> Run::status() {
  NodeCall call = KITH_TRY(NodeCall::open(setup_));
  const Json found = KITH_TRY(call.get("/api/status"));
  if (arguments_.json) {
    print(found);
  } else {
    show_status(found);
  }
  return {};
}

}  // namespace kith::cli

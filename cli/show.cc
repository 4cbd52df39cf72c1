// SPDX-License-Identifier: Apache-2.0
#include "cli/show.h"

#include <cstdio>
#include <ctime>

namespace kith::cli {
namespace {

std::string text(const Json& from, std::string_view name, const char* otherwise = "") {
  return from.at(name).text().value_or(otherwise);
}

std::int64_t number(const Json& from, std::string_view name) {
  return from.at(name).integer().value_or(0);
}

std::string time_of(const Json& from, std::string_view name) {
  return local_time(static_cast<std::uint64_t>(number(from, name)));
}

/// What others wrote may hold control sequences for the terminal: they become spaces.
std::string printable(const std::string& from, bool keep_lines) {
  std::string out;
  for (const char c : from) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    out += is_control && !(keep_lines && c == '\n') ? ' ' : c;
  }
  return out;
}

std::string indented(const std::string& from, const std::string& indent) {
  std::string out = indent;
  for (const char c : printable(from, true)) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

std::string short_id(const Json& from, std::string_view name) {
  return text(from, name).substr(0, 8);
}

/// The end of a PeerId: all of them begin alike.
std::string short_peer(const Json& from) {
  constexpr std::size_t kShown = 8;
  const std::string id = text(from, "peer", "unknown");
  return id.size() <= kShown ? id : "…" + id.substr(id.size() - kShown);
}

std::string counted(std::int64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

void print(const std::string& line) {
  std::puts(line.c_str());
}

void show_next(const Json& page, const char* option) {
  if (const auto next = page.at("next").text()) print("More: " + std::string(option) + " " + *next);
}

void show_session(const Json& session) {
  std::string line = "  " + text(session, "path") + ": " + text(session, "state");
  if (number(session, "behind") > 0) line += ", " + std::to_string(number(session, "behind")) + " behind";
  if (number(session, "owed") > 0) line += ", " + std::to_string(number(session, "owed")) + " still to send";
  print(line + " (peer " + short_peer(session) + ")");
}

void show_peer(const Json& peer) {
  if (peer.at("connected").boolean().value_or(false)) return;
  print("  " + text(peer, "address") + ": not connected, next try in " +
        std::to_string((number(peer, "next_try_ms") + 999) / 1000) + " s. " + text(peer, "last_error"));
}

void show_fault(const Json& fault) {
  print("  dropped " + text(fault, "peer").substr(0, 40) + " " + counted(number(fault, "count"), "time", "times") +
        ": " + text(fault, "fault") + ". " + printable(text(fault, "detail"), false));
}

void show_listing(const Json& listing) {
  print(text(listing, "kind") + ": " + printable(text(listing, "title"), false) +
        (listing.at("price").is_null() ? "" : " (" + printable(text(listing, "price"), false) + ")") + ", " +
        text(listing, "state") + "  [" + text(listing, "id") + "]");
  print("  " + printable(text(listing, "name", "A neighbour"), false) + ", " + time_of(listing, "written_ms") + ", " +
        counted(number(listing, "requests"), "request", "requests") + ", stands until " +
        time_of(listing, "expires_ms"));
}

}  // namespace

std::string local_time(std::uint64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%d %H:%M", &parts);
  return out;
}

void print_lines(const Json& items) {
  for (const Json& item : items.items()) print(item.dump());
}

void show_post(const Json& post, const std::string& indent) {
  if (post.is_null()) return print(indent + "(withdrawn, or not here yet)");
  print(indent + printable(text(post, "name", "A neighbour"), false) + ", " + time_of(post, "written_ms") +
        (post.at("changed_ms").is_null() ? "" : ", edited") + "  [" + text(post, "id") + "]");
  if (const auto title = post.at("title").text()) print(indent + "  " + printable(*title, false));
  print(indented(text(post, "body", "(erased)"), indent + "  "));
}

void show_feed(const Json& page) {
  if (page.at("threads").items().empty()) print("Nothing hangs here yet. Begin with `kith post \"…\"`.");
  for (const Json& thread : page.at("threads").items()) {
    show_post(thread.at("post"), "");
    if (thread.at("post").is_null()) print("  [" + text(thread, "id") + "]");
    if (number(thread, "replies") > 0)
      print("  " + counted(number(thread, "replies"), "reply", "replies") + ", the latest " +
            time_of(thread, "last_ms"));
    print("");
  }
  show_next(page, "--before");
}

void show_thread(const Json& thread) {
  show_post(thread.at("post"), "");
  for (const Json& reply : thread.at("replies").items()) {
    print("");
    show_post(reply, "    ");
  }
  show_next(thread, "--after");
}

void show_members(const Json& members) {
  for (const Json& member : members.at("members").items()) {
    print(printable(text(member, "name", "(name not here yet)"), false) + "  " + short_id(member, "person") +
          (member.at("founder").boolean().value_or(false) ? ", founder" : "") +
          (member.at("me").boolean().value_or(false) ? ", you" : "") + ", " +
          counted(number(member, "devices"), "device", "devices"));
  }
}

void show_status(const Json& status) {
  print(printable(text(status, "place", "(name not here yet)"), false) + ": " +
        counted(number(status, "members"), "neighbour", "neighbours") + ", you are " +
        printable(text(status.at("me"), "name", "(no name yet)"), false) + ".");
  if (status.at("in_touch").boolean().value_or(false)) {
    print("In touch with the other houses.");
  } else if (status.at("last_heard_ms").is_null()) {
    print("Nothing from outside yet.");
  } else {
    print("Nothing from outside since " + time_of(status, "last_heard_ms") + ".");
  }
  if (const auto here = number(status, "only_here"); here > 0)
    print(counted(here, "thing of yours is", "things of yours are") + " only here so far.");
  if (const auto houses = number(status.at("keepers"), "houses"); houses > 0)
    print(counted(houses, "house keeps", "houses keep") + " your notes and drafts, locked.");
  if (const auto why = status.at("keepers").at("refused").text()) print("  " + *why);
  if (const auto kept = number(status.at("kept"), "spaces"); kept > 0)
    print(counted(kept, "neighbour's own space is", "neighbours' own spaces are") +
          " kept here, locked: " + std::to_string(number(status.at("kept"), "bytes") >> 10) + " KiB.");
  if (const auto leaving = number(status.at("kept"), "leaving"); leaving > 0)
    print("  " + counted(leaving, "is of a neighbour who is", "are of neighbours who are") +
          " gone, and deleted 30 days after that was seen here.");
  print(counted(number(status, "entries"), "entry", "entries") + " here; " + std::to_string(number(status, "tail")) +
        " not sealed, " + std::to_string(number(status, "locked")) + " without a key, " +
        std::to_string(number(status, "held")) + " from the future.");
  if (number(status, "held") > 0)
    print("  Somebody's clock is ahead, or this device's clock is behind: check the time here.");
  if (number(status, "doubled") > 0)
    print("  " + counted(number(status, "doubled"), "log was", "logs were") +
          " written twice; what followed is not counted.");
  if (!status.at("sessions").items().empty() || !status.at("peers").items().empty()) print("Houses:");
  for (const Json& session : status.at("sessions").items()) show_session(session);
  for (const Json& peer : status.at("peers").items()) show_peer(peer);
  for (const Json& fault : status.at("faults").items()) show_fault(fault);
  if (const auto trouble = status.at("trouble").text()) print("Trouble: " + *trouble);
}

void show_log(const Json& page) {
  for (const Json& entry : page.at("entries").items()) {
    const std::string seq = entry.at("seq").is_null() ? "-" : std::to_string(number(entry, "seq"));
    std::printf("%6lld  %s  %-16s %s/%-5s %-10s %s%s\n", static_cast<long long>(number(entry, "pos")),
                time_of(entry, "time_ms").c_str(), printable(text(entry, "name", "(unknown)"), false).c_str(),
                short_id(entry, "device").c_str(), seq.c_str(), text(entry, "kind").c_str(),
                printable(text(entry, "event"), false).c_str(),
                text(entry, "state") == "counts" ? "" : (" (" + text(entry, "state") + ")").c_str());
  }
  if (const auto next = page.at("next").integer()) print("More: --after " + std::to_string(*next));
}

namespace {

std::string round_trip_of(const Json& peer) {
  return peer.at("round_trip_ms").is_null() ? "" : ", " + std::to_string(number(peer, "round_trip_ms")) + " ms";
}

std::string progress_of(const Json& peer) {
  std::string out;
  if (number(peer, "behind") > 0) out += ", we are " + counted(number(peer, "behind"), "entry", "entries") + " behind";
  if (number(peer, "owed") > 0) out += ", " + std::to_string(number(peer, "owed")) + " still to send";
  return out;
}

void show_house(const Json& peer) {
  const std::string id = text(peer, "peer", "(who it is, is not known yet)");
  const std::string name = printable(text(peer, "name"), false);
  print((name.empty() ? "" : name + "  ") + id);
  print("  " + text(peer, "state") + round_trip_of(peer) + progress_of(peer) +
        (peer.at("path").is_null() ? "" : ", over " + printable(text(peer, "path"), false)));
  if (const auto why = peer.at("why").text()) print("  " + printable(*why, false));
  if (!peer.at("path").is_null()) return;
  for (const Json& known : peer.at("addresses").items())
    print("  knows " + text(known, "address") + " (" + text(known, "source") + ")");
  print("  next try in " + std::to_string((number(peer, "next_try_ms") + 999) / 1000) + " s");
}

}  // namespace

void show_peers(const Json& peers) {
  print("This house is " + text(peers, "id"));
  for (const Json& address : peers.at("addresses").items()) print("  at " + address.text().value_or(""));
  if (peers.at("addresses").items().empty()) print("  It does not listen now: `kith serve` makes it.");
  print("");
  for (const Json& peer : peers.at("peers").items()) show_house(peer);
  if (peers.at("peers").items().empty())
    print("No other house is known here. An invitation brings one: `kith invite`.");
  for (const Json& fault : peers.at("dropped").at("who").items()) show_fault(fault);
  for (const char* reason : {"pushed_out", "too_many_open", "too_many_open_from_address"}) {
    const std::int64_t count = number(peers.at("refused"), reason);
    if (count > 0) print("  refused " + counted(count, "connection", "connections") + ": " + reason);
  }
}

void show_history(const Json& answer) {
  for (const Json& version : answer.at("versions").items()) {
    print(time_of(version, "at_ms") + "  " + printable(text(version, "title"), false));
    print(indented(text(version, "body", "(erased)"), "  "));
  }
}

void show_categories(const Json& answer) {
  for (const Json& one : answer.at("categories").items()) {
    print(printable(text(one, "name"), false) + ": " + counted(number(one, "posts"), "thread", "threads") +
          (number(one, "unread") > 0 ? ", " + std::to_string(number(one, "unread")) + " with news" : ""));
  }
}

void show_hits(const Json& answer) {
  for (const Json& hit : answer.at("hits").items()) {
    print(text(hit, "kind") + ", " + printable(text(hit, "name", "A neighbour"), false) + ", " + time_of(hit, "at_ms") +
          "  " + printable(text(hit, "title"), false) + "  [" + text(hit, "id") + "]");
    print(indented(text(hit, "snippet"), "  "));
  }
  print("Looked through " + counted(number(answer, "searched"), "thing", "things") + ".");
}

void show_listings(const Json& page) {
  if (page.at("listings").items().empty()) print("Nothing is offered here. Begin with `kith offer \"…\"`.");
  for (const Json& listing : page.at("listings").items()) show_listing(listing);
  show_next(page, "--before");
}

void show_item(const Json& answer) {
  show_listing(answer.at("listing"));
  if (const auto words = answer.at("listing").at("text").text()) print(indented(*words, "  "));
  for (const Json& request : answer.at("requests").items()) {
    print("  " + std::to_string(number(request, "order")) + ". " +
          printable(text(request, "name", "A neighbour"), false) + ", " + time_of(request, "written_ms") + ", " +
          text(request, "state") +
          (request.at("late").boolean().value_or(false) ? ", asked earlier than its place here" : "") + "  [" +
          text(request, "id") + "]");
    if (const auto words = request.at("text").text()) print(indented(*words, "     "));
  }
  if (!answer.at("certain").boolean().value_or(false)) print("  As far as this house knows; it is alone just now.");
}

void show_place(const Json& place) {
  print(printable(text(place, "name", "(name not here yet)"), false) + ": " +
        counted(number(place, "members"), "neighbour", "neighbours") + ", " +
        counted(number(place, "posts"), "post", "posts") + ".");
  for (const Json& rule : place.at("rules").items()) print("  - " + printable(rule.text().value_or(""), false));
}

void show_devices(const Json::Array& devices) {
  for (const Json& one : devices) {
    std::string state;
    if (one.at("is_this").boolean().value_or(false)) state += "  this one";
    if (one.at("retired").boolean().value_or(false)) state += "  retired";
    if (one.at("doubled").boolean().value_or(false)) state += "  doubled";
    print(text(one, "device").substr(0, 16) + "  " + printable(text(one, "name", "(no name)"), false) + "  since " +
          time_of(one, "linked_ms") + ", last heard of " + time_of(one, "last_ms") + state);
  }
}

void show_notes(const Json& page) {
  for (const Json& note : page.at("notes").items()) {
    print(time_of(note, "written_ms") + "  [" + text(note, "id") + "]");
    print(indented(text(note, "body"), "  "));
  }
  show_next(page, "--before");
}

}  // namespace kith::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/town_commands.h"

#include <algorithm>

#include "cli/show.h"

namespace kith::cli {
namespace {

const TownOption kTitle{"--title", "title", "A title"};
const TownOption kCategory{"--category", "category", "A category, e.g. Lost and found"};
const TownOption kTag{"--tag", "tags", "A tag; several times for several"};
const TownOption kPrice{"--price", "price", "What it costs, in your words"};
const TownOption kKind{"--kind", "kind", "sell, give, lend, swap or wanted"};
const TownOption kDays{"--days", "days", "How long it stands (30)"};
const TownOption kLimit{"--limit", "limit", "How many at most"};
const TownOption kBefore{"--before", "before", "Older ones: \"next\" of the last answer"};
const TownOption kOneTag{"--tag", "tag", "Only with this tag"};
const TownOption kPerson{"--person", "person", "Only by this person: 64 digits, see `kith people --json`"};

const std::vector<TownCommand>& table() {
  static const std::vector<TownCommand> commands = {
      // -- forum
      {"post", "forum.write", "Write to the neighbours", "kith post \"Lost: a grey cat\" --category Lost --tag cat",
       {"body"}, 1, {kTitle, kCategory, kTag, {"--lang", "lang", "The language it is in: en, de, …"}}, true, nullptr,
       "Posted.", nullptr},
      {"reply", "forum.reply", "Answer a post or a reply", "kith reply 0192… \"Seen at no. 12\"", {"to", "body"}, 2, {},
       true, nullptr, "Replied.", nullptr},
      {"edit", "forum.edit", "Change a post of yours", "kith edit 0192… \"Found: the grey cat\"", {"id", "body"}, 1,
       {kTitle, kCategory, kTag}, true, nullptr, "Changed.", nullptr},
      {"delete", "forum.withdraw", "Withdraw a post of yours; replies stay", "kith delete 0192…", {"id"}, 1, {}, true,
       nullptr, "Withdrawn.", nullptr},
      {"react", "forum.react", "Thank for a post, or take that back", "kith react 0192…\n  kith react 0192… no", {"id", "on"},
       1, {{"--kind", "kind", "Another word than thanks"}}, false, nullptr, "Done.", nullptr,
       {{"kind", "thanks"}, {"on", "yes"}}},
      {"pin", "forum.pin", "Keep a thread on top (who founded the place)", "kith pin 0192…\n  kith pin 0192… no",
       {"id", "on"}, 1, {}, false, nullptr, "Done.", nullptr, {{"on", "yes"}}},
      {"follow", "forum.follow", "Follow a thread, mute it, or neither: only you see that",
       "kith follow 0192… mute", {"thread", "mode"}, 2, {}, false, nullptr, "Done.", nullptr},
      {"feed", "forum.feed", "The threads, those with the latest words first", "kith feed --limit 50", {}, 0,
       {kLimit, kBefore, {"--category", "category", "Only this category"}, kOneTag, kPerson}, false, "threads", nullptr,
       show_feed},
      {"thread", "forum.thread", "One post and its replies", "kith thread 0192…", {"id"}, 1,
       {kLimit, {"--after", "after", "Newer replies: \"next\" of the last answer"}}, false, nullptr, nullptr,
       show_thread},
      {"history", "forum.history", "What a post said before it was changed", "kith history 0192…", {"id"}, 1, {}, false,
       "versions", nullptr, show_history},
      {"categories", "forum.categories", "What is talked about", "kith categories", {}, 0, {}, false, "categories",
       nullptr, show_categories},
      {"search", "search.all", "Find words in all that is here", "kith search \"grey cat\"", {"text"}, 1,
       {kLimit, {"--in", "kinds", "Only in: post, listing, person or note"}}, false, "hits", nullptr, show_hits},
      // -- market
      {"market", "market.list", "What is offered and wanted, newest first", "kith market --kind lend", {}, 0,
       {kLimit, kBefore, kKind, kOneTag, kPerson, {"--text", "text", "Only with these words"},
        {"--state", "state", "open, promised, done, withdrawn or expired"}},
       false, "listings", nullptr, show_listings},
      {"item", "market.item", "One listing and who asked for it", "kith item 0192…", {"id"}, 1, {}, false, nullptr,
       nullptr, show_item},
      {"offer", "market.offer", "Offer something, or say what you look for",
       "kith offer \"Ladder, 4 m\" --kind lend --text \"Ask at no. 3\"", {"title"}, 1,
       {kKind, {"--text", "text", "More about it"}, kPrice, kTag, kDays}, true, nullptr, "Offered.", nullptr, {{"kind", "give"}}},
      {"change", "market.edit", "Change a listing of yours", "kith change 0192… --price \"10 €\"", {"id"}, 1,
       {kTitle, kKind, {"--text", "text", "More about it"}, kPrice, kTag, kDays}, true, nullptr, "Changed.", nullptr},
      {"renew", "market.renew", "Let a listing of yours stand for its days again", "kith renew 0192…", {"id"}, 1, {},
       true, nullptr, "Renewed.", nullptr},
      {"withdraw", "market.withdraw", "Withdraw a listing of yours", "kith withdraw 0192…", {"id"}, 1, {}, true,
       nullptr, "Withdrawn.", nullptr},
      {"ask", "market.ask", "Ask for what a listing offers", "kith ask 0192… \"On Sunday?\"", {"listing", "text"}, 1, {},
       true, nullptr, "Asked.", nullptr},
      {"unask", "market.unask", "Withdraw a request of yours", "kith unask 0192…", {"request"}, 1, {}, true, nullptr,
       "Withdrawn.", nullptr},
      {"promise", "market.promise", "Promise a thing of yours to who asked", "kith promise 0192… --place \"at the gate\"",
       {"request"}, 1, {{"--when-ms", "when_ms", "When it is handed over (Unix ms)"}, {"--place", "place", "Where"}},
       true, nullptr, "Promised.", nullptr},
      {"unpromise", "market.unpromise", "Take a promise back", "kith unpromise 0192…", {"request"}, 1, {}, true, nullptr,
       "Taken back.", nullptr},
      {"settle", "market.settle", "Say what came of a promise: done or fell_through", "kith settle 0192… done",
       {"request", "outcome"}, 2, {}, true, nullptr, "Noted.", nullptr},
      // -- people
      {"people", "people.list", "Who belongs to the neighbourhood", "kith people", {}, 0, {}, false, "members", nullptr,
       show_members},
      {"members", "people.list", "The same as people", "kith members", {}, 0, {}, false, "members", nullptr,
       show_members},
      {"profile", "people.rename", "Say who you are", "kith profile --name Ana --about \"Mends bicycles\"", {}, 0,
       {{"--name", "name", "What the neighbours call you"},
        {"--about", "about", "About you"},
        {"--street", "street", "Where you live, as far as you tell"}},
       false, nullptr, "Changed.", nullptr},
      {"mute", "people.mute", "Hide what a person writes, for you alone", "kith mute <person>\n  kith mute <person> no",
       {"person", "on"}, 1, {}, false, nullptr, "Done.", nullptr, {{"on", "yes"}}},
      {"about", "place.about", "This place: its name, rules, people", "kith about", {}, 0, {}, false, nullptr, nullptr,
       show_place},
      {"describe", "place.describe", "Name the place, its colour, its rules (who founded it)",
       "kith describe --rule \"Be kind.\" --rule \"Sweep your step.\"", {}, 0,
       {{"--name", "name", "What the place is called"},
        {"--enamel", "enamel", "The colour of its sign, 1 to 5"},
        {"--rule", "rules", "A rule; several times for several"}},
       false, nullptr, "Changed.", nullptr},
      // -- one's own
      {"note", "notes.write", "Write a note to yourself; it stays in your personal space",
       "kith note \"Ask Dan about the ladder\"", {"body"}, 1, {{"--id", "id", "Change this note instead"}}, false, nullptr,
       "Noted.", nullptr},
      {"notes", "notes.list", "Your notes to yourself", "kith notes", {}, 0, {kLimit, kBefore}, false, "notes", nullptr,
       show_notes},
      {"drop-note", "notes.drop", "Throw a note away", "kith drop-note 0192…", {"id"}, 1, {}, false, nullptr, "Gone.",
       nullptr},
  };
  return commands;
}

}  // namespace

std::span<const TownCommand> town_commands() {
  return table();
}

const TownCommand* find_town_command(std::string_view name) {
  const auto found = std::find_if(table().begin(), table().end(), [&](const TownCommand& one) { return name == one.name; });
  return found == table().end() ? nullptr : &*found;
}

}  // namespace kith::cli

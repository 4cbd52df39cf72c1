// SPDX-License-Identifier: Apache-2.0
// Operations of the market.
#include <array>

#include "town/api/operations.h"
#include "town/api/visit.h"
#include "town/market/commands.h"
#include "town/search/search.h"

namespace kith::town {
namespace {

Result<Json> shown(Visit& visit, const market::Listing& listing) {
  return visit.listing(listing, KITH_TRY(market::requests(visit.space(), listing)));
}

Result<Json> list(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(visit.load_names());
  market::ListFilter filter{.kind = market::kind_of(visit.text("kind")),
                            .state = market::state_of(visit.text("state")),
                            .tag = visit.optional_text("tag")};
  if (!visit.has("state")) filter.current_for = place.space().person();
  if (visit.has("person")) filter.person = KITH_TRY(visit.person("person"));
  if (visit.has("text")) filter.match = KITH_TRY(search::match_of(visit.text("text")));
  const auto page = KITH_TRY(market::list(visit.space(), visit.optional_text("before"), visit.limit(kPage), filter));
  Json listings =
      KITH_TRY(json_results(page.listings, [&](const market::Listing& listing) { return shown(visit, listing); }));
  return Json::object({{"listings", std::move(listings)}, {"next", page.next}});
}

Result<Json> item(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  KITH_TRY(visit.load_names());
  const auto listing = KITH_TRY(market::listing(visit.space(), visit.text("id")));
  const auto requests = KITH_TRY(market::requests(visit.space(), listing));
  const Freshness fresh = place.freshness();
  Json out = Json::object({{"listing", KITH_TRY(visit.listing(listing, requests))}});
  out.set("requests", json_list(requests, [&](const market::Request& one) { return visit.request(one); }));
  // In touch, the order here may still not be everybody's; alone it is only this device's.
  out.set("certain", fresh.in_touch);
  out.set("last_heard_ms", fresh.last_heard_ms);
  return out;
}

Result<Json> offer(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest());
  market::Offer offer;
  offer.kind = market::kind_of(visit.text("kind")).value_or(market::Kind::kGive);
  offer.title = visit.text("title");
  offer.text = visit.text("text");
  offer.price = visit.text("price");
  offer.tags = visit.texts("tags");
  offer.photos = visit.texts("photos");
  offer.days = visit.integer("days").value_or(visit.has("days") ? 0 : market::kDays);
  return Visit::written(KITH_TRY(market::offer(visit.space(), offer, rest)), rest);
}

Result<Json> edit(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest());
  market::OfferEdit changes;
  if (visit.has("kind")) changes.kind = market::kind_of(visit.text("kind"));
  changes.title = visit.optional_text("title");
  changes.text = visit.optional_text("text");
  changes.price = visit.optional_text("price");
  changes.tags = visit.optional_texts("tags");
  if (visit.has("days")) changes.days = visit.integer("days").value_or(0);
  return Visit::written(KITH_TRY(market::edit(visit.space(), visit.text("id"), changes, rest)), rest);
}

using Act = Result<market::Written> (*)(Database& database, std::string_view id, std::uint64_t rest_ms);

/// A command that needs no more than the one id in this argument, and leaves at once unless asked to rest.
Operation::Run act_on(const char* argument, Act act) {
  return [argument, act](Place& place, const Json& arguments) -> Result<Json> {
    Visit visit(place, arguments);
    const std::uint64_t rest = KITH_TRY(visit.rest(0));
    return Visit::written(KITH_TRY(act(visit.space(), visit.text(argument), rest)), rest);
  };
}

Result<Json> ask(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest());
  return Visit::written(KITH_TRY(market::ask(visit.space(), visit.text("listing"), visit.text("text"), rest)), rest);
}

Result<Json> promise(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest());
  const market::Handover handover{visit.integer("when_ms"), visit.text("place")};
  return Visit::written(KITH_TRY(market::promise(visit.space(), visit.text("request"), handover, rest)), rest);
}

Result<Json> settle(Place& place, const Json& arguments) {
  Visit visit(place, arguments);
  const std::uint64_t rest = KITH_TRY(visit.rest(0));
  const bool is_done = visit.text("outcome") == "done";
  return Visit::written(KITH_TRY(market::settle(visit.space(), visit.text("request"), is_done, rest)), rest);
}

const std::array kOperations = {
    Operation{
        "market.list", false, Needs::kSpace, "GET", "/api/listings",
        "{kind?: Kind; text?: string; state?: ListingState | 'any'; person?: Person; tag?: string; before?: string; "
        "limit?: number}",
        "{listings: Listing[]; next: string | null}", list},
    Operation{"market.item", false, Needs::kSpace, "GET", "/api/listings/{id}", "{id: Id}",
              "{listing: Listing; requests: Request[]; certain: boolean; last_heard_ms: Ms | null}", item},
    Operation{"market.offer", true, Needs::kSpace, "POST", "/api/listings",
              "{kind: Kind; title: string; text?: string; price?: string; tags?: string[]; photos?: Id[]; days?: "
              "number; rest_ms?: number}",
              "Written", offer},
    Operation{"market.edit", true, Needs::kSpace, "PATCH", "/api/listings/{id}",
              "{id: Id; kind?: Kind; title?: string; text?: string; price?: string; tags?: string[]; days?: number; "
              "rest_ms?: number}",
              "Written", edit},
    Operation{"market.renew", true, Needs::kSpace, "POST", "/api/listings/{id}/renew", "{id: Id; rest_ms?: number}",
              "Written", act_on("id", market::renew)},
    Operation{"market.withdraw", true, Needs::kSpace, "DELETE", "/api/listings/{id}", "{id: Id; rest_ms?: number}",
              "Written", act_on("id", market::withdraw)},
    Operation{"market.ask", true, Needs::kSpace, "POST", "/api/listings/{listing}/requests",
              "{listing: Id; text?: string; rest_ms?: number}", "Written", ask},
    Operation{"market.unask", true, Needs::kSpace, "DELETE", "/api/requests/{request}",
              "{request: Id; rest_ms?: number}", "Written", act_on("request", market::unask)},
    Operation{"market.promise", true, Needs::kSpace, "POST", "/api/requests/{request}/promise",
              "{request: Id; when_ms?: Ms; place?: string; rest_ms?: number}", "Written", promise},
    Operation{"market.unpromise", true, Needs::kSpace, "DELETE", "/api/requests/{request}/promise",
              "{request: Id; rest_ms?: number}", "Written", act_on("request", market::unpromise)},
    Operation{"market.settle", true, Needs::kSpace, "POST", "/api/requests/{request}/settle",
              "{request: Id; outcome: 'done' | 'fell_through'; rest_ms?: number}", "Written", settle},
};

}  // namespace

std::span<const Operation> market_operations() {
  return kOperations;
}

}  // namespace kith::town

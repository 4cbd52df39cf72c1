// SPDX-License-Identifier: Apache-2.0
// The market among three people on replicas that hear of things in any order.
#include <gtest/gtest.h>

#include "town/market/commands.h"
#include "town/market/queries.h"
#include "town/testing/street.h"

namespace kith::town::market {
namespace {

using store::testing::Directory;
using testing::TestDatabase;

class Market : public ::testing::Test {
 protected:
  std::string ladder(std::int64_t days = kDays) {
    return offer(ana_,
                 {.kind = Kind::kLend,
                  .title = "Ladder",
                  .text = "",
                  .price = "",
                  .tags = {},
                  .photos = {},
                  .days = days},
                 0)
        ->id;
  }
  std::string asked_by(std::uint8_t person, const std::string& listing) {
    ana_.become(person);
    const auto asked = ask(ana_, listing, "please", 0);
    EXPECT_TRUE(asked.ok()) << (asked.ok() ? "" : asked.error().message());
    ana_.become(1);
    return asked.ok() ? asked->id : "";
  }
  State state(const std::string& id) { return listing(ana_, id)->state; }
  RequestState request_state(const std::string& id) { return request(ana_, id)->state; }

  Directory directory_;
  TestDatabase ana_{directory_, "ana", schema(), local_tables()};
};

TEST_F(Market, a_ladder_is_asked_for_promised_and_handed_over) {
  const std::string id = ladder();
  EXPECT_EQ(state(id), State::kOpen);
  const std::string dan = asked_by(2, id);
  const std::string mira = asked_by(3, id);
  EXPECT_EQ(listing(ana_, id)->requests, 2u);
  ASSERT_TRUE(promise(ana_, dan, {.when_ms = 1'790'000'900'000, .place = "the gate"}, 0).ok());
  EXPECT_EQ(state(id), State::kPromised);
  EXPECT_EQ(listing(ana_, id)->promised_to, TestDatabase::person_of(2));
  EXPECT_EQ(request(ana_, dan)->promise->place, "the gate");
  EXPECT_EQ(promise(ana_, mira, {}, 0).error().code(), ErrorCode::kExists);
  ASSERT_TRUE(settle(ana_, dan, false).ok());
  EXPECT_EQ(request_state(dan), RequestState::kFellThrough);
  EXPECT_EQ(state(id), State::kOpen);
  ASSERT_TRUE(promise(ana_, mira, {}, 0).ok());
  ASSERT_TRUE(settle(ana_, mira, true).ok());
  EXPECT_EQ(state(id), State::kDone);
  EXPECT_EQ(request_state(mira), RequestState::kDone);
  ana_.become(2);
  EXPECT_EQ(ask(ana_, id, "", 0).error().code(), ErrorCode::kRefused);
}

TEST_F(Market, a_withdrawn_request_frees_what_was_promised) {
  const std::string id = ladder();
  const std::string dan = asked_by(2, id);
  ASSERT_TRUE(promise(ana_, dan, {}, 0).ok());
  ana_.become(2);
  ASSERT_TRUE(unask(ana_, dan).ok());
  EXPECT_EQ(request_state(dan), RequestState::kWithdrawn);
  EXPECT_EQ(state(id), State::kOpen);
  ASSERT_TRUE(ask(ana_, id, "after all", 0).ok());
  EXPECT_EQ(listing(ana_, id)->requests, 1u);
  EXPECT_EQ(request_of(*requests(ana_, *listing(ana_, id)), ana_.person())->state, RequestState::kAsked);
}

TEST_F(Market, only_promises_of_who_offers_count) {
  const std::string id = ladder();
  const std::string dan = asked_by(2, id);
  ana_.become(2);
  ASSERT_TRUE(ana_.write("listing promised", {},
                         [&](Writer& writer) {
                           return writer.exec("INSERT INTO promises(id, request, outcome) VALUES ('p', ?, 'done')",
                                              {dan});
                         })
                  .ok());
  EXPECT_EQ(state(id), State::kOpen);
  EXPECT_EQ(request_state(dan), RequestState::kAsked);
}

TEST_F(Market, expiry_is_counted_from_the_last_renewal_and_cannot_be_put_far_ahead) {
  const std::string id = ladder(2);
  ana_.clock.advance(3 * kDayMs);
  EXPECT_EQ(state(id), State::kExpired);
  ana_.become(2);
  EXPECT_EQ(ask(ana_, id, "", 0).error().code(), ErrorCode::kRefused);
  ana_.become(1);
  ASSERT_TRUE(renew(ana_, id).ok());
  EXPECT_EQ(state(id), State::kOpen);
  ASSERT_TRUE(ana_.write("listing renewed", {},
                         [&](Writer& writer) {
                           return writer.exec(
                               "UPDATE listings SET renewed_ms = 9000000000000000000, days = 99999 WHERE id = ?", {id});
                         })
                  .ok());
  EXPECT_LE(listing(ana_, id)->expires_ms, ana_.now_ms() + static_cast<std::uint64_t>(kDaysMax) * kDayMs);
}

TEST_F(Market, what_others_wrote_without_commands_is_made_fit_to_be_shown) {
  ASSERT_TRUE(ana_.write("listing offered", {},
                         [&](Writer& writer) {
                           return writer.exec(
                               "INSERT INTO listings(id, kind, title, price, days) VALUES ('odd', 'planet', ?, ?, -5)",
                               {std::string(5'000, 'x') + "\n", std::string("1\x01\xff€")});
                         })
                  .ok() == false);  // no UTF-8: the store refuses it
  ASSERT_TRUE(ana_.write("listing offered", {},
                         [&](Writer& writer) {
                           return writer.exec(
                               "INSERT INTO listings(id, kind, title, price, days) VALUES ('odd', 'planet', ?, ?, -5)",
                               {std::string(5'000, 'x') + "\n", std::string("1\x01€")});
                         })
                  .ok());
  const auto odd = listing(ana_, "odd");
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd->title.size(), kTitleBytesMax);
  EXPECT_EQ(odd->price, "1 €");
  EXPECT_EQ(odd->kind, Kind::kGive);
}

TEST_F(Market, lists_are_filtered_page_by_page) {
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) ids.push_back(ladder());
  ASSERT_TRUE(withdraw(ana_, ids[3]).ok());
  std::vector<std::string> seen;
  std::optional<std::string> before;
  do {
    const auto page = list(ana_, before, 2);
    ASSERT_TRUE(page.ok()) << page.error().message();
    for (const Listing& one : page->listings) seen.push_back(one.id);
    before = page->next;
  } while (before);
  EXPECT_EQ(seen, (std::vector<std::string>{ids[6], ids[5], ids[4], ids[2], ids[1], ids[0]}));
  EXPECT_EQ(list(ana_, std::nullopt, 9, {.kind = Kind::kSell, .state = {}, .person = {}, .tag = {}, .match = {}})
                ->listings.size(),
            0u);
  EXPECT_EQ(list(ana_, std::nullopt, 9, {.kind = {}, .state = State::kWithdrawn, .person = {}, .tag = {}, .match = {}})
                ->listings.size(),
            1u);
  EXPECT_EQ(list(ana_, std::nullopt, 9,
                 {.kind = {}, .state = {}, .person = TestDatabase::person_of(2), .tag = {}, .match = {}})
                ->listings.size(),
            0u);
}

TEST_F(Market, what_is_gone_or_rests_is_not_current_but_for_its_author) {
  const std::string open = ladder();
  const std::string gone = ladder();
  const std::string promised = ladder();
  const std::string rests = ladder(2);
  const std::string given = asked_by(2, gone);
  ASSERT_TRUE(promise(ana_, given, {}, 0).ok());
  ASSERT_TRUE(settle(ana_, given, true).ok());
  ASSERT_TRUE(promise(ana_, asked_by(2, promised), {}, 0).ok());
  ana_.clock.advance(3 * kDayMs);
  const auto shown_to = [&](std::uint8_t person) {
    std::vector<std::string> ids;
    const auto page = list(ana_, std::nullopt, 9, {.current_for = TestDatabase::person_of(person)});
    for (const Listing& one : page->listings) ids.push_back(one.id);
    return ids;
  };
  EXPECT_EQ(shown_to(1), (std::vector{rests, promised, open}));
  EXPECT_EQ(shown_to(2), (std::vector{promised, open}));
  EXPECT_EQ(list(ana_, std::nullopt, 9)->listings.size(), 4u);
}

/// Three people write on three replicas that hear of each other in any order, again and again: in the end all show the
/// same states, whoever heard what first; only the order of arrival may differ, and says so.
TEST_F(Market, replicas_agree_on_states_in_whatever_order_things_arrive) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 dice(seed);
    Directory directory;
    TestDatabase houses[3] = {{directory, "a", schema(), local_tables(), 1},
                              {directory, "b", schema(), local_tables(), 2},
                              {directory, "c", schema(), local_tables(), 3}};
    for (std::uint8_t i = 0; i < 3; ++i) houses[i].become(static_cast<std::uint8_t>(i + 1));
    std::vector<std::string> listings;
    for (int i = 0; i < 3; ++i) listings.push_back(offer(houses[0], {.title = "Thing"}, 0)->id);
    const auto all_hear = [&] {
      for (TestDatabase& to : houses) {
        for (TestDatabase& from : houses) {
          if (&to != &from) to.take_from(from, dice);
        }
      }
    };
    all_hear();
    for (int step = 0; step < 40; ++step) {
      TestDatabase& house = houses[dice() % 3];
      house.clock.advance(1 + dice() % 5'000);
      const std::string& id = listings[dice() % listings.size()];
      const auto here = *requests(house, *listing(house, id));
      const std::string of = here.empty() ? "" : here[dice() % here.size()].id;
      // Whether it is possible just now is not the question.
      switch (dice() % 6) {
        case 0:
        case 1: static_cast<void>(ask(house, id, "", 0)); break;
        case 2: static_cast<void>(promise(house, of, {}, 0)); break;
        case 3: static_cast<void>(settle(house, of, dice() % 2 == 0)); break;
        case 4: static_cast<void>(unask(house, of)); break;
        default: house.take_from(houses[dice() % 3], dice);
      }
    }
    all_hear();
    all_hear();
    for (const std::string& id : listings) {
      const auto first = listing(houses[0], id);
      for (TestDatabase& house : houses) {
        const auto here = listing(house, id);
        EXPECT_EQ(here->state, first->state) << seed;
        EXPECT_EQ(here->promised_to, first->promised_to) << seed;
        EXPECT_EQ(here->requests, first->requests) << seed;
        std::uint64_t latest = 0;
        std::uint64_t order = 0;
        const auto all = *requests(house, *here);
        for (const Request& one : all) {
          EXPECT_EQ(one.order, ++order);
          EXPECT_EQ(one.is_late, one.written_ms < latest) << seed;
          latest = std::max(latest, one.written_ms);
          EXPECT_EQ(one.arrived_ms, latest);
          EXPECT_EQ(request(houses[0], one.id)->state, one.state) << seed;
        }
      }
    }
  }
}

TEST_F(Market, a_request_that_was_made_earlier_and_came_later_is_shown_as_such) {
  TestDatabase dan(directory_, "dan", schema(), local_tables(), 1);
  dan.become(2);
  std::mt19937 dice(1);
  const std::string id = ladder();
  dan.take_from(ana_, dice);
  dan.clock.advance(1'000);
  const std::string earlier = ask(dan, id, "first by my clock", 0)->id;
  ana_.clock.advance(60'000);
  const std::string later = asked_by(3, id);
  ana_.take_from(dan, dice);
  const auto here = *requests(ana_, *listing(ana_, id));
  ASSERT_EQ(here.size(), 2u);
  EXPECT_EQ(here[0].id, later);
  EXPECT_FALSE(here[0].is_late);
  EXPECT_EQ(here[1].id, earlier);
  EXPECT_TRUE(here[1].is_late);
  EXPECT_GE(here[1].arrived_ms, here[0].written_ms);
}

}  // namespace
}  // namespace kith::town::market

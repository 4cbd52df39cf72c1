// SPDX-License-Identifier: Apache-2.0
#include "log/log.h"

#include "codec/cbor.h"
#include "log/evidence.h"
#include "log/testing/house.h"

namespace kith::log {
namespace {

using testing::exchange;
using testing::holds;
using testing::House;
using testing::make_genesis;
using testing::must;
using testing::send_all;
using testing::Wire;

std::string name(int i) {
  return "note " + std::to_string(i);
}

/// Ana founds, Dan joins, both know it.
struct Street {
  House ana{1};
  House dan{2};
  Street() {
    ana.join();
    dan.join();
    exchange(ana, dan);
  }
};

// ---- the tail

TEST(Sealing, turns_commits_into_entries_in_their_order_and_with_their_stamps) {
  House ana(1);
  ana.join();
  std::vector<store::Committed> commits;
  for (int i = 0; i < 5; ++i) commits.push_back(ana.note(name(i), "text"));
  EXPECT_TRUE(ana.log->has_tail());
  EXPECT_EQ(ana.log->own_next(), Seq(1));
  EXPECT_EQ(ana.seal(), 5u);
  EXPECT_FALSE(ana.log->has_tail());
  EXPECT_EQ(ana.log->own_next(), Seq(6));
  const Rows rows = must(ana.store->db().query("SELECT pos, stamp FROM kith_journal WHERE kind = 64 ORDER BY seq"));
  ASSERT_EQ(rows.rows.size(), commits.size());
  for (std::size_t i = 0; i < commits.size(); ++i) {
    EXPECT_EQ(std::get<std::int64_t>(rows.rows[i][0]), commits[i].first.value);
    EXPECT_EQ(std::get<std::int64_t>(rows.rows[i][1]), static_cast<std::int64_t>(commits[i].stamp.value));
  }
  EXPECT_EQ(ana.seal(), 0u);
}

TEST(Sealing, one_that_rests_holds_back_those_behind_it_unless_all_must_go) {
  House ana(1);
  ana.join();
  ana.note("first", "goes");
  ana.note("second", "rests", 10'000);
  ana.note("third", "waits behind it");
  EXPECT_EQ(must(ana.log->seal_tail(false)), 1u);
  EXPECT_EQ(must(ana.log->seal_tail(false)), 0u);
  ana.clock.advance(10'000);
  EXPECT_EQ(must(ana.log->seal_tail(false)), 2u);
  ana.note("fourth", "rests", 10'000);
  EXPECT_EQ(must(ana.log->seal_tail(true)), 1u);
}

TEST(Sealing, what_asks_for_no_rest_is_in_the_log_as_soon_as_it_is_committed) {
  Street street;
  street.ana.governor->seals_at_once = true;
  const store::Committed commit = street.ana.note("a", "text");
  street.ana.change("a", "changed");
  EXPECT_FALSE(street.ana.log->has_tail());
  EXPECT_EQ(street.ana.log->own_next(), Seq(3));
  const std::string before = street.ana.state_hash();
  exchange(street.ana, street.dan);
  EXPECT_EQ(street.dan.body_of("a"), "changed");
  EXPECT_EQ(street.dan.state_hash(), before);
  must(street.ana.store->rebuild());
  EXPECT_EQ(street.ana.state_hash(), before);
  const Rows rows =
      must(street.ana.store->db().query("SELECT pos, stamp FROM kith_journal WHERE seq = 1 AND kind = 64"));
  ASSERT_EQ(rows.rows.size(), 1u);
  EXPECT_EQ(std::get<std::int64_t>(rows.rows[0][0]), commit.first.value);
  EXPECT_EQ(std::get<std::int64_t>(rows.rows[0][1]), static_cast<std::int64_t>(commit.stamp.value));
}

TEST(Sealing, what_asks_for_no_rest_does_not_overtake_what_rests) {
  House ana(1);
  ana.join();
  ana.governor->seals_at_once = true;
  ana.note("first", "rests", 10'000);
  ana.note("second", "waits behind it");
  EXPECT_EQ(ana.log->own_next(), Seq(1));
  ana.clock.advance(10'000);
  EXPECT_EQ(must(ana.log->seal_tail(false)), 2u);
}

TEST(Sealing, a_commit_that_fails_at_any_write_leaves_no_entry) {
  Street street;
  House& ana = street.ana;
  ana.governor->seals_at_once = true;
  const auto head = ana.log->own_head();
  const std::string before = ana.state_hash();
  int failures = 0;
  for (std::uint64_t writes = 0;; ++writes) {
    must(ana.store->begin("note written"));
    must(ana.store->exec("INSERT INTO notes(id, body, place) VALUES ('a', 'text', 'here')"));
    ana.disk.fill_up_after(writes);
    const bool is_committed = ana.store->commit().ok();
    ana.disk.fill_up(false);
    if (is_committed) break;
    ++failures;
    EXPECT_EQ(ana.log->own_head(), head);
    EXPECT_EQ(ana.state_hash(), before);
  }
  EXPECT_GT(failures, 0);
  EXPECT_EQ(ana.log->own_next(), Seq(2));
  exchange(ana, street.dan);
  EXPECT_EQ(street.dan.body_of("a"), "text");
  EXPECT_EQ(street.dan.state_hash(), ana.state_hash());
}

TEST(Sealing, leaves_the_state_as_it_was) {
  Street street;
  for (int i = 0; i < 10; ++i) street.ana.note(name(i), "text");
  street.ana.change(name(3), "changed");
  const std::string before = street.ana.state_hash();
  street.ana.seal();
  EXPECT_EQ(street.ana.state_hash(), before);
  must(street.ana.store->rebuild());
  EXPECT_EQ(street.ana.state_hash(), before);
}

TEST(Sealing, an_authority_act_seals_the_tail_before_it) {
  House ana(1);
  ana.join();
  ana.note("a", "text", 10'000);
  const AuthorityEntry act = must(ana.log->append_authority(Kind::kHost, as_bytes("host")));
  EXPECT_FALSE(ana.log->has_tail());
  EXPECT_EQ(act.header.seq, Seq(2));
  EXPECT_EQ(act.header.refs, std::vector<EntryId>{make_genesis().id});
  EXPECT_EQ(ana.log->authority_heads(), std::vector<EntryId>{act.id});
}

TEST(Sealing, an_epoch_that_must_come_first_takes_a_time_below_the_tail) {
  Street street;
  House& ana = street.ana;
  for (int i = 0; i < 4; ++i) ana.note(name(i), "text");  // the clock stands still: the closest stamps there can be
  bool made = false;
  ana.governor->before_writing = [&]() -> Result<void> {
    if (made) return {};
    made = true;
    KITH_TRY(ana.log->append_authority(Kind::kEpoch, as_bytes("epoch")));
    KITH_TRY(ana.log->append_authority(Kind::kWrap, as_bytes("wrap")));
    return {};
  };
  EXPECT_EQ(ana.seal(), 4u);
  EXPECT_EQ(ana.log->own_next(), Seq(7));
  EXPECT_FALSE(send_all(ana, street.dan).gap);
  EXPECT_EQ(street.dan.notes(), 4);
  EXPECT_EQ(ana.digest(), street.dan.digest());
}

TEST(Sealing, heads_are_cited_once_and_left_out_while_they_stay) {
  Street street;
  House& ana = street.ana;
  for (int i = 0; i < 3; ++i) ana.note(name(i), "text");
  ana.seal();
  ana.reopen();
  ana.note("after a restart", "text");
  ana.seal();
  const Rows rows = must(ana.store->db().query("SELECT refs IS NULL FROM kith_journal WHERE kind = 64 ORDER BY seq"));
  ASSERT_EQ(rows.rows.size(), 4u);
  EXPECT_EQ(std::get<std::int64_t>(rows.rows[0][0]), 0) << "Dan's join is new";
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(std::get<std::int64_t>(rows.rows[i][0]), 1);
}

TEST(Sealing, a_transaction_too_large_for_one_payload_becomes_a_group) {
  Street street;
  std::string noise(700'000, ' ');
  for (char& c : noise) c = static_cast<char>('a' + street.ana.random.u64() % 26);
  must(street.ana.store->begin("note written"));
  for (int i = 0; i < 4; ++i) {
    const Value parameters[] = {name(i), noise};
    must(street.ana.store->exec("INSERT INTO notes(id, body) VALUES (?, ?)", parameters));
  }
  const store::Committed committed = must(street.ana.store->commit());
  EXPECT_GT(committed.parts, 1u);
  EXPECT_EQ(street.ana.seal(), committed.parts);
  send_all(street.ana, street.dan);
  EXPECT_EQ(street.dan.notes(), 4);
  EXPECT_EQ(street.dan.state_hash(), street.ana.state_hash());
}

TEST(Sealing, without_a_first_entry_is_refused) {
  House dan(2);
  dan.receive_genesis();
  dan.note("too early", "text");
  EXPECT_FALSE(dan.log->seal_tail(true).ok());
  EXPECT_TRUE(dan.log->has_tail());
}

// ---- meeting

TEST(Exchange, makes_two_replicas_the_same) {
  Street street;
  for (int i = 0; i < 150; ++i) {
    street.ana.note("ana " + name(i), "text");
    street.dan.note("dan " + name(i), "text");
    street.ana.clock.advance(1'000);
    street.dan.clock.advance(1'000);
  }
  street.ana.seal();
  street.dan.seal();
  EXPECT_NE(street.ana.digest(), street.dan.digest());
  exchange(street.ana, street.dan);
  EXPECT_EQ(street.ana.digest(), street.dan.digest());
  EXPECT_EQ(street.ana.state_hash(), street.dan.state_hash());
  EXPECT_EQ(street.ana.notes(), 300);
  street.dan.reopen();
  EXPECT_EQ(street.ana.digest(), street.dan.digest());
  EXPECT_EQ(must(street.dan.log->counters()).entries, must(street.ana.log->counters()).entries);
}

TEST(Exchange, takes_one_verification_for_each_log_and_window_and_its_checkpoints) {
  Street street;
  for (int i = 0; i < 60; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  const auto before = must(street.dan.log->counters()).verifications;
  send_all(street.ana, street.dan, 1'000);
  EXPECT_EQ(street.dan.notes(), 60);
  EXPECT_EQ(must(street.dan.log->counters()).verifications - before, 1u);
}

TEST(Exchange, repetition_changes_nothing) {
  Street street;
  for (int i = 0; i < 20; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  send_all(street.ana, street.dan);
  const std::string state = street.dan.state_hash();
  const FrontierItem item = *street.ana.held(street.ana.device());
  Wire wire(street.ana, street.dan);
  const Accepted again = wire.send({{item.device, item.low, item.high}}, true, 7);
  EXPECT_EQ(again.fresh, 0u);
  EXPECT_EQ(again.known, 21u);
  EXPECT_FALSE(again.gap);
  EXPECT_EQ(street.dan.state_hash(), state);
}

TEST(Exchange, authority_alone_makes_no_interval) {
  Street street;
  EXPECT_FALSE(street.dan.held(street.ana.device()).has_value());
  EXPECT_FALSE(street.ana.held(street.ana.device()).has_value());
  EXPECT_EQ(street.ana.digest(), street.dan.digest());
  street.ana.note("a", "text");
  street.ana.seal();
  send_all(street.ana, street.dan);
  ASSERT_TRUE(street.dan.held(street.ana.device()).has_value());
  EXPECT_EQ(street.dan.held(street.ana.device()), street.ana.held(street.ana.device()));
  EXPECT_EQ(street.dan.held(street.ana.device())->low, Seq(0));
}

TEST(Exchange, authority_that_touches_the_interval_joins_it_and_other_authority_waits_beside) {
  Street street;
  street.ana.note("a", "text");
  street.ana.seal();
  send_all(street.ana, street.dan);
  must(street.ana.log->append_authority(Kind::kHost, as_bytes("one")));
  Wire(street.ana, street.dan).authority();
  EXPECT_EQ(street.dan.held(street.ana.device())->high, Seq(2));
  street.ana.note("b", "text");
  must(street.ana.log->append_authority(Kind::kHost, as_bytes("two")));
  Wire(street.ana, street.dan).authority();
  EXPECT_EQ(street.dan.held(street.ana.device())->high, Seq(2));
  street.dan.reopen();
  send_all(street.ana, street.dan);
  EXPECT_EQ(street.dan.held(street.ana.device())->high, Seq(4));
  EXPECT_EQ(street.ana.digest(), street.dan.digest());
}

TEST(Exchange, newest_first_grows_downwards_and_every_step_can_be_passed_on) {
  Street street;
  for (int i = 0; i < 100; ++i) {
    street.ana.note(name(i), "text");
    street.ana.clock.advance(1'000);
  }
  street.ana.seal();
  House mira(3);
  mira.join();
  Wire(street.ana, mira).authority();
  Wire to_dan(street.ana, street.dan);
  std::vector<Range> ranges = must(street.ana.log->missing_at(must(street.dan.log->frontier()))).backfill;
  ASSERT_EQ(ranges.size(), 1u);
  // One window after the other; after each, Mira takes from Dan what he has.
  RecordEncoder encoder(make_genesis().space());
  RecordDecoder decoder(make_genesis().space());
  Seq low(1'000);
  while (!ranges.empty()) {
    const Log::Window window = must(street.ana.log->next_window(ranges, true, encoder, 9, 1 << 20));
    const Accepted accepted = must(street.dan.log->accept(decoder, window.records));
    EXPECT_FALSE(accepted.gap);
    const FrontierItem item = *street.dan.held(street.ana.device());
    EXPECT_EQ(item.high, Seq(100));
    EXPECT_LT(item.low, low);
    low = item.low;
    EXPECT_FALSE(send_all(street.dan, mira, 5).gap);
    EXPECT_EQ(mira.held(street.ana.device()), street.dan.held(street.ana.device()));
  }
  EXPECT_EQ(low, Seq(0));
  EXPECT_EQ(mira.state_hash(), street.ana.state_hash());
}

TEST(Exchange, a_run_that_does_not_touch_is_a_gap_and_leaves_nothing) {
  Street street;
  for (int i = 0; i < 40; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  const DeviceId ana = street.ana.device();
  EXPECT_FALSE(Wire(street.ana, street.dan).send({{ana, Seq(20), Seq(40)}}, true).gap);
  EXPECT_EQ(street.dan.held(ana)->low, Seq(20));
  EXPECT_TRUE(Wire(street.ana, street.dan).send({{ana, Seq(1), Seq(10)}}, true).gap);
  EXPECT_EQ(street.dan.held(ana)->low, Seq(20));
  EXPECT_EQ(street.dan.notes(), 21);
  EXPECT_FALSE(Wire(street.ana, street.dan).send({{ana, Seq(0), Seq(19)}}, true).gap);
  EXPECT_EQ(street.dan.held(ana), street.ana.held(ana));
  EXPECT_EQ(street.dan.state_hash(), street.ana.state_hash());
}

TEST(Exchange, a_run_over_both_ends_of_what_is_here_joins_it_at_both) {
  Street street;
  for (int i = 0; i < 40; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  const DeviceId ana = street.ana.device();
  Wire(street.ana, street.dan).send({{ana, Seq(20), Seq(40)}}, true);
  for (int i = 40; i < 60; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  const Accepted accepted = Wire(street.ana, street.dan).send({{ana, Seq(0), Seq(60)}}, true, 1'000);
  EXPECT_EQ(accepted.known, 22u);
  EXPECT_EQ(accepted.fresh, 39u);
  EXPECT_EQ(street.dan.held(ana), street.ana.held(ana));
  EXPECT_EQ(street.dan.state_hash(), street.ana.state_hash());
}

TEST(Exchange, ascending_runs_end_where_a_signature_is_kept) {
  Street street;
  House mira(3);
  mira.join();
  exchange(street.ana, mira);
  street.ana.note("first", "text");
  street.ana.seal();
  send_all(street.ana, street.dan);
  send_all(street.ana, mira);
  for (int i = 0; i < 300; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  EXPECT_FALSE(send_all(street.ana, street.dan, 10).gap);
  EXPECT_EQ(street.dan.held(street.ana.device()), street.ana.held(street.ana.device()));
  // Dan has only what travelled, and can pass all of it on in the same way.
  EXPECT_FALSE(send_all(street.dan, mira, 10).gap);
  EXPECT_EQ(mira.state_hash(), street.ana.state_hash());
}

TEST(Exchange, windows_keep_their_bounds_around_large_payloads) {
  Street street;
  street.ana.note("first", "text");
  street.ana.seal();
  send_all(street.ana, street.dan);
  std::string noise(100'000, ' ');
  for (char& c : noise) c = static_cast<char>('a' + street.ana.random.u64() % 26);
  for (int i = 0; i < 30; ++i) {
    street.ana.note(name(i), i % 5 == 2 ? noise : "text");
    street.ana.seal();
  }
  const Log::Missing missing = must(street.ana.log->missing_at(must(street.dan.log->frontier())));
  std::vector<Range> ranges = missing.ahead;
  RecordEncoder encoder(make_genesis().space());
  RecordDecoder decoder(make_genesis().space());
  int windows = 0;
  while (!ranges.empty()) {
    const Log::Window window = must(street.ana.log->next_window(ranges, false, encoder, 1'000, 150'000));
    EXPECT_LE(window.records.size(), 150'000u);
    must(street.dan.log->accept(decoder, window.records));
    ++windows;
  }
  EXPECT_GE(windows, 3);
  EXPECT_EQ(street.dan.state_hash(), street.ana.state_hash());
}

TEST(Exchange, any_changed_byte_of_a_window_is_refused_or_changes_nothing) {
  Street street;
  for (int i = 0; i < 3; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  std::vector<Range> ranges = {{street.ana.device(), Seq(1), Seq(3)}};
  RecordEncoder encoder(make_genesis().space());
  const Bytes window = must(street.ana.log->next_window(ranges, true, encoder, 100, 1 << 20)).records;
  const Hash before = street.dan.digest();
  const std::string state = street.dan.state_hash();
  for (std::size_t i = 0; i < window.size(); i += 1 + i % 3) {
    Bytes changed = window;
    changed[i] ^= static_cast<std::uint8_t>(1 << i % 8);
    RecordDecoder decoder(make_genesis().space());
    const auto accepted = street.dan.log->accept(decoder, changed);
    ASSERT_TRUE(!accepted.ok() || accepted->fresh == 0) << "byte " << i;
  }
  for (std::size_t cut = 1; cut < window.size(); cut += 5) {
    RecordDecoder decoder(make_genesis().space());
    const auto accepted = street.dan.log->accept(decoder, ByteView(window).first(cut));
    EXPECT_TRUE(!accepted.ok() || accepted->fresh == 0) << "cut at " << cut;
  }
  EXPECT_EQ(street.dan.digest(), before);
  EXPECT_EQ(street.dan.state_hash(), state);
  RecordDecoder decoder(make_genesis().space());
  EXPECT_EQ(must(street.dan.log->accept(decoder, window)).fresh, 3u);
}

TEST(Exchange, an_entry_twice_in_one_window_is_stored_once) {
  Street street;
  street.ana.note("a", "text");
  street.ana.seal();
  std::vector<Range> once = {{street.ana.device(), Seq(1), Seq(1)}};
  std::vector<Range> again = once;
  RecordEncoder encoder(make_genesis().space());
  Bytes window = must(street.ana.log->next_window(once, true, encoder, 100, 1 << 20)).records;
  append(window, must(street.ana.log->next_window(again, true, encoder, 100, 1 << 20)).records);
  RecordDecoder decoder(make_genesis().space());
  EXPECT_EQ(must(street.dan.log->accept(decoder, window)).fresh, 1u);
  EXPECT_EQ(street.dan.notes(), 1);
}

TEST(Exchange, content_of_a_stranger_is_refused) {
  Street street;
  street.ana.note("a", "text");
  street.ana.seal();
  street.dan.governor->strangers.insert(street.ana.device());
  std::vector<Range> ranges = {{street.ana.device(), Seq(1), Seq(1)}};
  RecordEncoder encoder(make_genesis().space());
  const Bytes window = must(street.ana.log->next_window(ranges, true, encoder, 100, 1 << 20)).records;
  RecordDecoder decoder(make_genesis().space());
  const auto refused = street.dan.log->accept(decoder, window);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotMember);
  EXPECT_EQ(street.dan.notes(), 0);
}

TEST(Exchange, content_that_cites_authority_that_is_not_here_waits) {
  Street street;
  House mira(3);
  mira.join();
  exchange(street.ana, mira);
  street.ana.note("a", "text");
  street.ana.seal();
  const Accepted early = Wire(street.ana, street.dan).send({{street.ana.device(), Seq(1), Seq(1)}}, true);
  EXPECT_TRUE(early.gap);
  EXPECT_EQ(early.fresh, 0u);
  EXPECT_FALSE(send_all(street.ana, street.dan).gap);
  EXPECT_EQ(street.dan.notes(), 1);
}

TEST(Exchange, since_a_cursor_gives_what_is_new_whichever_way_it_came) {
  holds("since converges", [] {
    House ana(1), dan(2), mira(3);
    ana.join();
    dan.join();
    mira.join();
    for (int i = 0; i < 2; ++i) {
      exchange(ana, dan);
      exchange(dan, mira);
    }
    send_all(dan, mira);
    Pos cursor = must(dan.log->since(Pos(0))).upto;
    const auto rounds = *rc::gen::inRange(1, 5);
    for (int round = 0; round < rounds; ++round) {
      const auto count = *rc::gen::inRange(0, 12);
      for (int i = 0; i < count; ++i) {
        ana.note("ana " + std::to_string(round) + name(i), "text");
        if (*rc::gen::inRange(0, 6) == 0) must(ana.log->append_authority(Kind::kHost, as_bytes("host")));
        if (*rc::gen::arbitrary<bool>()) dan.note("dan " + std::to_string(round) + name(i), "text");
      }
      ana.seal();
      dan.seal();
      Wire wire(ana, dan);
      wire.authority();
      const Log::Missing missing = must(ana.log->missing_at(must(dan.log->frontier())));
      wire.send(missing.ahead, false, 4);
      wire.send(missing.backfill, true, 4, 1 << 20, *rc::gen::inRange(0, 4));
      Wire on(dan, mira);
      on.authority();
      const Log::Missing fresh = must(dan.log->since(cursor));
      cursor = fresh.upto;
      RC_ASSERT(!on.send(fresh.ahead, false, 4).gap);
      RC_ASSERT(!on.send(fresh.backfill, true, 4).gap);
      RC_ASSERT(mira.digest() == dan.digest());
    }
  });
}

TEST(Exchange, any_meetings_in_any_order_end_in_one_state) {
  holds("converges", [] {
    std::vector<std::unique_ptr<House>> houses;
    for (std::uint8_t i = 1; i <= 4; ++i) {
      houses.push_back(std::make_unique<House>(i));
      houses.back()->join();
    }
    const auto steps = *rc::gen::inRange(5, 40);
    int next = 0;
    for (int step = 0; step < steps; ++step) {
      House& house = *houses[*rc::gen::inRange<std::size_t>(0, houses.size())];
      House& other = *houses[*rc::gen::inRange<std::size_t>(0, houses.size())];
      house.clock.advance(*rc::gen::inRange<std::uint64_t>(0, 3'000));
      switch (*rc::gen::inRange(0, 5)) {
        case 0: house.note(name(next++), "text"); break;
        case 1: house.change(name(*rc::gen::inRange(0, next + 1)), "changed " + std::to_string(step)); break;
        case 2:
          must(house.log->seal_tail(true));
          if (*rc::gen::inRange(0, 4) == 0) must(house.log->append_authority(Kind::kHost, as_bytes("host")));
          break;
        default: {
          if (&house == &other) break;
          Wire wire(house, other);
          wire.authority();
          const Log::Missing missing = must(house.log->missing_at(must(other.log->frontier())));
          wire.send(missing.ahead, false, *rc::gen::inRange(1, 20), 1 << 20, *rc::gen::inRange(0, 6));
          wire.send(missing.backfill, true, *rc::gen::inRange(1, 20), 1 << 20, *rc::gen::inRange(0, 6));
        }
      }
    }
    for (auto& house : houses) house->seal();
    for (int round = 0; round < 2; ++round) {
      for (auto& a : houses) {
        for (auto& b : houses) {
          if (a != b) RC_ASSERT(!send_all(*a, *b).gap);
        }
      }
    }
    for (auto& house : houses) {
      RC_ASSERT(house->digest() == houses[0]->digest());
      RC_ASSERT(house->state_hash() == houses[0]->state_hash());
    }
  });
}

// ---- what does not count, or not yet

TEST(Judging, locked_entries_open_when_their_key_comes) {
  Street street;
  street.dan.governor->has_secret = false;
  for (int i = 0; i < 5; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  EXPECT_EQ(send_all(street.ana, street.dan).locked, 5u);
  EXPECT_EQ(street.dan.notes(), 0);
  EXPECT_EQ(must(street.dan.log->counters()).locked, 5u);
  EXPECT_EQ(street.ana.digest(), street.dan.digest());
  street.dan.governor->has_secret = true;
  must(street.dan.log->open_locked());
  EXPECT_EQ(street.dan.notes(), 5);
  EXPECT_EQ(must(street.dan.log->counters()).locked, 0u);
  EXPECT_EQ(street.ana.state_hash(), street.dan.state_hash());
}

TEST(Judging, entries_ahead_of_the_clock_are_kept_and_relayed_and_applied_when_due) {
  Street street;
  street.ana.clock.advance(3'600'000);
  street.ana.note("from the future", "text");
  street.ana.seal();
  EXPECT_EQ(send_all(street.ana, street.dan).held, 1u);
  EXPECT_EQ(street.dan.notes(), 0);
  EXPECT_EQ(street.ana.digest(), street.dan.digest());
  must(street.dan.log->apply_due());
  EXPECT_EQ(street.dan.notes(), 0);
  street.dan.clock.advance(3'000'000);
  must(street.dan.log->apply_due());
  EXPECT_EQ(street.dan.notes(), 1);
  EXPECT_EQ(must(street.dan.log->counters()).held, 0u);
  EXPECT_EQ(street.ana.state_hash(), street.dan.state_hash());
}

TEST(Judging, no_device_makes_others_keep_more_than_a_bound_from_the_future) {
  Street street;
  street.ana.clock.advance(3'600'000);
  for (std::uint32_t i = 0; i < Log::kHeldPerDeviceMax + 100; ++i) street.ana.note(name(static_cast<int>(i)), "text");
  street.ana.seal();
  const Accepted accepted = send_all(street.ana, street.dan, 1'000);
  EXPECT_LE(accepted.held, Log::kHeldPerDeviceMax);
  EXPECT_GE(accepted.held, Log::kHeldPerDeviceMax - Log::kCheckpoint);
  street.dan.clock.advance(3'600'000);
  must(street.dan.log->apply_due());
  send_all(street.ana, street.dan, 1'000);
  EXPECT_EQ(street.ana.state_hash(), street.dan.state_hash());
}

TEST(Judging, what_does_not_count_is_kept_and_counts_when_the_verdict_changes) {
  Street street;
  const DeviceId ana = street.ana.device();
  for (int i = 0; i < 6; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  street.dan.governor->cut_at[ana] = Seq(4);
  send_all(street.ana, street.dan);
  EXPECT_EQ(street.dan.notes(), 3);
  EXPECT_EQ(street.ana.digest(), street.dan.digest());
  street.dan.governor->cut_at.clear();
  must(street.dan.log->rejudge(std::span(&ana, 1)));
  EXPECT_EQ(street.dan.notes(), 6);
  EXPECT_EQ(street.ana.state_hash(), street.dan.state_hash());
  const std::string all = street.dan.state_hash();
  street.dan.governor->cut_at[ana] = Seq(2);
  must(street.dan.log->rejudge(std::span(&ana, 1)));
  EXPECT_EQ(street.dan.notes(), 1);
  must(street.dan.log->rejudge(std::span(&ana, 1)));
  EXPECT_EQ(street.dan.notes(), 1);
  street.dan.governor->cut_at.clear();
  must(street.dan.log->rejudge(std::span(&ana, 1)));
  EXPECT_EQ(street.dan.state_hash(), all);
}

TEST(Judging, a_group_is_applied_whole_when_its_last_part_is_here) {
  Street street;
  std::string noise(700'000, ' ');
  for (char& c : noise) c = static_cast<char>('a' + street.ana.random.u64() % 26);
  street.ana.note("before", "text");
  must(street.ana.store->begin("note written"));
  for (int i = 0; i < 4; ++i) {
    const Value parameters[] = {name(i), noise};
    must(street.ana.store->exec("INSERT INTO notes(id, body) VALUES (?, ?)", parameters));
  }
  const store::Committed committed = must(street.ana.store->commit());
  ASSERT_GE(committed.parts, 3u);
  street.ana.note("after", "text");
  street.ana.seal();
  const DeviceId ana = street.ana.device();
  const Seq first(2);
  const Seq last(first.value + committed.parts - 1);
  {
    // From above: the last part alone, with the entry behind it.
    House mira(3);
    mira.join();
    Wire(street.ana, mira).authority();
    Wire(street.ana, mira).send({{ana, last, Seq(last.value + 1)}}, true, 2, 4 << 20);
    EXPECT_EQ(mira.notes(), 1);
    Wire(street.ana, mira).send({{ana, first, Seq(last.value - 1)}}, true, 1, 4 << 20);
    EXPECT_EQ(mira.notes(), 1) << "whether it begins here, the entry before it says";
    Wire(street.ana, mira).send({{ana, Seq(0), Seq(1)}}, true);
    EXPECT_EQ(mira.state_hash(), street.ana.state_hash());
  }
  // From below, part by part.
  Wire(street.ana, street.dan).send({{ana, Seq(0), Seq(1)}}, true);
  for (Seq seq = first; seq < last; seq = Seq(seq.value + 1)) {
    Wire(street.ana, street.dan).send({{ana, seq, seq}}, false, 1, 4 << 20);
    EXPECT_EQ(street.dan.notes(), 1);
  }
  Wire(street.ana, street.dan).send({{ana, last, Seq(last.value + 1)}}, false, 2, 4 << 20);
  EXPECT_EQ(street.dan.notes(), 6);
  EXPECT_EQ(street.dan.state_hash(), street.ana.state_hash());
}

// ---- evidence and doubled logs

TEST(EvidenceOfALog, reaches_every_entry_here_and_where_it_was_passed_on) {
  Street street;
  for (int i = 0; i < 150; ++i) street.ana.note(name(i), "text");
  street.ana.seal();
  send_all(street.ana, street.dan, 20);
  const DeviceId ana = street.ana.device();
  for (House* house : {&street.ana, &street.dan}) {
    for (std::uint64_t seq = 0; seq <= 150; ++seq) {
      const Bytes evidence = must(house->log->evidence_for(ana, Seq(seq)));
      EXPECT_LE(evidence[0], kEvidenceHeadersMax);
    }
  }
  const Rows kept = must(street.dan.store->db().query("SELECT count(*) FROM kith_evidence WHERE keep = 0"));
  EXPECT_LE(std::get<std::int64_t>(kept.rows[0][0]), 1) << "of the newest ones, one remains";
}

/// Two devices with one key: what a copied disk makes.
struct Doubled {
  House dan{2};
  House copy{2};
  House ana{1};
  Doubled() {
    ana.join();
    dan.join();
    exchange(ana, dan);
    dan.note("common", "text");
    dan.seal();
    // The copy holds the same log up to here.
    must(copy.log->set_own(nullptr));
    copy.receive_genesis();
    must(copy.log->set_own(nullptr));
    send_all(dan, copy);
    must(copy.log->set_own(&copy.key));
    dan.clock.advance(1'000);
    copy.clock.advance(2'000);
    for (int i = 0; i < 3; ++i) dan.note("dan " + name(i), "text");
    for (int i = 0; i < 5; ++i) copy.note("copy " + name(i), "text");
    dan.seal();
    copy.seal();
  }
  DeviceId device() const { return dan.device(); }
};

TEST(DoubledLog, is_proved_frozen_at_the_common_prefix_and_retracted_beyond) {
  Doubled doubled;
  House& ana = doubled.ana;
  send_all(doubled.dan, ana);
  EXPECT_EQ(ana.notes(), 4);
  send_all(doubled.copy, ana);
  ASSERT_EQ(ana.governor->doubled.size(), 1u);
  const auto& found = ana.governor->doubled[0];
  EXPECT_EQ(found.device, doubled.device());
  EXPECT_EQ(found.seq, Seq(2));
  const auto checked = Log::check_doubling(found.proof, make_genesis().space());
  ASSERT_TRUE(checked.ok()) << checked.error().message();
  EXPECT_EQ(checked->first, doubled.device());
  EXPECT_EQ(checked->second, Seq(2));
  EXPECT_EQ(ana.notes(), 1) << "only what both branches share counts";
  EXPECT_EQ(ana.held(doubled.device())->high, Seq(1));
  EXPECT_EQ(must(ana.log->counters()).doubled, 1u);
  ana.reopen();
  EXPECT_EQ(ana.held(doubled.device())->high, Seq(1));
  EXPECT_FALSE(send_all(doubled.copy, ana).gap);
  EXPECT_EQ(ana.notes(), 1);
}

/// What a space does with a proof.
void publish(House& house) {
  Bytes payload;
  codec::CborWriter(payload).bytes(house.governor->doubled.at(0).proof);
  must(house.log->append_authority(Kind::kDoubling, payload));
}

TEST(DoubledLog, ends_the_same_whichever_branch_came_first) {
  Doubled doubled;
  House mira(3);
  mira.join();
  exchange(doubled.ana, mira);
  send_all(doubled.dan, doubled.ana);
  send_all(doubled.copy, mira);
  exchange(doubled.ana, mira);
  ASSERT_EQ(doubled.ana.governor->doubled.size(), 1u) << "Mira's branch is the longer one";
  publish(doubled.ana);
  exchange(doubled.ana, mira);
  EXPECT_EQ(doubled.ana.digest(), mira.digest());
  EXPECT_EQ(doubled.ana.state_hash(), mira.state_hash());
  EXPECT_EQ(mira.notes(), 1);
}

TEST(DoubledLog, a_proof_in_an_authority_entry_freezes_it_everywhere) {
  Doubled doubled;
  House& ana = doubled.ana;
  House mira(3);
  mira.join();
  exchange(ana, mira);
  send_all(doubled.dan, ana);
  send_all(doubled.dan, mira);
  EXPECT_EQ(mira.notes(), 4);
  send_all(doubled.copy, ana);
  publish(ana);
  send_all(ana, mira);
  EXPECT_EQ(mira.notes(), 1);
  EXPECT_EQ(ana.digest(), mira.digest());
  EXPECT_EQ(ana.state_hash(), mira.state_hash());
}

TEST(DoubledLog, a_device_that_meets_entries_of_its_own_that_it_never_wrote_stops_writing) {
  House dan(2);
  House older(2);
  dan.join();
  dan.note("common", "text");
  dan.seal();
  must(older.log->set_own(nullptr));
  older.receive_genesis();
  must(older.log->set_own(nullptr));
  send_all(dan, older);
  must(older.log->set_own(&older.key));
  dan.note("after the copy was made", "text");
  dan.seal();
  older.note("written on an old copy", "text");
  send_all(dan, older);
  EXPECT_EQ(older.log->own_next(), Seq(2));
  const auto sealed = older.log->seal_tail(true);
  ASSERT_FALSE(sealed.ok());
  EXPECT_EQ(sealed.error().code(), ErrorCode::kDoubledLog);
  EXPECT_TRUE(older.log->has_tail()) << "nothing is lost";
}

// ---- power cuts

TEST(Crash, what_was_read_for_others_is_on_the_medium) {
  Street street;
  House& ana = street.ana;
  for (int i = 0; i < 10; ++i) ana.note(name(i), "text");
  ana.seal();
  send_all(ana, street.dan);
  ana.crash();
  EXPECT_EQ(ana.log->own_next(), Seq(11));
  EXPECT_EQ(ana.digest(), street.dan.digest());
  EXPECT_EQ(ana.state_hash(), street.dan.state_hash());
}

TEST(Crash, sending_what_is_not_flushed_doubles_a_log) {
  Street street;
  House& ana = street.ana;
  must(ana.store->db().flush());
  ana.disk.set_sync_lies(true);
  ana.note("first", "text");
  ana.seal();
  send_all(ana, street.dan);
  ana.crash();
  ana.disk.set_sync_lies(false);
  EXPECT_EQ(ana.log->own_next(), Seq(1));
  ana.note("another", "text");
  ana.seal();
  send_all(ana, street.dan);
  EXPECT_EQ(street.dan.governor->doubled.size(), 1u) << "else the next test tests nothing";
}

TEST(Crash, no_number_is_ever_used_for_two_contents_that_others_could_see) {
  holds("persist before send", [] {
    Street street;
    House& ana = street.ana;
    House& dan = street.dan;
    const auto steps = *rc::gen::inRange(3, 25);
    for (int step = 0; step < steps; ++step) {
      switch (*rc::gen::inRange(0, 5)) {
        case 0: ana.note("step " + std::to_string(step), "text"); break;
        case 1: ana.seal(); break;
        case 2: must(ana.log->append_authority(Kind::kHost, as_bytes("host"))); break;
        case 3: RC_ASSERT(!send_all(ana, dan).gap); break;
        default: ana.crash();
      }
    }
    ana.seal();
    RC_ASSERT(!send_all(ana, dan).gap);
    RC_ASSERT(dan.governor->doubled.empty());
    RC_ASSERT(ana.digest() == dan.digest());
    RC_ASSERT(ana.state_hash() == dan.state_hash());
  });
}

TEST(Crash, a_transaction_that_fails_leaves_memory_and_file_as_they_were) {
  Street street;
  for (int i = 0; i < 30; ++i) street.ana.note(name(i), std::string(2'000, 'x'));
  street.ana.seal();
  const Hash before = street.dan.digest();
  std::vector<Range> ranges = must(street.ana.log->missing_at(must(street.dan.log->frontier()))).backfill;
  RecordEncoder encoder(make_genesis().space());
  const Bytes window = must(street.ana.log->next_window(ranges, true, encoder, 100, 1 << 20)).records;
  street.dan.disk.fill_up(true);
  RecordDecoder decoder(make_genesis().space());
  const auto refused = street.dan.log->accept(decoder, window);
  street.dan.disk.fill_up(false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kDiskFull) << refused.error().message();
  EXPECT_EQ(street.dan.digest(), before);
  EXPECT_EQ(street.dan.notes(), 0);
  EXPECT_FALSE(send_all(street.ana, street.dan).gap);
  EXPECT_EQ(street.dan.state_hash(), street.ana.state_hash());
}

// ---- erasure

TEST(Erasure, that_fails_erases_nothing) {
  Street street;
  street.ana.note("secret", std::string(2'000, 'x'));
  street.ana.seal();
  send_all(street.ana, street.dan);
  const std::string before = street.dan.state_hash();
  const EntryId id = *must(street.dan.log->id_at(street.ana.device(), Seq(1)));
  street.dan.disk.fill_up(true);
  EXPECT_FALSE(street.dan.log->erase(std::span(&id, 1)).ok());
  street.dan.disk.fill_up(false);
  EXPECT_EQ(street.dan.state_hash(), before);
  must(street.dan.store->rebuild());
  EXPECT_EQ(street.dan.state_hash(), before);
}

TEST(Erasure, is_on_the_disk_before_it_is_said_to_be_done) {
  Street street;
  street.dan.note("secret", "the text that must go");
  street.dan.seal();
  const EntryId id = *must(street.dan.log->id_at(street.dan.device(), Seq(1)));
  must(street.dan.log->erase(std::span(&id, 1)));
  street.dan.crash();
  EXPECT_EQ(street.dan.body_of("secret"), "(erased)");
}

TEST(Erasure, drops_values_keeps_the_log_and_travels_on) {
  Street street;
  street.ana.note("secret", "the text that must go");
  street.ana.note("other", "stays");
  street.ana.seal();
  send_all(street.ana, street.dan);
  const EntryId id = *must(street.dan.log->id_at(street.ana.device(), Seq(1)));
  must(street.dan.log->erase(std::span(&id, 1)));
  EXPECT_EQ(street.dan.body_of("secret"), "(erased)");
  EXPECT_EQ(street.dan.body_of("other"), "stays");
  EXPECT_EQ(street.ana.digest(), street.dan.digest());
  must(street.dan.store->rebuild());
  EXPECT_EQ(street.dan.body_of("secret"), "(erased)");
  House mira(3);
  mira.join();
  EXPECT_FALSE(send_all(street.dan, mira).gap);
  EXPECT_EQ(mira.body_of("secret"), "(erased)");
  EXPECT_EQ(mira.body_of("other"), "stays");
  EXPECT_EQ(mira.state_hash(), street.dan.state_hash());
  const auto place = [&](House& house) {
    const Value wanted[] = {to_bytes(id.view())};
    return Pos(std::get<std::int64_t>(
        must(house.store->db().query("SELECT pos FROM kith_journal WHERE id = ?", wanted)).rows[0][0]));
  };
  const Pos at_ana = place(street.ana);
  const Pos at_dan = place(street.dan);
  EXPECT_EQ(must(street.ana.store->state_hash(std::span(&at_ana, 1))),
            must(street.dan.store->state_hash(std::span(&at_dan, 1))));
}

}  // namespace
}  // namespace kith::log

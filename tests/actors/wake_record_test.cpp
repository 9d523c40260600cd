#include "actors/host/wake_record.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/actors/snapshot.h"

using namespace actors;
using namespace std::chrono_literals;
using reactor::Instant;

namespace {

const HostPlan kPlan{.name = {"s1"}, .wake_ways = {"wol", "ipmi"}};

WakeRecord with_wakes(int good, int bad, Duration took) {
  WakeRecord out;
  for (int i = 0; i < good; ++i)
    out.woke(Instant{1h}, kPlan, 0, took, took, true);
  for (int i = 0; i < bad; ++i)
    out.failed(kPlan, 1);
  return out;
}

}  // namespace

TEST_CASE("wake record: proven by a wake, for proof_max_age") {
  const PowerSettings settings;
  WakeRecord record;
  CHECK_FALSE(record.proven(Instant{1h}, settings));
  record.failed(kPlan, 1);
  CHECK_FALSE(record.proven(Instant{1h}, settings));
  record.woke(Instant{1h}, kPlan, 0, 5s, 5s, false);  // booted anew
  CHECK_FALSE(record.proven(Instant{1h}, settings));
  record.woke(Instant{1h}, kPlan, 0, 5s, 5s, true);
  CHECK(record.proven(Instant{1h} + settings.proof_max_age - 1ms, settings));
  CHECK_FALSE(record.proven(Instant{1h} + settings.proof_max_age, settings));
}

TEST_CASE(
    "wake record: each way by itself: those before the one that woke had their turns in vain") {
  WakeRecord record;
  record.woke(Instant{1h}, kPlan, 1, 65s, 5s, true);
  REQUIRE(record.ways().size() == 2);
  CHECK(record.ways()[0].name == "wol");
  CHECK(record.ways()[0].tried == 1);
  CHECK(record.ways()[0].woke == 0);
  CHECK_FALSE(record.ways()[0].took.percentile(50));
  CHECK(record.ways()[1].woke == 1);
  CHECK(record.ways()[1].took.percentile(50) == 5s);
  CHECK(record.percentile(50) == 65s);
}

TEST_CASE("wake record: percentiles by nearest rank, of the last 32") {
  RecentTimes times;
  CHECK_FALSE(times.percentile(95));
  for (int i = 1; i <= 100; ++i)
    times.add(Duration{i});
  CHECK(times.percentile(50) == 84ms);  // of 69..100
  CHECK(times.percentile(95) == 99ms);
  CHECK(times.percentile(100) == 100ms);
}

TEST_CASE("wake record: grade: what fails is last; chance in the times changes nothing") {
  CHECK(WakeRecord{}.grade() == with_wakes(5, 0, 4s).grade());
  CHECK(with_wakes(5, 0, 4s).grade() == with_wakes(5, 0, 14s).grade());
  CHECK(with_wakes(5, 0, 14s).grade() < with_wakes(5, 0, 16s).grade());
  CHECK(with_wakes(5, 0, 10min).grade() < with_wakes(8, 1, 4s).grade());
  CHECK(with_wakes(9, 1, 4s).grade() == 0);
  CHECK(with_wakes(9, 1, 4s).reliability_pct() == 90);
}

TEST_CASE("wake record: kept and read by a controller on another clock: as old as it is") {
  WakeRecord record = with_wakes(3, 1, 4s);
  record.slept();
  const auto again = WakeRecord::read(record.kept(1'000h), 998h);
  REQUIRE(again);
  CHECK(again->woke_at() == Instant{3h});
  CHECK(again->woken() == 3);
  CHECK(again->sleeps() == 1);
  CHECK_FALSE(WakeRecord::read("{}", 0h));
  CHECK_FALSE(WakeRecord::read("not JSON", 0h));
}

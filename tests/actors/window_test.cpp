#include "actors/host/window.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/actors/dice.h"
#include "tests/actors/snapshot.h"

using namespace actors;
using namespace std::chrono_literals;
using reactor::Duration;

namespace {

constexpr Duration kSpan = 10s;

std::optional<Mcores> average(const Window& window) {
  return window.average(kSpan, 80);
}

}  // namespace

TEST_CASE("window: empty: no average") {
  CHECK_FALSE(average(Window{}));
  CHECK_FALSE(Window{}.average(kSpan, 0));
}

TEST_CASE("window: less than 80 % covered: no average; from 80 % on: one") {
  Window window;
  for (int second = 1; second <= 7; ++second)
    window.add(second * 1s, 1s, {500}, kSpan);
  CHECK_FALSE(average(window));
  window.add(8s, 1s, {500}, kSpan);
  CHECK(average(window) == Mcores{500});
}

TEST_CASE("window: weighted by what each sample spans, not by how many there are") {
  Window window;
  window.add(8s, 8s, {1'000}, kSpan);
  window.add(9s, 1s, {0}, kSpan);
  window.add(10s, 1s, {0}, kSpan);
  CHECK(average(window) == Mcores{800});
}

TEST_CASE("window: samples that end ten seconds ago or earlier count no more") {
  Window window;
  for (int second = 1; second <= 10; ++second)
    window.add(second * 1s, 1s, {1'000}, kSpan);
  for (int second = 11; second <= 15; ++second)
    window.add(second * 1s, 1s, {0}, kSpan);
  CHECK(average(window) == Mcores{500});
}

TEST_CASE("window: a gap: not covered until it has passed by") {
  Window window;
  for (int second = 1; second <= 10; ++second)
    window.add(second * 1s, 1s, {900}, kSpan);
  window.add(14s, 1s, {900}, kSpan);
  CHECK_FALSE(average(window));
  for (int second = 15; second <= 20; ++second)
    window.add(second * 1s, 1s, {900}, kSpan);
  CHECK_FALSE(average(window));
  window.add(21s, 1s, {900}, kSpan);
  CHECK(average(window) == Mcores{900});
}

TEST_CASE("window: restarted: as if nothing had been measured") {
  Window window;
  window.add(10s, 10s, {900}, kSpan);
  window.restart();
  CHECK_FALSE(average(window));
  window.add(11s, 8s, {100}, kSpan);
  CHECK(average(window) == Mcores{100});
}

TEST_CASE("window: sums kept as samples come and go are the sums of what it holds") {
  Dice dice{3};
  Window window;
  std::vector<std::pair<Duration, std::pair<Duration, std::int64_t>>> all;
  Duration t{};
  for (int i = 0; i < 2'000; ++i) {
    const Duration dt{1 + dice.roll(3'000)};
    const std::int64_t cpu = dice.roll(64'000);
    t += dt;
    window.add(t, dt, {cpu}, kSpan);
    all.push_back({t, {dt, cpu}});
    std::int64_t covered = 0, sum = 0;
    for (const auto& [end, one] : all) {
      if (end <= t - kSpan) continue;
      covered += one.first.count();
      sum += one.second * one.first.count();
    }
    REQUIRE(window.average(kSpan, 0) == Mcores{sum / covered});
  }
}

TEST_CASE("window: snapshot: goes on as the live one does") {
  Window live;
  for (int second = 1; second <= 30; ++second) {
    Window again = restored(live);
    again.add(second * 1s, 1s, {second * 10}, kSpan);
    live.add(second * 1s, 1s, {second * 10}, kSpan);
    CHECK(average(live) == average(again));
  }
}

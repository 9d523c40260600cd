#include "actors/policy/reserve.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace actors;
using namespace std::chrono_literals;
using reactor::Instant;

TEST_CASE("reserve: a number is that number") {
  CHECK(Reserve{}.wanted(Instant{1h}, 10s, PowerSettings{.reserve = 3}) == 3);
}

TEST_CASE("reserve: auto: as many as were wanted within one wake, in the busiest stretch") {
  const PowerSettings automatic{.reserve = std::nullopt};
  Reserve reserve;
  CHECK(reserve.wanted(Instant{1h}, 10s, automatic) == 0);
  for (const Duration at : {0s, 4s, 9s, 10s, 100s})
    reserve.demanded(Instant{1h} + at, automatic);
  CHECK(reserve.wanted(Instant{1h} + 101s, 10s, automatic) == 3);
  CHECK(reserve.wanted(Instant{1h} + 101s, 5s, automatic) == 2);
  CHECK(reserve.wanted(Instant{2h} + 5s, 10s, automatic) == 2);  // 9 s and 10 s are left
  CHECK(reserve.wanted(Instant{3h}, 10s, automatic) == 0);
}

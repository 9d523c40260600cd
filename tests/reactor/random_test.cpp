// The numbers of a seed are part of what a seed means: where they change, no old seed repeats
// anything.
#include "reactor/random.h"

#include <doctest/doctest.h>

namespace {

using reactor::Duration;
using reactor::Random;

TEST_CASE("random: a seed: these numbers, from every compiler") {
  Random random{1};
  CHECK(random.bits() == 0xb3f2af6d0fc710c5U);
  CHECK(random.bits() == 0x853b559647364ceaU);
  CHECK(random.between(1, 6) == 3);
  CHECK(random.waiting(Duration{1'000}) == Duration{938});
  CHECK(random.branch(7).bits() == 0x1771c9ff203b645U);
}

TEST_CASE("random: between: both ends and all in between, alike") {
  Random random{2};
  std::array<int, 5> times{};
  for (int i = 0; i < 10'000; ++i)
    ++times.at(static_cast<std::size_t>(random.between(-2, 2) + 2));
  for (const int count : times) {
    CHECK(count > 1'850);
    CHECK(count < 2'150);
  }
  CHECK(random.between(3, 3) == 3);
  CHECK(random.between(INT64_MAX, INT64_MAX) == INT64_MAX);
  random.between(INT64_MIN, INT64_MAX);
}

TEST_CASE("random: chance: per mille; none and certain") {
  Random random{3};
  int hits = 0;
  for (int i = 0; i < 100'000; ++i)
    hits += random.chance(25) ? 1 : 0;
  CHECK(hits > 2'350);
  CHECK(hits < 2'650);
  CHECK_FALSE(random.chance(0));
  CHECK(random.chance(1'000));
}

// Of an exponential distribution 1 / e lie beyond the mean, 1 / e^2 beyond twice the mean.
TEST_CASE("random: waiting: exponential") {
  Random random{4};
  constexpr int kDraws = 100'000;
  std::int64_t sum = 0;
  int beyond = 0, beyond_twice = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Duration drawn = random.waiting(Duration{60'000});
    REQUIRE(drawn >= Duration{0});
    sum += drawn.count();
    beyond += drawn > Duration{60'000} ? 1 : 0;
    beyond_twice += drawn > Duration{120'000} ? 1 : 0;
  }
  CHECK(std::abs(sum / kDraws - 60'000) < 600);
  CHECK(std::abs(beyond - 36'788) < 500);
  CHECK(std::abs(beyond_twice - 13'534) < 400);
}

TEST_CASE("random: branch: one that draws more leaves the others alone") {
  const Random root{5};
  Random first = root.branch(1);
  for (int i = 0; i < 10; ++i)
    first.bits();
  CHECK(root.branch(2).bits() == Random{5}.branch(2).bits());
  CHECK(root.branch(1).bits() != root.branch(2).bits());
}

TEST_CASE("random: pick: each of them comes") {
  Random random{6};
  const std::vector<int> from{10, 20, 30};
  std::array<bool, 3> came{};
  for (int i = 0; i < 100; ++i)
    came.at(static_cast<std::size_t>(random.pick(from) / 10 - 1)) = true;
  CHECK(came == std::array{true, true, true});
}

}  // namespace

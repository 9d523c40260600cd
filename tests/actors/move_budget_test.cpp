#include "actors/policy/move_budget.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace actors;
using namespace std::chrono_literals;

namespace {

constexpr reactor::Instant kStart{24h};

Pool allows(std::int64_t moves_per_hour) {
  Pool pool;
  pool.settings.flapping.moves_per_hour = moves_per_hour;
  return pool;
}

}  // namespace

TEST_CASE("move budget: spent: until an hour after the first of the moves that spent it") {
  const Pool pool = allows(2);
  MoveBudget budget;
  budget.begun(kStart, pool.settings.flapping);
  CHECK_FALSE(budget.spent(kStart, pool));
  budget.begun(kStart + 10min, pool.settings.flapping);
  const auto why = budget.spent(kStart + 20min, pool);
  REQUIRE(why);
  CHECK(why->code == ReasonCode::budget_spent);
  CHECK(why->values == std::vector<std::int64_t>{2});
  CHECK(why->clears_at == kStart + 1h);
  CHECK(budget.spent(kStart + 59min, pool));
  CHECK_FALSE(budget.spent(kStart + 60min, pool));
}

TEST_CASE("move budget: no limit: never spent, and nothing is kept for one that comes later") {
  const Pool unlimited = allows(0);
  MoveBudget budget;
  for (int i = 0; i < 10; ++i)
    budget.begun(kStart, unlimited.settings.flapping);
  CHECK_FALSE(budget.spent(kStart, unlimited));
  CHECK_FALSE(budget.spent(kStart, allows(1)));
}

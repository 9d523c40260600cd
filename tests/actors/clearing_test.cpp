#include "actors/migration/clearing.h"

#include <doctest/doctest.h>

using namespace actors;
using enum ClearingStep;
using ports::DomainState;
using Steps = std::vector<ClearingStep>;

namespace {

Clearing marked_one() {
  Clearing clearing;
  clearing.marked(true);
  return clearing;
}

constexpr auto kGone = DomainState::absent;
constexpr auto kLeft = DomainState::paused_postcopy_failed;
constexpr auto kCame = DomainState::running_postcopy_failed;

}  // namespace

TEST_CASE("clearing: nothing is destroyed before it is marked, and that is asked for each time") {
  Clearing clearing;
  for (int look = 0; look < 20; ++look)
    CHECK(clearing.looked(kLeft, kGone) == Steps{mark});
  clearing.marked(false);
  CHECK(clearing.looked(kLeft, kGone) == Steps{mark});
  clearing.marked(true);
  CHECK(clearing.looked(kLeft, kGone) == Steps{destroy_at_source});
}

TEST_CASE("clearing: what is left at either end goes, then it is started; what comes up is let") {
  Clearing clearing = marked_one();
  CHECK(clearing.looked(kLeft, kCame) == Steps{destroy_at_source, destroy_at_target});
  CHECK(clearing.looked(kGone, kCame) == Steps{destroy_at_target});
  CHECK(clearing.looked(kGone, kGone) == Steps{start_at_source});
  CHECK(clearing.looked(DomainState::paused_migrating, kGone).empty());
}

TEST_CASE("clearing: what runs whole is not destroyed") {
  for (const auto whole :
       {DomainState::running, DomainState::running_migrated, DomainState::paused})
    CHECK(marked_one().looked(whole, kCame) == Steps{destroy_at_target});
}

TEST_CASE("clearing: given up after so many tries, of which one that was never ordered is none") {
  Clearing clearing = marked_one();
  for (int look = 0; look < 20; ++look) {
    CHECK(clearing.looked(kLeft, kGone) == Steps{destroy_at_source});
    clearing.not_ordered();
    clearing.not_ordered();  // each part of it says so
  }
  for (std::int64_t tries = 0; tries < Clearing::kTries; ++tries)
    CHECK(clearing.looked(kLeft, kGone) == Steps{destroy_at_source});
  CHECK(clearing.looked(kLeft, kGone) == Steps{give_up});
}

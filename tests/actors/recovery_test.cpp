#include "actors/recovery.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace actors;
using namespace std::chrono_literals;
using enum RecoveryStep;
using ports::DomainState;
using reactor::Instant;

namespace {

constexpr auto kPaused = DomainState::paused_postcopy;
constexpr auto kSourceFailed = DomainState::paused_postcopy_failed;
constexpr auto kRuns = DomainState::running_postcopy;
constexpr auto kTargetFailed = DomainState::running_postcopy_failed;

struct Life {
  Recovery recovery{};
  MigrationSettings settings{
      .resume_tries = 2, .resume_wait = 5s, .resume_limit = 100s, .half_open_after = 20s};
  Instant now{1h};

  RecoveryStep after(Duration time, DomainState source, DomainState target) {
    now += time;
    return recovery.looked(now, settings, source, target);
  }
  void fail() { recovery.failed(now, settings, true); }
};

}  // namespace

TEST_CASE("recovery: both ends have failed: resumed at once") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  CHECK(life.recovery.tries() == 1);
  CHECK(life.after(1s, kPaused, kRuns) == wait);
}

TEST_CASE("recovery: neither end has failed, or one has nothing: nothing is done") {
  Life life;
  for (const DomainState source : {kPaused, DomainState::running, DomainState::absent})
    CHECK(life.after(1h, source, kRuns) == wait);
  CHECK(life.after(1h, kSourceFailed, DomainState::absent) == wait);
  CHECK(life.after(1h, DomainState::absent, kTargetFailed) == wait);
  CHECK_FALSE(life.recovery.at_work());
}

TEST_CASE("recovery: one end has failed: the source is stopped, and the other waited for") {
  for (const auto& [source, target] : {std::pair{kSourceFailed, kRuns}, {kPaused, kTargetFailed}}) {
    Life life;
    CHECK(life.after(0s, source, target) == pause_source);
    CHECK(life.recovery.at_work());
    CHECK(life.after(1s, source, target) == wait);
    CHECK(life.after(1s, kSourceFailed, kTargetFailed) == resume);
  }
}

TEST_CASE("recovery: a target that does not notice is told of once, and stopped again and again") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kRuns) == pause_source);
  CHECK(life.after(19s, kSourceFailed, kRuns) == wait);
  CHECK(life.after(1s, kSourceFailed, kRuns) == tell_half_open);
  CHECK(life.after(20s, kSourceFailed, kRuns) == pause_source);
  CHECK(life.after(3s, kSourceFailed, kTargetFailed) == resume);
}

TEST_CASE("recovery: tries have growing pauses and an end") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  life.fail();
  CHECK(life.after(4s, kSourceFailed, kTargetFailed) == wait);
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == resume);
  life.fail();
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == give_up);
  CHECK(life.after(1h, kSourceFailed, kTargetFailed) == wait);
  CHECK_FALSE(life.recovery.at_work());
}

TEST_CASE("recovery: a try that never reached libvirt does not count") {
  Life life;
  for (int i = 0; i < 10; ++i) {
    CHECK(life.after(5s, kSourceFailed, kTargetFailed) == resume);
    life.recovery.failed(life.now, life.settings, false);
  }
  CHECK(life.recovery.tries() == 0);
}

TEST_CASE("recovery: a resume without an end is stuck (LAB.md C6): nothing more is tried") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  CHECK(life.after(99s, kPaused, kRuns) == wait);
  CHECK(life.after(1s, kPaused, kRuns) == tell_stuck);
  CHECK(life.after(1h, kSourceFailed, kTargetFailed) == wait);
}

TEST_CASE("recovery: with no tries allowed it is the operator's from the first look on") {
  Life life;
  life.settings.resume_tries = 0;
  CHECK(life.after(0s, kSourceFailed, kRuns) == give_up);
}

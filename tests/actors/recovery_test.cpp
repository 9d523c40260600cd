#include "actors/migration/recovery.h"

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
constexpr auto kWaits = DomainState::paused_migrating;
constexpr auto kTargetFailed = DomainState::running_postcopy_failed;

struct Life {
  Recovery recovery{};
  MigrationSettings settings{
      .resume_tries = 2, .resume_wait = 5s, .resume_limit = 100s, .half_open_after = 20s};
  Instant now{1h};

  RecoveryStep after(Duration time, DomainState source, DomainState target, bool job = false) {
    now += time;
    return recovery.looked(now, settings, {source, target, job});
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
    CHECK(life.after(19s, source, kRuns) == wait);
  CHECK(life.after(19s, kSourceFailed, DomainState::absent) == wait);
  CHECK(life.after(19s, DomainState::absent, kTargetFailed) == wait);
  CHECK_FALSE(life.recovery.at_work());
}

TEST_CASE("recovery: two halves, none has failed, and nobody is at work: stopped, then resumed") {
  Life life;
  CHECK(life.after(0s, kPaused, kRuns) == wait);
  CHECK(life.after(19s, kPaused, kRuns) == wait);
  CHECK(life.after(1s, kPaused, kRuns) == pause_source);
  CHECK(life.after(1s, kPaused, kRuns) == wait);
  CHECK(life.after(1s, kSourceFailed, kRuns) == wait);
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == resume);
}

TEST_CASE("recovery: two halves that libvirt is at work on: given as long as a resume") {
  Life life;
  CHECK(life.after(0s, kPaused, kRuns, true) == wait);
  CHECK(life.after(99s, kPaused, kRuns, true) == wait);
  CHECK(life.after(1s, kPaused, kRuns, true) == pause_source);
}

TEST_CASE(
    "recovery: stopping the source comes to nothing: tried again, and a person is told once") {
  Life life;
  CHECK(life.after(0s, kPaused, kRuns) == wait);
  int told = 0, stopped = 0;
  for (int second = 0; second < 1000; ++second) {
    const RecoveryStep step = life.after(1s, kPaused, kRuns);
    told += step == tell_waits ? 1 : 0;
    stopped += step == pause_source ? 1 : 0;
  }
  CHECK(told == 1);
  CHECK(stopped == 50);
}

TEST_CASE("recovery: an end that does not answer, or has what nobody can go on from: told, once") {
  Life away, odd;
  CHECK(away.recovery.waited(away.now, away.settings) == wait);
  CHECK(odd.after(0s, DomainState::running, kRuns) == wait);
  away.now += 100s;
  CHECK(away.recovery.waited(away.now, away.settings) == tell_waits);
  CHECK(odd.after(100s, DomainState::running, kRuns) == tell_waits);
  away.now += 1h;
  CHECK(away.recovery.waited(away.now, away.settings) == wait);
  CHECK(odd.after(1h, DomainState::running, kRuns) == wait);
}

TEST_CASE("recovery: a resume whose ends do not answer is stuck too") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  life.now += 99s;
  CHECK(life.recovery.waited(life.now, life.settings) == wait);
  life.now += 1s;
  CHECK(life.recovery.waited(life.now, life.settings) == tell_stuck);
}

TEST_CASE("recovery: with no tries allowed nothing is stopped either, only told") {
  Life life;
  life.settings.resume_tries = 0;
  CHECK(life.after(0s, kPaused, kRuns) == wait);
  CHECK(life.after(99s, kPaused, kRuns) == wait);
  CHECK(life.after(1s, kPaused, kRuns) == tell_waits);
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

TEST_CASE("recovery: a target that does not notice: its agent ends the connection, then resumed") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kRuns) == pause_source);
  CHECK(life.after(19s, kSourceFailed, kRuns) == wait);
  CHECK(life.after(1s, kSourceFailed, kRuns) == pause_and_end);
  CHECK(life.recovery.half_open_for(life.now) == 20s);
  life.recovery.answered(true);
  CHECK(life.after(1s, kSourceFailed, kRuns) == wait);
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == resume);
}

TEST_CASE("recovery: the agent's end of the connection helps nothing: a person is told, once") {
  Life life;
  life.after(0s, kSourceFailed, kRuns);
  CHECK(life.after(20s, kSourceFailed, kRuns) == pause_and_end);
  CHECK(life.after(19s, kSourceFailed, kRuns) == wait);
  CHECK(life.after(1s, kSourceFailed, kRuns) == tell_half_open);
  CHECK(life.after(0s, kSourceFailed, kRuns) == pause_and_end);  // it may have been away
  CHECK(life.recovery.orders() == 2);
  CHECK(life.after(20s, kSourceFailed, kRuns) == pause_and_end);
  CHECK(life.after(3s, kSourceFailed, kTargetFailed) == wait);
  life.recovery.answered(true);
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
}

TEST_CASE("recovery: the agent refuses, or its order is lost: a person is told at the next look") {
  for (const bool lost : {false, true}) {
    Life life;
    life.after(0s, kSourceFailed, kRuns);
    CHECK(life.after(20s, kSourceFailed, kRuns) == pause_and_end);
    if (lost) {
      life.recovery.order_lost();
    } else {
      life.recovery.answered(false);
    }
    CHECK(life.after(1s, kSourceFailed, kRuns) == tell_half_open);
    CHECK(life.after(18s, kSourceFailed, kRuns) == wait);
    CHECK(life.after(1s, kSourceFailed, kRuns) == pause_and_end);
  }
}

TEST_CASE("recovery: the agent refuses, as the target has noticed by itself: nobody is told") {
  Life life;
  life.after(0s, kSourceFailed, kRuns);
  CHECK(life.after(20s, kSourceFailed, kRuns) == pause_and_end);
  life.recovery.answered(false);
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == resume);
}

TEST_CASE("recovery: an order that may still be carried out: not resumed till it is void") {
  Life life;
  life.after(0s, kSourceFailed, kRuns);
  CHECK(life.after(20s, kSourceFailed, kRuns) == pause_and_end);
  CHECK(Recovery::order_holds(life.settings) < 20s);
  life.recovery.order_lost();  // or stands there, in mid-command
  CHECK(life.after(19s, kSourceFailed, kTargetFailed) == wait);
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == resume);
}

TEST_CASE("recovery: half open once more after a resume: all of it once more") {
  Life life;
  for (int i = 0; i < 2; ++i) {
    CHECK(life.after(20s, kSourceFailed, kRuns) == pause_source);
    CHECK(life.after(20s, kSourceFailed, kRuns) == pause_and_end);
    CHECK(life.recovery.orders() == 1);
    CHECK(life.after(20s, kSourceFailed, kRuns) == tell_half_open);
    CHECK(life.after(20s, kSourceFailed, kTargetFailed) == resume);
    life.fail();
  }
}

TEST_CASE(
    "recovery: the source gave up before it ever ran: not stopped, its end after resume_limit") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kWaits) == wait);
  CHECK(life.after(99s, kSourceFailed, kWaits) == wait);
  CHECK_FALSE(life.recovery.at_work());
  CHECK(life.after(1s, kSourceFailed, kWaits) == end_incoming);
  CHECK(life.recovery.at_work());
  CHECK(life.after(19s, kSourceFailed, kWaits) == wait);
  CHECK(life.after(1s, kSourceFailed, kWaits) == tell_half_open);
  CHECK(life.after(1s, kSourceFailed, kWaits) == end_incoming);
  CHECK(life.after(1s, kSourceFailed, DomainState::absent) == wait);
}

TEST_CASE("recovery: the source gave up before it ever ran, and no tries are allowed: only told") {
  Life life;
  life.settings.resume_tries = 0;
  CHECK(life.after(0s, kSourceFailed, kWaits) == wait);
  CHECK(life.after(99s, kSourceFailed, kWaits) == wait);
  CHECK(life.after(1s, kSourceFailed, kWaits) == tell_half_open);
  CHECK(life.after(1h, kSourceFailed, kWaits) == wait);
}

TEST_CASE("recovery: half open, and then nobody answers any more: a person is told of that too") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kWaits) == wait);
  CHECK(life.recovery.waited(life.now + 1s, life.settings) == wait);
  CHECK(life.recovery.waited(life.now + 101s, life.settings) == tell_waits);
}

TEST_CASE(
    "recovery: the target failed, and its source can't be made to: stopped, then told, once") {
  Life life;
  int told = 0, stopped = 0;
  for (int second = 0; second < 1000; ++second) {
    const RecoveryStep step = life.after(1s, kPaused, kTargetFailed);
    told += step == tell_waits ? 1 : 0;
    stopped += step == pause_source ? 1 : 0;
  }
  CHECK(told == 1);
  CHECK(stopped == 50);
}

TEST_CASE("recovery: tries have growing pauses and an end") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  life.fail();
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == end_incoming);
  life.recovery.answered(false);
  CHECK(life.after(3s, kSourceFailed, kTargetFailed) == wait);
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == resume);
  life.fail();
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == give_up);
  CHECK(life.after(1h, kSourceFailed, kTargetFailed) == wait);
  CHECK_FALSE(life.recovery.at_work());
}

TEST_CASE("recovery: a resume is refused: the agent ends what the target holds on to, then again") {
  for (const bool ended : {true, false}) {
    Life life;
    CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
    life.fail();
    CHECK(life.after(1s, kSourceFailed, kTargetFailed) == end_incoming);
    CHECK(life.recovery.orders() == 0);  // nothing is wrong with it that anybody knows
    CHECK(life.after(18s, kSourceFailed, kTargetFailed) == wait);
    life.recovery.answered(ended);
    CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  }
}

TEST_CASE(
    "recovery: a resume is refused, and the agent does not answer: again, once its order is void") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  life.fail();
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == end_incoming);
  life.recovery.order_lost();
  CHECK(life.after(19s, kSourceFailed, kTargetFailed) == wait);
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == resume);
}

TEST_CASE("recovery: a try that never reached libvirt does not count") {
  Life life;
  for (int i = 0; i < 10; ++i) {
    CHECK(life.after(5s, kSourceFailed, kTargetFailed) == resume);
    life.recovery.failed(life.now, life.settings, false);
  }
  CHECK(life.recovery.tries() == 0);
}

TEST_CASE("recovery: a resume that never begins (LAB.md C6): a person is told, once") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  CHECK(life.after(99s, kSourceFailed, kTargetFailed) == wait);
  CHECK(life.after(1s, kSourceFailed, kTargetFailed) == tell_stuck);
  CHECK_FALSE(life.recovery.at_work());
  CHECK(life.after(1h, kSourceFailed, kTargetFailed) == wait);
  life.fail();  // it has come back after all
  CHECK(life.after(1h, kSourceFailed, kTargetFailed) == end_incoming);
}

TEST_CASE("recovery: a resume that goes on takes its time: told once, and nobody is asked") {
  Life life;
  CHECK(life.after(0s, kSourceFailed, kTargetFailed) == resume);
  CHECK(life.after(99s, kPaused, kRuns) == wait);
  CHECK(life.after(1s, kPaused, kRuns) == tell_slow);
  CHECK(life.after(1h, kPaused, kRuns) == wait);
  life.fail();  // it broke once more
  CHECK(life.after(1h, kSourceFailed, kTargetFailed) == end_incoming);
}

TEST_CASE("recovery: with no tries allowed it is the operator's from the first look on") {
  Life life;
  life.settings.resume_tries = 0;
  CHECK(life.after(0s, kSourceFailed, kRuns) == give_up);
}

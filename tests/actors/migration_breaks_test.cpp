// What a migration's record does about a postcopy that broke, and about a VM that is lost.
#include "tests/actors/migration_life.h"
#include "tests/actors/snapshot.h"

TEST_CASE("migration: in doubt for a minute: stranded, looked at every ten seconds, may heal") {
  for (Life life : {copying_one(), switched_one(), resumed_one()}) {
    life = stranded_one(life);
    CHECK(life.after(1s, Tick{}).effects == kLooks);
    CHECK(life.after(9'900ms, Tick{}).effects.empty());
    CHECK(life.after(100ms, Tick{}).effects == kLooks);
    Life healed = life;
    healed.look(DomainState::absent, DomainState::running);
    CHECK(healed.phase() == complete);
    life.look(DomainState::running, DomainState::absent);
    CHECK(life.phase() == stayed);
  }
}

TEST_CASE("migration: stranded, both ends failed: it is resumed, and completes") {
  Life life = stranded_one(resumed_one());
  const auto out =
      life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy_failed);
  CHECK(out.effects == std::vector{MigrationEffect::resume});
  CHECK(life.phase() == recovering);
  life.after(10s, Heard{kTarget, News::resumed_migrated});
  life.on(Heard{kSource, News::stopped_migrated});
  CHECK(life.phase() == complete);
}

TEST_CASE("migration: stranded, one end failed: its source is stopped first") {
  Life life = stranded_one(resumed_one());
  const auto out = life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy);
  CHECK(out.effects == std::vector{MigrationEffect::pause_source});
  CHECK(life.phase() == stranded);
  CHECK(life.after(1s, Tick{}).effects == kLooks);  // often, while something is tried
}

namespace {

std::vector<ReasonCode> codes_of(const MigrationOutcome& out) {
  std::vector<ReasonCode> codes;
  for (const PhaseChanged& change : out.changes)
    codes.push_back(change.reason.code);
  return codes;
}
using Codes = std::vector<ReasonCode>;

/// Its source has failed, its target still waits, and its agent has just been told.
Life half_open_one() {
  Life life = stranded_one(resumed_one());
  life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy);
  life.after(life.settings.half_open_after, Tick{});
  const auto out = life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy);
  CHECK(codes_of(out) == Codes{ReasonCode::half_open_ended});
  CHECK(out.effects == std::vector{MigrationEffect::end_incoming, MigrationEffect::pause_source});
  life.migration = restored(life.migration);  // what follows goes on from a snapshot
  return life;
}

}  // namespace

TEST_CASE("migration: half open: its agent ends the connection, said once, and it is resumed") {
  Life life = half_open_one();
  CHECK(life.on(IncomingEnded{}).changes.empty());
  CHECK(life.on(Tick{}).effects == kLooks);
  life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy_failed);
  CHECK(life.phase() == recovering);
}

TEST_CASE("migration: half open, and the agent says no: why, then a person is told") {
  Life life = half_open_one();
  CHECK(codes_of(life.on(IncomingEnded{"no connection"})) == Codes{ReasonCode::not_ended});
  CHECK(life.migration.reason().detail == "no connection");
  CHECK(life.on(Tick{}).effects == kLooks);
  const auto out = life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy);
  CHECK(codes_of(out) == Codes{ReasonCode::half_open});
  CHECK(life.migration.reason().about == "s1");
  life.after(life.settings.half_open_after, Tick{});
  const auto again = life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy);
  CHECK(again.changes.empty());
  CHECK(again.effects == std::vector{MigrationEffect::end_incoming, MigrationEffect::pause_source});
  CHECK(life.on(IncomingEnded{"no connection"}).changes.empty());
}

TEST_CASE(
    "migration: its source gave up before it ran: never stopped; once its end is gone: lost") {
  Life life = stranded_one(switched_one());
  const auto look = [&](DomainState target) {
    return life.look(DomainState::paused_postcopy_failed, target);
  };
  CHECK(look(DomainState::paused_migrating).effects.empty());
  life.after(life.settings.resume_limit, Tick{});
  CHECK(look(DomainState::paused_migrating).effects == std::vector{MigrationEffect::end_incoming});
  life.on(IncomingEnded{});
  for (int i = 0; i < 2; ++i) {
    life.after(1s, Tick{});
    look(DomainState::absent);
  }
  CHECK(life.phase() == lost);
}

TEST_CASE("migration: resuming fails: stranded again, until the operator is asked for") {
  Life life = stranded_one(resumed_one());
  life.settings.resume_tries = 1;
  life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy_failed);
  const auto out = life.on(ResumeEnded{kBroken});
  REQUIRE(out.changes.size() == 1);
  CHECK(out.changes.front().reason.code == ReasonCode::resume_failed);
  CHECK(life.phase() == stranded);
  CHECK(life.after(1s, Tick{}).effects == kLooks);
  const auto end =
      life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy_failed);
  REQUIRE(end.changes.size() == 1);
  CHECK(end.changes.front().reason.code == ReasonCode::needs_operator);
  CHECK(life.after(10s, Tick{}).effects == kLooks);
  life.look(DomainState::absent, DomainState::running_migrated);  // he did it
  CHECK(life.phase() == complete);
}

namespace {

/// Lost, and to be started anew: that is being kept.
Life unmarked_one() {
  Life life = resumed_one();
  life.settings.on_lost = OnLost::restart;
  life.on(CallEnded{kBroken});
  for (int i = 0; i < 2; ++i) {
    life.after(1s, Tick{});
    life.on(Looked{kSource, DomainState::paused_postcopy_failed});
    const auto out = life.on(Looked{kTarget, DomainState::absent});
    if (i > 0) CHECK(out.effects == std::vector{MigrationEffect::mark_clearing});
  }
  REQUIRE(life.phase() == clearing);
  return life;
}

/// And it is kept: what is left of it at its source is to be destroyed.
Life clearing_one() {
  Life life = unmarked_one();
  life.on(DefinitionKept{});
  CHECK(life.on(Tick{}).effects == kLooks);
  CHECK(life.look(DomainState::paused_postcopy_failed, DomainState::absent).effects ==
        std::vector{MigrationEffect::destroy_at_source});
  return life;
}

}  // namespace

TEST_CASE("migration: lost, and to be started anew: what is left is destroyed, then it starts") {
  Life life = clearing_one();
  CHECK(life.after(10s, Tick{}).effects == kLooks);
  const auto out = life.look(DomainState::absent, DomainState::absent);
  CHECK(out.effects == std::vector{MigrationEffect::start_at_source});
  CHECK(life.after(10s, Tick{}).effects == kLooks);
  life.look(DomainState::running, DomainState::absent);
  CHECK(life.phase() == stayed);
  CHECK(life.migration.reason().code == ReasonCode::started_anew);
}

TEST_CASE("migration: lost, and that can't be kept: nothing is destroyed before it is") {
  Life life = unmarked_one();
  for (int i = 0; i < 20; ++i) {
    life.on(DefinitionKept{"Redis does not answer"});
    CHECK(life.after(10s, Tick{}).effects == kLooks);
    CHECK(life.look(DomainState::paused_postcopy_failed, DomainState::absent).effects ==
          std::vector{MigrationEffect::mark_clearing});
  }
  CHECK(life.phase() == clearing);
}

TEST_CASE("migration: lost, and no definition is kept: what can't be started is not destroyed") {
  Life life = unmarked_one();
  CHECK(life.on(DefinitionKept{"no definition is kept", true}).effects.empty());
  CHECK(life.phase() == lost);
  CHECK(life.migration.reason().detail == "no definition is kept");
}

TEST_CASE("migration: only its kept definition tells of it: lost, and not started anew") {
  Life life;
  life.settings.on_lost = OnLost::restart;
  life.migration = Migration::adopted(plan(), Found::nowhere, life.now);
  for (int i = 0; i < 2; ++i) {
    CHECK(life.after(1s, Tick{}).effects == kLooks);
    CHECK(life.look(DomainState::absent, DomainState::absent).effects.empty());
  }
  CHECK(life.phase() == lost);
}

TEST_CASE("migration: only its kept definition tells of it, then a part shows: started anew") {
  Life life;
  life.settings.on_lost = OnLost::restart;
  life.migration = Migration::adopted(plan(), Found::nowhere, life.now);
  life.after(1s, Tick{});
  life.look(DomainState::paused_postcopy, DomainState::running_postcopy);
  for (int i = 0; i < 2; ++i) {
    life.after(1s, Tick{});
    life.look(DomainState::paused_postcopy, DomainState::absent);
  }
  CHECK(life.phase() == clearing);
}

TEST_CASE("migration: an earlier controller was starting it anew: gone on with") {
  Life life;
  life.migration = Migration::adopted(plan(), Found::clearing, life.now);
  CHECK(life.after(1s, Tick{}).effects == kLooks);
  SUBCASE("something is left") {
    CHECK(life.look(DomainState::paused_postcopy_failed, DomainState::absent).effects ==
          std::vector{MigrationEffect::destroy_at_source});
    life.after(10s, Tick{});
  }
  CHECK(life.look(DomainState::absent, DomainState::absent).effects ==
        std::vector{MigrationEffect::start_at_source});
  life.after(10s, Tick{});
  life.look(DomainState::running, DomainState::absent);
  CHECK(life.phase() == stayed);
}

TEST_CASE("migration: started anew before our call came back: it is left running") {
  Life life = resumed_one();
  life.settings.on_lost = OnLost::restart;
  life.on(EndUnlinked{kTarget});
  for (int i = 0; i < 2; ++i) {
    life.after(1s, Tick{});
    life.look(DomainState::paused_postcopy, DomainState::absent);
  }
  REQUIRE(life.phase() == clearing);
  life.on(DefinitionKept{});
  life.after(10s, Tick{});
  life.look(DomainState::absent, DomainState::absent);
  life.after(10s, Tick{});
  CHECK(life.look(DomainState::running, DomainState::absent).effects.empty());
  CHECK(life.phase() == stayed);
}

TEST_CASE("migration: lost, and then an end has the whole of it: only the other one is cleared") {
  Life life = clearing_one();
  life.after(10s, Tick{});
  CHECK(life.look(DomainState::paused_postcopy_failed, DomainState::running).effects ==
        std::vector{MigrationEffect::destroy_at_source});
  life.after(10s, Tick{});
  life.look(DomainState::absent, DomainState::running);
  CHECK(life.phase() == complete);
}

TEST_CASE("migration: lost, and to be started anew: an end that does not answer is waited for") {
  Life life = clearing_one();
  life.after(10s, Tick{});
  CHECK(life.on(Looked{kSource, DomainState::absent}).effects.empty());
  CHECK(life.on(Looked{kTarget, std::nullopt}).effects.empty());
  CHECK(life.phase() == clearing);
}

TEST_CASE("migration: lost, and an end does not answer: waited for, and a person is told once") {
  Life life = clearing_one();
  int told = 0;
  for (int second = 0; second < 1000; ++second)
    for (const PhaseChanged& change : life.after(1s, Tick{}).changes)
      told += change.reason.code == ReasonCode::waits_for_nothing ? 1 : 0;
  CHECK(told == 1);
  CHECK(life.phase() == clearing);
}

TEST_CASE("migration: lost, and it can't be started: after some tries it is the operator's") {
  Life life = clearing_one();
  for (int i = 1; i < 5; ++i) {
    life.after(10s, Tick{});
    CHECK(life.look(DomainState::absent, DomainState::absent).effects.size() == 1);
  }
  life.after(10s, Tick{});
  life.look(DomainState::absent, DomainState::absent);
  CHECK(life.phase() == lost);
}

// Ends of a migration that are no fault of it: its guest is shut down meanwhile, or nobody answers
// for long before it was switched. And what is not counted against one that is cleared away.
#include "tests/actors/migration_life.h"
#include "tests/actors/snapshot.h"

namespace {

/// Two pairs of looks, as one alone may mix two moments.
void look_twice(Life& life, DomainState source, DomainState target) {
  for (int i = 0; i < 2; ++i) {
    life.after(life.settings.look_again, Tick{});
    life.look(source, target);
  }
}

Life to_be_restarted(Life life) {
  life.settings.on_lost = OnLost::restart;
  return life;
}

/// Of which one end is left, to be destroyed, before it is started anew.
Life cleared_one() {
  Life life = to_be_restarted(resumed_one());
  life.on(CallEnded{kBroken});
  look_twice(life, DomainState::paused_postcopy_failed, DomainState::absent);
  REQUIRE(life.phase() == clearing);
  life.on(DefinitionKept{});  // it is kept that this one is being cleared
  return life;
}

}  // namespace

TEST_CASE("migration: its guest shuts itself down: ended, and not started anew") {
  for (const auto& [begun, end] :
       {std::pair{copying_one(), kSource}, {switched_one(), kTarget}, {resumed_one(), kTarget}}) {
    Life life = to_be_restarted(begun);
    life.on(Heard{end, News::shut_down});
    life.on(CallEnded{kBroken});
    life.migration = restored(life.migration);
    look_twice(life, DomainState::absent, DomainState::absent);
    CHECK(life.phase() == ended);
    CHECK(life.migration.over());
    CHECK(life.migration.reason().code == ReasonCode::shut_down_moving);
    CHECK(life.migration.reason().about == (end == kSource ? "wh1" : "s1"));
  }
}

TEST_CASE(
    "migration: its guest shut itself down on its target: what is left at its source is told") {
  Life life = to_be_restarted(resumed_one());
  life.on(Heard{kTarget, News::shut_down});
  look_twice(life, DomainState::paused_postcopy_failed, DomainState::absent);
  CHECK(life.phase() == ended);
}

TEST_CASE("migration: destroyed by hand while all of it was at its source: ended") {
  Life life = to_be_restarted(copying_one());
  life.on(Heard{kSource, News::destroyed});
  life.on(CallEnded{kBroken});
  look_twice(life, DomainState::absent, DomainState::absent);
  CHECK(life.phase() == ended);
}

TEST_CASE("migration: destroyed after its switch: nobody says that it was meant: started anew") {
  for (Life life : {switched_one(), resumed_one()}) {
    life = to_be_restarted(life);
    life.on(Heard{kTarget, News::destroyed});
    look_twice(life, DomainState::paused_postcopy_failed, DomainState::absent);
    CHECK(life.phase() == clearing);
  }
}

TEST_CASE("migration: paused by its owner, and its call failed: it stays as it is") {
  Life life = copying_one();
  life.on(CallEnded{kBroken});
  life.look(DomainState::paused, DomainState::absent);
  CHECK(life.phase() == stayed);
}

TEST_CASE("migration: nobody answers for long before its switch: says where all of it is") {
  Life life = stranded_one(copying_one());
  CHECK(life.migration.reason().code == ReasonCode::in_doubt);
  CHECK(life.migration.reason().about == "wh1");
  CHECK(stranded_one(switched_one()).migration.reason().code == ReasonCode::broken_in_postcopy);
}

TEST_CASE("migration: nobody answered for long, and it has gone on copying: so does its record") {
  for (const auto whole : {DomainState::running, DomainState::running_migrated}) {
    Life life = stranded_one(copying_one());
    life.on(Looked{kSource, whole, true});
    life.on(Looked{kTarget, DomainState::paused_migrating});
    CHECK(life.phase() == copying);
    life.on(Heard{kSource, News::suspended_postcopy});
    CHECK(life.phase() == switched);
  }
}

TEST_CASE("migration: cleared away: what the controller could not order does not count") {
  Life life = cleared_one();
  for (int i = 0; i < 20; ++i) {
    for (int part = 0; part < 2; ++part)  // each part of it says so
      life.on(NotCleared{"the journal can't be written now", false});
    life.after(10s, Tick{});
    CHECK(life.look(DomainState::absent, DomainState::absent).effects ==
          std::vector{MigrationEffect::start_at_source});
  }
  CHECK(life.phase() == clearing);
}

TEST_CASE("migration: cleared away, and it can't be started: lost, and why") {
  Life life = cleared_one();
  for (int i = 0; i < 6; ++i) {
    life.after(10s, Tick{});
    life.look(DomainState::absent, DomainState::absent);
    life.on(NotCleared{"no disk"});
  }
  CHECK(life.phase() == lost);
  CHECK(life.migration.reason().detail == "no disk");
}

TEST_CASE("migration: started anew, and it takes its time to come up: not destroyed again") {
  Life life = cleared_one();
  life.after(10s, Tick{});
  life.look(DomainState::absent, DomainState::absent);
  life.after(10s, Tick{});
  CHECK(life.look(DomainState::paused_migrating, DomainState::absent).effects.empty());
  life.after(10s, Tick{});
  life.look(DomainState::running, DomainState::absent);
  CHECK(life.phase() == stayed);
  CHECK(life.migration.reason().code == ReasonCode::started_anew);
}

TEST_CASE("migration: its last words come twice, and in any order: complete, once") {
  for (const bool source_first : {false, true}) {
    Life life = resumed_one();
    life.on(CallEnded{});
    int completed = 0;
    for (int i = 0; i < 4; ++i) {
      const bool of_source = (i % 2 == 0) == source_first;
      const auto out = of_source ? life.on(Heard{kSource, News::stopped_migrated})
                                 : life.on(Heard{kTarget, News::resumed_migrated});
      completed += static_cast<int>(out.changes.size());
    }
    CHECK(completed == 1);
    CHECK(life.phase() == complete);
  }
}

TEST_CASE("migration: words that come late do not undo what was heard since") {
  Life life = resumed_one();
  for (const News late : {News::suspended_migrating, News::suspended_postcopy})
    CHECK(life.on(Heard{kSource, late}).changes.empty());
  CHECK(life.on(Heard{kTarget, News::arriving}).changes.empty());
  CHECK(life.phase() == resumed);
  CHECK(life.migration.downtime() == 300ms);
}

TEST_CASE("migration: a word on an earlier VM of its name: looked at, and nothing comes of it") {
  for (const News old : {News::stopped, News::shut_down, News::destroyed}) {
    Life life = to_be_restarted(copying_one());
    life.on(Heard{kSource, old});
    CHECK(life.on(Tick{}).effects == kLooks);
    life.on(Looked{kSource, DomainState::running, true});
    life.on(Looked{kTarget, DomainState::paused_migrating});
    CHECK(life.phase() == copying);
    life.on(Heard{kSource, News::suspended_postcopy});
    life.on(CallEnded{kBroken});
    look_twice(life, DomainState::paused_postcopy_failed, DomainState::absent);
    CHECK(life.phase() == clearing);  // lost, and nobody meant it
  }
}

TEST_CASE(
    "migration: all of it has come, and its guest ends before the source says its last word") {
  for (const News news : {News::shut_down, News::destroyed}) {
    Life life = to_be_restarted(resumed_one());
    life.on(Heard{kTarget, News::resumed_migrated});
    life.on(Heard{kTarget, news});
    life.on(Heard{kSource, News::stopped_migrated});
    life.on(CallEnded{});
    CHECK(life.phase() == resumed);
    look_twice(life, DomainState::absent, DomainState::absent);
    CHECK(life.phase() == ended);
  }
}

// A VM that libvirt lets run at both ends of its migration (LAB.md has no such run; a soak found
// it).
#include "tests/actors/migration_life.h"

namespace {

constexpr auto kWhole = DomainState::running, kCame = DomainState::running_migrated;

/// Both ends run it, and the call came back with an error.
Life twice() {
  Life life = copying_one();
  life.on(CallEnded{kBroken});
  life.look(kWhole, kCame);
  REQUIRE(life.phase() == copying);  // the looks were not of one moment
  return life;
}

}  // namespace

TEST_CASE(
    "migration: whole at both ends, and a second look agrees: told, the target's is suspended") {
  Life life = twice();
  CHECK(life.on(Tick{}).effects == kLooks);
  const auto outcome = life.look(kWhole, kCame);
  CHECK(outcome.effects == std::vector{MigrationEffect::suspend_target});
  REQUIRE(outcome.changes.size() == 1);
  CHECK(life.phase() == stranded);
  CHECK(life.migration.reason().code == ReasonCode::runs_twice);
}

TEST_CASE("migration: whole at both ends: looked at until a person has decided, and told once") {
  Life life = twice();
  life.look(kWhole, kCame);
  for (int i = 0; i < 100; ++i) {
    CHECK(life.after(10s, Tick{}).changes.empty());
    CHECK(life.look(kWhole, DomainState::paused).changes.empty());
  }
  life.after(10s, Tick{});
  life.look(kWhole, DomainState::absent);
  CHECK(life.phase() == stayed);
}

TEST_CASE("migration: whole at both ends: the target's is kept, if that is what a person wants") {
  Life life = twice();
  life.look(kWhole, kCame);
  life.look(kWhole, DomainState::paused);
  CHECK(life.look(kWhole, kWhole).effects.empty());  // he knows why
  life.look(DomainState::absent, kWhole);
  CHECK(life.phase() == complete);
}

TEST_CASE("migration: whole at both ends: suspended again as long as it was not seen suspended") {
  Life life = twice();
  life.look(kWhole, kCame);
  CHECK(life.look(kWhole, kCame).effects == std::vector{MigrationEffect::suspend_target});
}

TEST_CASE("migration: whole at both ends for a moment: it came while its source was looked at") {
  Life life = twice();
  life.look(DomainState::absent, kCame);
  CHECK(life.phase() == complete);
}

TEST_CASE("migration: its source has a job: it is on its way, whatever the target says") {
  Life life = copying_one();
  for (int i = 0; i < 3; ++i) {
    life.on(Looked{kSource, kWhole, true});
    CHECK(life.on(Looked{kTarget, kCame}).effects.empty());
  }
  CHECK(life.phase() == copying);
}

TEST_CASE("migration: whole at both ends before it has begun") {
  Life life;
  life.on(Begin{});
  life.on(EndUnlinked{kTarget});
  for (int i = 0; i < 2; ++i)
    life.look(kWhole, kCame);
  CHECK(life.phase() == stranded);
}

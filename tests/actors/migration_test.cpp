#include "actors/migration/migration.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/actors/dice.h"
#include "tests/actors/migration_life.h"
#include "tests/actors/snapshot.h"

TEST_CASE("migration: begins: its definition is kept first, the call follows") {
  Life life;
  CHECK(life.on(Begin{}).effects == std::vector{MigrationEffect::keep_definition});
  CHECK(life.on(DefinitionKept{}).effects == std::vector{MigrationEffect::call});
  CHECK(life.phase() == copying);
}

TEST_CASE("migration: its definition can't be kept: it stays, and libvirt is not called") {
  Life life;
  life.on(Begin{});
  CHECK(life.on(DefinitionKept{"no space"}).effects.empty());
  CHECK(life.phase() == stayed);
  CHECK(life.migration.reason().detail == "no space");
}

TEST_CASE("migration: postcopy as LAB.md saw it: switched, resumed, complete, with its downtime") {
  Life life = resumed_one();
  life.after(2s, Heard{kTarget, News::resumed_migrated});
  life.on(Heard{kSource, News::stopped_migrated});
  CHECK(life.phase() == resumed);
  life.on(Counted{{.source = {"wh1"}, .vm = vm_id("v"), .bytes = 2048, .page_requests = 7}});
  CHECK(life.phase() == complete);
  CHECK(life.migration.downtime() == 300ms);
  CHECK(life.migration.total() == 2'400ms);
  CHECK(life.migration.reason().values == std::vector<std::int64_t>{300, 2400, 2, 7, 0});
}

TEST_CASE("migration: precopy: complete from copying") {
  Life life = copying_one();
  life.on(Heard{kSource, News::suspended_migrating});
  life.after(280ms, Heard{kTarget, News::resumed_migrated});
  life.on(Heard{kSource, News::stopped_migrated});
  life.on(CallEnded{});
  CHECK(life.phase() == complete);
  CHECK(life.migration.downtime() == 280ms);
}

TEST_CASE("migration: the source's last word is lost: a look a second later finds it complete") {
  Life life = resumed_one();
  life.on(Heard{kTarget, News::resumed_migrated});
  CHECK(life.after(900ms, Tick{}).effects.empty());
  CHECK(life.after(100ms, Tick{}).effects == kLooks);
  life.look(DomainState::absent, DomainState::running_migrated);
  CHECK(life.phase() == complete);
}

TEST_CASE("migration: libvirt refuses: it stays, at once") {
  Life life = copying_one();
  life.on(CallEnded{reactor::Error{reactor::Errc::refused, "unsafe migration"}});
  CHECK(life.phase() == stayed);
  CHECK(life.migration.reason().detail == "unsafe migration");
}

TEST_CASE("migration: the call's error is not the truth: both ends are looked at") {
  Life life = resumed_one();
  CHECK(life.on(CallEnded{kBroken}).changes.empty());
  CHECK(life.on(Tick{}).effects == kLooks);
  life.look(DomainState::paused_postcopy_failed, DomainState::running_postcopy);
  CHECK(life.phase() == resumed);
  life.after(1s, Tick{});
  life.look(DomainState::absent, DomainState::running_migrated);
  CHECK(life.phase() == complete);
}

TEST_CASE("migration: found on its source only: stayed once the call is over, not before") {
  Life life = copying_one();
  life.on(EndUnlinked{kTarget});
  life.look(DomainState::running, DomainState::absent);
  CHECK(life.phase() == copying);
  life.on(CallEnded{kBroken});
  life.look(DomainState::running, DomainState::absent);
  CHECK(life.phase() == stayed);
}

// LAB.md §6 C1, and hosts that crash: nobody can put the halves together.
TEST_CASE("migration: no end has the whole of it, and a second look agrees: lost") {
  const std::vector<std::pair<DomainState, DomainState>> halves{
      {DomainState::absent, DomainState::shut_off},
      {DomainState::absent, DomainState::running_postcopy},
      {DomainState::paused_postcopy_failed, DomainState::absent}};
  for (const auto& [source, target] : halves)
    for (Life life : {copying_one(), switched_one(), resumed_one(), stranded_one(resumed_one())}) {
      life.on(CallEnded{kBroken});
      life.look(source, target);
      CHECK(life.phase() != lost);
      life.look(source, target);
      CHECK(life.phase() == lost);
    }
  Life early;
  early.on(Begin{});
  early.look(DomainState::absent, DomainState::absent);
  CHECK(early.after(1s, Tick{}).effects == kLooks);
  early.look(DomainState::absent, DomainState::absent);
  CHECK(early.phase() == lost);
}

TEST_CASE("migration: the source went while the target was looked at: no verdict of two moments") {
  Life life = resumed_one();
  life.on(CallEnded{kBroken});
  life.on(Looked{kTarget, DomainState::running_postcopy});
  life.on(Looked{kSource, DomainState::absent});
  CHECK(life.phase() == resumed);
  life.look(DomainState::absent, DomainState::running_migrated);
  CHECK(life.phase() == complete);
}

TEST_CASE("migration: an answer got lost: while its source has a job it has not stayed") {
  Life life = copying_one();
  life.on(CallEnded{kBroken});
  for (int i = 0; i < 100; ++i) {
    life.after(1s, Tick{});
    life.on(Looked{kSource, DomainState::running, true});
    life.on(Looked{kTarget, DomainState::absent});
    REQUIRE(life.phase() == copying);
  }
  life.look(DomainState::running, DomainState::absent);
  CHECK(life.phase() == stayed);
}

TEST_CASE("migration: one end does not answer: no verdict") {
  Life life = resumed_one();
  life.on(CallEnded{kBroken});
  life.on(Looked{kSource, DomainState::absent});
  life.on(Looked{kTarget, std::nullopt});
  CHECK(life.phase() == resumed);
}

TEST_CASE("migration: a look after a doubt joins no older look") {
  Life life = resumed_one();
  life.on(Looked{kSource, DomainState::absent});
  life.on(CallEnded{kBroken});
  life.on(Tick{});
  life.on(Looked{kTarget, DomainState::absent});
  CHECK(life.phase() == resumed);
}

TEST_CASE("migration: in doubt, but both ends say that it goes its way: never stranded") {
  Life life = switched_one();
  life.on(EndUnlinked{kSource});
  for (int second = 0; second < 600; ++second) {
    CHECK(life.after(1s, Tick{}).effects == kLooks);
    life.look(DomainState::paused_postcopy, DomainState::running_postcopy);
  }
  CHECK(life.phase() == resumed);
}

TEST_CASE("migration: phases that went by unheard are found by a look") {
  Life life = copying_one();
  life.on(EndUnlinked{kSource});
  life.look(DomainState::paused_postcopy, DomainState::paused_migrating);
  CHECK(life.phase() == switched);
  life.look(DomainState::paused_postcopy, DomainState::running_postcopy);
  CHECK(life.phase() == resumed);
}

TEST_CASE("migration: precopy too long: aborted, and again; what comes of it is looked at") {
  Life life = copying_one();
  life.migration = Migration{[] {
    MigrationPlan precopy = plan();
    precopy.mode = ports::MigrationMode::precopy;
    return precopy;
  }()};
  life.on(Begin{});
  life.on(DefinitionKept{});
  CHECK(life.after(1'599'999ms, Tick{}).effects.empty());
  CHECK(life.after(1ms, Tick{}).effects == std::vector{MigrationEffect::abort});
  CHECK(life.after(9'999ms, Tick{}).effects.empty());
  CHECK(life.after(1ms, Tick{}).effects == std::vector{MigrationEffect::abort});  // it may be lost
  life.on(CallEnded{kBroken});
  life.look(DomainState::running, DomainState::absent);
  CHECK(life.phase() == stayed);
  CHECK(life.migration.reason().detail.find("precopy has not ended in ") != std::string::npos);
}

TEST_CASE(
    "migration: precopy too long, a postcopy then: switched, asked for until it has, told once") {
  Life life;
  life.migration = Migration{[] {
    MigrationPlan precopy = plan();
    precopy.mode = ports::MigrationMode::precopy_then_postcopy;
    return precopy;
  }()};
  life.on(Begin{});
  life.on(DefinitionKept{});
  const auto first = life.after(1'600s, Tick{}), again = life.after(10s, Tick{});
  CHECK(first.effects == std::vector{MigrationEffect::switch_over});
  REQUIRE(first.changes.size() == 1);
  CHECK(first.changes.front().reason.code == ReasonCode::switched_at_limit);
  CHECK(again.effects == std::vector{MigrationEffect::switch_over});
  CHECK(again.changes.empty());
  life.on(Heard{kSource, News::suspended_postcopy});
  CHECK(life.phase() == switched);
  CHECK(life.after(1h, Tick{}).effects.empty());
}

TEST_CASE("migration: postcopy: never aborted") {
  Life life = resumed_one();
  CHECK(life.after(24h, Tick{}).effects.empty());
  CHECK(life.phase() == resumed);
}

TEST_CASE("migration: adopted: begins in doubt and finds out where it stands") {
  const Instant now{1h};
  Life life;
  life.migration = Migration::adopted(plan(), Found::under_way, now);
  CHECK(life.on(Tick{}).effects == kLooks);
  life.look(DomainState::paused_postcopy, DomainState::running_postcopy);
  CHECK(life.phase() == resumed);
  life.on(Heard{kTarget, News::resumed_migrated});
  life.on(Heard{kSource, News::stopped_migrated});
  CHECK(life.phase() == complete);
}

TEST_CASE("migration: adopted: as long as libvirt has a job for it, it only takes its time") {
  Life life;
  life.migration = Migration::adopted(plan(), Found::under_way, life.now);
  for (int i = 0; i < 100; ++i) {
    life.after(1s, Tick{});
    life.on(Looked{kSource, DomainState::paused_postcopy, true});
    life.on(Looked{kTarget, DomainState::running_postcopy, true});
  }
  CHECK(life.phase() == resumed);
  life.after(1s, Tick{});
  life.look(DomainState::absent, DomainState::running_migrated);
  CHECK(life.phase() == complete);
  CHECK(life.migration.reason().code == ReasonCode::adopted_arrived);
}

TEST_CASE("migration: adopted: a half that is left over at its target, and no job: stranded") {
  Life life;
  life.migration = Migration::adopted(plan(), Found::under_way, life.now);
  for (int i = 0; i < 61; ++i) {
    life.after(1s, Tick{});
    life.look(DomainState::running, DomainState::paused_migrating);
  }
  CHECK(life.phase() == stranded);
}

TEST_CASE("migration: adopted: where postcopies are the rule it is switched, tried for a while") {
  for (const auto mode : {ports::MigrationMode::postcopy, ports::MigrationMode::precopy}) {
    Life life;
    life.settings.mode = mode;
    life.migration = Migration::adopted(plan(), Found::under_way, life.now);
    std::ptrdiff_t switches = 0;
    for (int i = 0; i < 100; ++i) {
      life.after(1s, Tick{});
      life.on(Looked{kSource, DomainState::running, true});
      const auto effects = life.on(Looked{kTarget, DomainState::paused_migrating, true}).effects;
      switches += std::ranges::count(effects, MigrationEffect::switch_over);
    }
    CHECK(switches == (mode == ports::MigrationMode::postcopy ? 10 : 0));
  }
}

TEST_CASE("migration: adopted: it had broken already: not switched once more, stranded in time") {
  Life life;
  life.migration = Migration::adopted(plan(), Found::under_way, life.now);
  for (int second = 0; second < 2; ++second) {
    CHECK(life.after(1s, Tick{}).effects == kLooks);
    life.on(Looked{kSource, DomainState::paused_postcopy_failed, true});
    CHECK(life.on(Looked{kTarget, DomainState::running_postcopy_failed}).effects.empty());
  }
  CHECK(life.phase() == resumed);
  life.after(60s, Tick{});
  CHECK(life.phase() == stranded);
}

TEST_CASE("migration: adopted: one that can't be switched has the limit of a precopy") {
  Life life;
  life.migration = Migration::adopted(plan(), Found::under_way, life.now);
  const auto effects = life.after(life.settings.precopy_limit_per_gib * 2, Tick{}).effects;
  CHECK(std::ranges::count(effects, MigrationEffect::abort) == 1);
}

TEST_CASE("migration: over: nothing changes it any more") {
  Life life = copying_one();
  life.on(CallEnded{reactor::Error{reactor::Errc::busy, "full"}});
  REQUIRE(life.migration.over());
  CHECK(life.look(DomainState::absent, DomainState::running).changes.empty());
  CHECK(life.on(Heard{kTarget, News::resumed_migrated}).changes.empty());
  CHECK(life.after(1h, Tick{}).effects.empty());
}

namespace {

/// DESIGN.md §7 as it stands in migration.cpp.
const std::set<std::pair<Phase, Phase>> kArrows{
    {preparing, copying},   {preparing, complete},  {preparing, stayed},
    {preparing, lost},      {copying, switched},    {copying, resumed},
    {copying, complete},    {copying, stayed},      {copying, stranded},
    {copying, lost},        {switched, resumed},    {switched, complete},
    {switched, stayed},     {switched, stranded},   {switched, lost},
    {resumed, complete},    {resumed, stayed},      {resumed, stranded},
    {resumed, lost},        {stranded, complete},   {stranded, stayed},
    {stranded, lost},       {stranded, stranded},   {stranded, recovering},
    {recovering, stranded}, {recovering, complete}, {recovering, stayed},
    {recovering, lost},     {preparing, clearing},  {copying, clearing},
    {switched, clearing},   {resumed, clearing},    {stranded, clearing},
    {recovering, clearing}, {clearing, complete},   {clearing, stayed},
    {clearing, lost},       {clearing, clearing},   {preparing, stranded},
    {copying, copying},     {stranded, copying},    {preparing, ended},
    {copying, ended},       {switched, ended},      {resumed, ended},
    {stranded, ended},      {recovering, ended},    {recovering, recovering}};

std::optional<reactor::Error> any_error(Dice& dice) {
  if (dice.one_in(3)) return std::nullopt;
  return reactor::Error{static_cast<reactor::Errc>(dice.roll(5)), "an error"};
}

std::optional<DomainState> any_look(Dice& dice) {
  constexpr std::array kOfBroken{DomainState::paused_postcopy_failed,
                                 DomainState::running_postcopy_failed, DomainState::absent};
  if (dice.one_in(6)) return std::nullopt;
  if (dice.one_in(3)) return kOfBroken[static_cast<std::size_t>(dice.roll(3))];
  return static_cast<DomainState>(dice.roll(11));
}

// A guest that is shut down hides most of what else may happen to it.
News any_news(Dice& dice, bool shuts_down) {
  const auto news = static_cast<News>(dice.roll(16));
  if (shuts_down) return dice.one_in(6) ? News::shut_down : news;
  return news == News::shut_down ? News::stopped : news;
}

MigrationEvent any_event(Dice& dice, bool shuts_down) {
  const End end = dice.one_in(2) ? kSource : kTarget;
  switch (dice.roll(11)) {
    case 0: return DefinitionKept{dice.one_in(9) ? std::optional{std::string{"no"}} : std::nullopt};
    case 1: return dice.one_in(5) ? MigrationEvent{CallEnded{any_error(dice)}} : Tick{};
    case 8: return dice.one_in(5) ? MigrationEvent{ResumeEnded{any_error(dice)}} : Tick{};
    case 2:
    case 3: return Heard{end, any_news(dice, shuts_down)};
    case 4:
    case 5: {
      const bool gone = shuts_down && dice.one_in(2);
      return Looked{end, gone ? DomainState::absent : any_look(dice), dice.one_in(2)};
    }
    case 6: return Counted{};
    case 7: return EndUnlinked{end};
    case 9: return NotCleared{"no", dice.one_in(2)};
    default: return Tick{};
  }
}

Life any_life(Dice& dice) {
  Life life;
  MigrationPlan any = plan();
  any.mode = static_cast<ports::MigrationMode>(dice.roll(4));
  life.settings.on_lost = static_cast<OnLost>(dice.roll(2));
  life.settings.resume_tries = 2;
  life.settings.precopy_limit_per_gib = 1min;
  life.migration = dice.one_in(5) ? Migration::adopted(any, Found::under_way, life.now)
                                  : Migration{std::move(any)};
  if (!life.migration.over()) life.on(Begin{});
  return life;
}

}  // namespace

TEST_CASE("migration: any event in any phase: documented arrows only, and all of them happen") {
  std::set<std::pair<Phase, Phase>> seen{
      {preparing, stranded}};  // rare: migration_twice_test has it
  for (std::uint64_t seed = 0; seed < 60'000; ++seed) {
    Dice dice{seed};
    Life life = any_life(dice);
    const bool shuts_down = dice.one_in(3);
    for (int i = 0; i < 120 && !life.migration.over(); ++i)
      for (const PhaseChanged& change :
           life.after(Duration{dice.roll(20'000)}, any_event(dice, shuts_down)).changes)
        seen.emplace(change.from, change.to);
  }
  for (const auto& [from, to] : kArrows)
    if (!seen.contains({from, to})) MESSAGE(name_of(from), " -> ", name_of(to));
  CHECK(seen == kArrows);
}

TEST_CASE("migration: snapshot: from any of them the rest of the run comes out the same") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Dice dice{seed};
    Life live = any_life(dice);
    for (int i = 0; i < 60; ++i) {
      Life again = live;
      again.migration = restored(live.migration);
      const Duration step{dice.roll(20'000)};
      const MigrationEvent event = any_event(dice, true);
      const MigrationOutcome one = live.after(step, event), other = again.after(step, event);
      REQUIRE(one.changes == other.changes);
      REQUIRE(one.effects == other.effects);
      REQUIRE(to_json(live.migration) == to_json(again.migration));
    }
  }
}

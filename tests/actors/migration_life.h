// A migration's record and the time it lives in, brought to where a test begins.
#pragma once

#include <doctest/doctest.h>

#include <chrono>

#include "actors/migration/migration.h"
#include "tests/vm_id.h"

using namespace actors;
using namespace std::chrono_literals;
using enum Phase;
using ports::DomainState;
using ports::News;
using reactor::Instant;
using reactor::Tick;

constexpr auto kSource = End::source, kTarget = End::target;
inline const reactor::Error kBroken{reactor::Errc::outcome_unknown, "client socket is closed"};
inline const std::vector<MigrationEffect> kLooks{MigrationEffect::look_at_source,
                                                 MigrationEffect::look_at_target};

inline MigrationPlan plan() {
  return {.id = {"m1"}, .vm = vm_id("v"), .source = {"wh1"}, .target = {"s1"}, .memory = {2097152}};
}

/// A migration and the time it lives in.
struct Life {
  Migration migration{plan()};
  MigrationSettings settings{};
  Instant now{1h};

  MigrationOutcome on(const MigrationEvent& event) { return migration.on(now, settings, event); }
  MigrationOutcome after(Duration time, const MigrationEvent& event) {
    now += time;
    return on(event);
  }
  MigrationOutcome look(DomainState source, DomainState target) {
    on(Looked{kSource, source});
    return on(Looked{kTarget, target});
  }
  Phase phase() const { return migration.phase(); }
};

inline Life copying_one() {
  Life life;
  life.on(Begin{});
  life.on(DefinitionKept{});
  REQUIRE(life.phase() == copying);
  return life;
}

inline Life switched_one() {
  Life life = copying_one();
  life.after(100ms, Heard{kSource, News::suspended_postcopy});
  REQUIRE(life.phase() == switched);
  return life;
}

inline Life resumed_one() {
  Life life = switched_one();
  life.after(300ms, Heard{kTarget, News::resumed_postcopy});
  REQUIRE(life.phase() == resumed);
  return life;
}

inline Life stranded_one(Life life) {
  life.on(CallEnded{kBroken});
  life.after(60s, Tick{});
  REQUIRE(life.phase() == stranded);
  return life;
}

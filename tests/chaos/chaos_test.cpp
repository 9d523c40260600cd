// Seeds of chaos: no rule of DESIGN.md §8 broken, and all settled once the faults have stopped.
#include "tools/experiments/chaos.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/sim/replays.h"
#include "tools/experiments/experiment.h"
#include "tools/experiments/simulation.h"

namespace experiments {

using namespace drivers::sim;

namespace {

constexpr std::int64_t kSeeds = 300, kRate = 12;

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines)
    out += "\n" + line;
  return out;
}

TEST_CASE("chaos: 300 seeds: nothing broken, all settled") {
  std::int64_t migrations = 0, suspends = 0, lost = 0;
  for (std::int64_t number = 1; number <= kSeeds; ++number) {
    const ChaosSeed seed{number, kRate};
    INFO("to repeat it: " << chaos_command(seed));
    const ChaosOutcome outcome = run_chaos(seed);
    CHECK(joined(outcome.broken) == "");
    CHECK(joined(outcome.unsettled) == "");
    migrations += outcome.migrations;
    suspends += outcome.suspends;
    lost += outcome.lost;
  }
  CHECK(migrations > kSeeds);  // else it was no test
  CHECK(suspends > kSeeds);
  CHECK(lost > 0);
}

TEST_CASE("chaos: the same seed: the same journal, to the byte; another one: another") {
  std::set<std::uint64_t> hashes;
  for (std::int64_t number = 1; number <= 10; ++number) {
    const ChaosSeed seed{number, kRate};
    INFO(chaos_command(seed));
    const std::uint64_t hash = run_chaos(seed).journal_hash;
    CHECK(hash == run_chaos(seed).journal_hash);
    hashes.insert(hash);
  }
  CHECK(hashes.size() == 10);
}

TEST_CASE("chaos: a replay of the journal agrees, start by start") {
  for (std::int64_t number = 1; number <= 10; ++number) {
    const ChaosSeed seed{number, kRate};
    INFO(chaos_command(seed));
    const Scenario scenario = chaos_scenario(seed);
    Simulation run{scenario};
    run.run_until(Instant{scenario.length});
    tests::replay_everything(run.models().stream());
  }
}

TEST_CASE("chaos: no faults: every pool settles by itself") {
  for (std::int64_t number = 1; number <= 10; ++number) {
    INFO(chaos_command({number, 0}));
    const ChaosOutcome outcome = run_chaos({number, 0});
    CHECK(outcome.faults == 0);
    CHECK(joined(outcome.broken) == "");
    CHECK(joined(outcome.unsettled) == "");
  }
}

Scenario paper_simple() {
  const std::string file = NEMURI_SOURCE_DIR "/tests/scenarios/paper_simple/scenario.yaml";
  return std::get<Scenario>(load_scenario(file));
}

TEST_CASE("chaos: on a scenario: its pool and loads, faults until its end, then loads stay") {
  Scenario given = paper_simple();
  const Duration calm = given.length;
  given.faults = {{FaultKind::wake_never, given.hosts[1].plan.name, Duration{0}, Duration::max()},
                  {FaultKind::redis_gone, {}, calm, calm + Duration{1}}};
  const Scenario out = with_chaos(given, {3, kRate});
  CHECK(out.seed == 3);
  CHECK(out.hosts.size() == given.hosts.size());
  CHECK(out.loads_end == calm);
  CHECK(out.length > calm + given.settings.power.backoff_longest);
  CHECK(out.faults.size() > 20);
  for (const Fault& fault : out.faults) {
    CHECK(fault.at < calm);
    CHECK(fault.until <= calm);
  }
  CHECK(out.faults[0].kind == FaultKind::wake_never);
  const auto first_drawn = [&](std::int64_t seed) {
    return with_chaos(given, {seed, kRate}).faults[1].at;
  };
  CHECK(first_drawn(3) == out.faults[1].at);
  CHECK(first_drawn(4) != out.faults[1].at);
}

TEST_CASE("chaos: on the paper's simple scenario: nothing broken, all settled") {
  std::int64_t migrations = 0;
  for (std::int64_t number = 1; number <= 10; ++number) {
    CAPTURE(number);
    const Outcome outcome = run(with_chaos(paper_simple(), {number, kRate}), RunKind::postcopy,
                                {.on_entry = {}, .must_settle = true});
    CHECK(joined(outcome.broken) == "");
    migrations += outcome.summary.migrations;
  }
  CHECK(migrations > 10);
}

TEST_CASE("chaos: every kind of fault is drawn") {
  std::set<FaultKind> drawn;
  for (std::int64_t number = 1; number <= 20; ++number)
    for (const Fault& fault : chaos_scenario({number, kRate}).faults)
      drawn.insert(fault.kind);
  CHECK(drawn.size() == names(FaultKind{}).size());
}

}  // namespace
}  // namespace experiments

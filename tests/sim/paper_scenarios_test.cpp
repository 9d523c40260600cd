// The paper's scenarios (§IV-B, §IV-C) against its figures: when what happened, and what it cost.
#include <doctest/doctest.h>

#include "tools/experiments/simulation.h"

namespace tests {
namespace {

using drivers::sim::MigrationRecord;
using drivers::sim::Override;
using drivers::sim::Scenario;
using experiments::Second;
using experiments::Simulation;
using reactor::Duration;
using reactor::Instant;

Scenario load(const std::string& name, const std::vector<Override>& overrides = {}) {
  const std::string file = NEMURI_SOURCE_DIR "/tests/scenarios/" + name + "/scenario.yaml";
  auto loaded = drivers::sim::load_scenario(file, overrides);
  if (const auto* faults = std::get_if<drivers::config::Faults>(&loaded))
    for (const auto& fault : *faults)
      FAIL_CHECK(drivers::config::to_text(fault, file));
  REQUIRE(std::holds_alternative<Scenario>(loaded));
  return std::get<Scenario>(std::move(loaded));
}

struct Run final : experiments::Audience {
  void second_over(const Second& second) override {
    if (second.at > Duration{100'000} && second.at <= Duration{184'000})
      asleep += second.hosts[1].power == drivers::sim::HostPower::asleep ? 1 : 0;
  }
  void migration_over(const MigrationRecord& over) override { migrations.push_back(over); }

  std::vector<MigrationRecord> migrations;
  std::int64_t asleep = 0;  ///< seconds of pm1 between the first return and the second overload
  std::int64_t joules = 0;
};

Run run(const Scenario& scenario) {
  Run out;
  Simulation simulation{scenario, {.journal = false, .audience = &out}};
  simulation.run_until(Instant{scenario.length});
  CHECK(simulation.referee().broken().empty());
  for (std::size_t host = 0; host < scenario.hosts.size(); ++host)
    out.joules += simulation.models().world().counted(host).energy_uj / 1'000'000;
  for (const auto& each : scenario.switches)
    out.joules += each.milliwatts * scenario.length.count() / 1'000'000;
  return out;
}

bool within(Duration at, std::int64_t from_s, std::int64_t to_s) {
  return at >= Duration{from_s * 1'000} && at <= Duration{to_s * 1'000};
}

// Paper §IV-B: "At 85 seconds, the consolidation system decided to consolidate all VMs [...] This
// live migration finished approximately at 100 seconds [...] At 175 seconds, VM1 started consuming
// [...] After detecting the overloading of Warehouse Node (PM0), the consolidation system [...]
// relocated the most CPU-consuming VM (VM0)".
TEST_CASE("paper_simple: postcopy: there, back at 85 s, asleep at 100 s, there again after 175 s") {
  const Run paper = run(load("paper_simple"));
  REQUIRE(paper.migrations.size() == 3);
  for (const MigrationRecord& migration : paper.migrations)
    CHECK((migration.vm == 0 && migration.completed));
  CHECK(within(paper.migrations[1].began, 82, 87));
  CHECK(within(paper.migrations[1].ended, 94, 104));
  // The wake takes 6 s of this, counted from the decision.
  CHECK(within(paper.migrations[2].began, 178 + 6, 190 + 6));
}

// "In this case, however, the live migration did not finish until 160 seconds [...] Server Node
// (PM1) was suspended only in 20 seconds (i.e., approximately 25% of using postcopy)."
TEST_CASE("paper_simple: precopy: not back before 140 s, asleep for a quarter of the time") {
  const Run precopy = run(load("paper_simple_precopy"));
  const Run postcopy = run(load("paper_simple"));
  REQUIRE(!precopy.migrations.empty());
  CHECK(within(precopy.migrations[0].began, 82, 87));
  CHECK(within(precopy.migrations[0].ended, 140, 170));
  CHECK(precopy.asleep * 100 / postcopy.asleep >= 15);
  CHECK(precopy.asleep * 100 / postcopy.asleep <= 35);
}

// Table IV: 344 204 Ws with postcopy, 369 877 Ws with precopy.
TEST_CASE("paper_complex: postcopy costs less than precopy, and both about what Table IV says") {
  std::int64_t postcopy = 0, precopy = 0;
  constexpr int kSeeds = 5;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const Override drawn{"seed", std::to_string(seed)};
    postcopy += run(load("paper_complex", {drawn})).joules;
    precopy += run(load("paper_complex", {drawn, {"conf.migration.mode", "precopy"}})).joules;
  }
  CHECK(postcopy < precopy);
  CHECK(postcopy / kSeeds > 344'204 * 85 / 100);
  CHECK(postcopy / kSeeds < 344'204 * 115 / 100);
  CHECK(precopy / kSeeds > 369'877 * 85 / 100);
  CHECK(precopy / kSeeds < 369'877 * 115 / 100);
}

}  // namespace
}  // namespace tests

// tests/scenarios/planetlab on a trace that is made here, as none is part of the project.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/trace_folder.h"
#include "tools/experiments/simulation.h"

namespace tests {
namespace {

using drivers::sim::Scenario;

constexpr const char* kFile = NEMURI_SOURCE_DIR "/tests/scenarios/planetlab/scenario.yaml";

// 96 VMs; those of the first part want all they may after five minutes.
std::string small_trace() {
  std::string out;
  for (int row = 0; row < 96; ++row)
    out += fmt::format("vm{},{},{}\n", row, 5 + row % 10, row < 24 ? 100 : 10);
  return out;
}

TEST_CASE("planetlab: four types of VM by quarter of the trace; what overloads goes elsewhere") {
  const TraceFolder folder;
  const auto loaded = drivers::sim::load_scenario(kFile, {{"trace", folder.packed(small_trace())},
                                                          {"length", "8m"},
                                                          {"hosts.wh{n}.capacity_cores", "3"}});
  REQUIRE(std::holds_alternative<Scenario>(loaded));
  const auto& scenario = std::get<Scenario>(loaded);
  CHECK(scenario.hosts.size() == 808);
  REQUIRE(scenario.vms.size() == 96);
  CHECK(scenario.vms[24].memory.count == 1'740 * 1'024);
  CHECK(scenario.vms[95].memory.count == 613 * 1'024);
  experiments::Simulation run{scenario, {.journal = false}};
  run.run_until(reactor::Instant{scenario.length});
  CHECK(run.referee().broken().empty());
  CHECK(run.referee().migrations() > 0);
}

TEST_CASE("planetlab: without a trace: said how to give one") {
  const auto loaded = drivers::sim::load_scenario(kFile);
  const auto* faults = std::get_if<drivers::config::Faults>(&loaded);
  REQUIRE(faults);
  CHECK(faults->size() == 4);
  CHECK(faults->front().message.find("--set trace=FILE.csv.gz") != std::string::npos);
}

}  // namespace
}  // namespace tests

// What one VM costs for one simulated second through the whole of it: models, samples, director
// and actors, the referee's checks after each turn; the journal off.
//
// An item is a VM-second, of process CPU. Goal: below 1 us, at any number of hosts (issue 3).
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <fstream>
#include <memory>

#include "tools/benchmarks/fleet.h"
#include "tools/experiments/simulation.h"

namespace {

using drivers::sim::Duration;
using experiments::Simulation;
using reactor::Instant;

constexpr Duration kWarm{30'000};  // windows full, all VMs parked, unused hosts asleep
constexpr Duration kMeasured{10'000};
constexpr Duration kLength{3'600'000};
constexpr std::int64_t kPageBytes = 4'096;

std::int64_t resident_bytes() {
  std::int64_t all = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> all >> resident;
  return resident * kPageBytes;
}

void day(benchmark::State& state) {
  const auto hosts = static_cast<int>(state.range(0));
  malloc_trim(0);  // what an earlier run left is none of this one's
  const std::int64_t before = resident_bytes();
  const auto scenario = fleet::scenario(hosts, kLength);
  Simulation simulation{scenario, {.journal = false}};
  Instant end{kWarm};
  simulation.run_until(end);
  for ([[maybe_unused]] auto _ : state)
    simulation.run_until(end += kMeasured);
  const auto vms = static_cast<std::int64_t>(scenario.vms.size());
  state.SetItemsProcessed(state.iterations() * vms * kMeasured.count() / 1'000);
  state.counters["bytes_per_vm"] =
      static_cast<double>(resident_bytes() - before) / static_cast<double>(vms);
  state.counters["migrations"] = static_cast<double>(simulation.referee().migrations());
  if (!simulation.referee().broken().empty())
    state.SkipWithError(simulation.referee().broken().front().c_str());
}
BENCHMARK(day)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

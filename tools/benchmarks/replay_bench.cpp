// What one journal entry costs to replay: read from its text, the turns it covers run again by
// fresh actors, what they say held against it.
//
// An item is an entry, of process CPU; most entries hold a batch of samples. The journal is of five
// minutes of a fleet (fleet.h), 200 VMs.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "actors/controller/replay.h"
#include "tools/benchmarks/fleet.h"
#include "tools/experiments/simulation.h"

namespace {

using experiments::Simulation;

constexpr int kHosts = 20;
constexpr reactor::Duration kLength{300'000};

std::vector<actors::ports::JournalFields> journal_of(Simulation& simulation) {
  simulation.run_until(reactor::Instant{kLength});
  std::vector<actors::ports::JournalFields> out;
  for (const auto& [id, fields] : simulation.models().stream().journal())
    out.push_back(fields);
  std::ranges::stable_sort(
      out, {}, [](const auto& fields) { return actors::read_entry(fields).value().turn; });
  return out;
}

void fill(actors::JournalEntry& entry, const drivers::sim::SimStream& stream) {
  for (actors::Input& input : entry.inputs)
    if (auto* stats = std::get_if<actors::input::Stats>(&input))
      stats->samples = stream.samples(stats->first, stats->last);
}

void replay(benchmark::State& state) {
  Simulation simulation{fleet::scenario(kHosts, kLength)};
  const auto journal = journal_of(simulation);
  for ([[maybe_unused]] auto _ : state) {
    actors::Replay again;
    for (const auto& fields : journal) {
      auto entry = actors::read_entry(fields).value();
      fill(entry, simulation.models().stream());
      if (again.feed(entry).value()) return state.SkipWithError("the replay differs");
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(journal.size()));
}
BENCHMARK(replay)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

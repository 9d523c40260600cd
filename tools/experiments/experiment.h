// One row of a result: a scenario run in one of the ways that are compared with one another.
#pragma once

#include "drivers/sim/sim_stream.h"
#include "tools/experiments/books.h"

namespace experiments {

namespace sim = drivers::sim;

/// What is wanted beside the sums; the run is the same whatever it is.
struct RunWishes {
  /// Gets each journal entry as it is written; its samples can be had from the stream for an hour.
  /// None: no journal is made. Baselines have none.
  std::function<void(const sim::SimStream&, const sim::SimStream::Entry&)> on_entry;
  Audience* audience = nullptr;
  bool must_settle = false;  ///< not to have come to rest at the end counts as broken (settled.h)
};

struct Outcome {
  RunSummary summary;
  std::vector<std::string> broken;  ///< what must never be, with its time; empty: all is well
};

/// Seed and policy are those of the scenario; the migration mode is that of `kind`.
Outcome run(sim::Scenario scenario, sim::RunKind kind, const RunWishes& wishes = {});

/// False: a baseline.
constexpr bool has_controller(sim::RunKind kind) {
  return kind != sim::RunKind::none && kind != sim::RunKind::ideal;
}

/// The kind that runs a mode of conf.yaml's `migration.mode`.
sim::RunKind kind_of(actors::ports::MigrationMode mode);

}  // namespace experiments

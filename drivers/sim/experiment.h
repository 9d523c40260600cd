// One row of a result: a scenario run in one of the ways that are compared with one another.
#pragma once

#include "drivers/sim/books.h"
#include "drivers/sim/sim_stream.h"

namespace drivers::sim {

/// What is wanted beside the sums; the run is the same whatever it is.
struct RunWishes {
  /// Gets each journal entry as it is written; its samples can be had from the stream for an hour.
  /// None: no journal is made. Baselines have none.
  std::function<void(const SimStream&, const SimStream::Entry&)> on_entry;
  Audience* audience = nullptr;
  bool must_settle = false;  ///< not to have come to rest at the end counts as broken (settled.h)
};

struct Outcome {
  RunSummary summary;
  std::vector<std::string> broken;  ///< what must never be, with its time; empty: all is well
};

/// Seed and policy are those of the scenario; the migration mode is that of `kind`.
Outcome run(Scenario scenario, RunKind kind, const RunWishes& wishes = {});

/// False: a baseline.
constexpr bool has_controller(RunKind kind) {
  return kind != RunKind::none && kind != RunKind::ideal;
}

/// The kind that runs a mode of conf.yaml's `migration.mode`.
RunKind kind_of(actors::ports::MigrationMode mode);

}  // namespace drivers::sim

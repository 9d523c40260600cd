#include "tools/experiments/experiment.h"

#include <algorithm>
#include <utility>

#include "reactor/invariant.h"
#include "tools/experiments/baselines.h"
#include "tools/experiments/bookkeeper.h"
#include "tools/experiments/chaos.h"
#include "tools/experiments/simulation.h"

namespace experiments {

using namespace drivers::sim;

using actors::ports::MigrationMode;

namespace {

/// Hands on what it hears to two.
class Both final : public Audience {
 public:
  Both(Audience& first, Audience* second) : first_(first), second_(second) {}
  void second_over(const Second& second) override {
    first_.second_over(second);
    if (second_) second_->second_over(second);
  }
  void migration_over(const MigrationRecord& migration) override {
    first_.migration_over(migration);
    if (second_) second_->migration_over(migration);
  }

 private:
  Audience& first_;
  Audience* second_;
};

MigrationMode mode_of(RunKind kind) {
  switch (kind) {
    case RunKind::precopy: return MigrationMode::precopy;
    case RunKind::precopy_then_postcopy: return MigrationMode::precopy_then_postcopy;
    case RunKind::postcopy: return MigrationMode::postcopy;
    case RunKind::postcopy_after_precopy: return MigrationMode::postcopy_after_precopy;
    case RunKind::none:
    case RunKind::ideal: break;
  }
  INVARIANT(false);
}

std::vector<std::string> run_controller(const Scenario& scenario, const RunWishes& wishes,
                                        Audience& audience) {
  Simulation simulation{scenario, {.journal = wishes.on_entry != nullptr, .audience = &audience}};
  SimStream& stream = simulation.models().stream();
  if (wishes.on_entry)
    stream.read_by([&](const SimStream::Entry& entry) { wishes.on_entry(stream, entry); });
  std::vector<std::string> restless;
  if (wishes.must_settle) restless = come_to_rest(simulation, scenario);
  simulation.run_until(Instant{scenario.length});
  std::vector<std::string> broken = simulation.referee().broken();
  std::ranges::copy(restless, std::back_inserter(broken));
  return broken;
}

std::vector<std::string> run_any(Scenario& scenario, RunKind kind, const RunWishes& wishes,
                                 Audience& audience) {
  if (kind == RunKind::none) return run_none(scenario, audience), std::vector<std::string>{};
  if (kind == RunKind::ideal) return run_ideal(scenario, audience), std::vector<std::string>{};
  scenario.settings.migration.mode = mode_of(kind);
  return run_controller(scenario, wishes, audience);
}

}  // namespace

Outcome run(Scenario scenario, RunKind kind, const RunWishes& wishes) {
  Bookkeeper books;
  Both audience{books, wishes.audience};
  std::vector<std::string> broken = run_any(scenario, kind, wishes, audience);
  Outcome out{books.summary(), std::move(broken)};
  out.summary.seed = scenario.seed;
  out.summary.kind = kind;
  if (has_controller(kind)) out.summary.policy = scenario.settings.policy;
  return out;
}

RunKind kind_of(MigrationMode mode) {
  switch (mode) {
    case MigrationMode::precopy: return RunKind::precopy;
    case MigrationMode::precopy_then_postcopy: return RunKind::precopy_then_postcopy;
    case MigrationMode::postcopy: return RunKind::postcopy;
    case MigrationMode::postcopy_after_precopy: return RunKind::postcopy_after_precopy;
  }
  INVARIANT(false);
}

}  // namespace experiments

#include "tools/sim/report_of.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "tools/sim/pictures.h"
#include "tools/sim/summary.h"

namespace sim_tool {

using drivers::sim::RunKind;
using experiments::RunSummary;

namespace {

constexpr double kMilli = 1'000.0;

report::Figures figures_of(const RunSummary& row) {
  report::Figures out{.seed = row.seed,
                      .energy_j = static_cast<double>(row.energy.total_mj()) / kMilli,
                      .saved_pct = row.saved_pct,
                      .eliminated_pct = row.eliminated_pct,
                      .lost_cpu_s = static_cast<double>(row.lost_cpu_ms) / kMilli,
                      .migrations = row.migrations,
                      .hosts_on_mean = static_cast<double>(row.hosts_on_milli) / kMilli,
                      .downtime_ms_p99 = {},
                      .slatah_pct = row.slatah_pct,
                      .pdm_pct = row.pdm_pct};
  if (row.downtime_ms_p99) out.downtime_ms_p99 = static_cast<double>(*row.downtime_ms_p99);
  return out;
}

using Value = std::function<std::optional<double>(const report::Figures&)>;

std::optional<report::Spread> spread(const std::vector<report::Figures>& runs, const Value& value) {
  std::vector<double> values;
  for (const report::Figures& run : runs)
    if (const auto one = value(run)) values.push_back(*one);
  const auto all = spread_of(std::move(values));
  if (!all) return std::nullopt;
  return report::Spread{all->low, all->median, all->high};
}

report::Spreads spreads_of(const std::vector<report::Figures>& runs) {
  using Of = const report::Figures&;
  const auto always = [&](const Value& value) {
    return spread(runs, value).value_or(report::Spread{});
  };
  return {.energy_j = always([](Of f) { return f.energy_j; }),
          .saved_pct = spread(runs, [](Of f) { return f.saved_pct; }),
          .eliminated_pct = spread(runs, [](Of f) { return f.eliminated_pct; }),
          .lost_cpu_s = always([](Of f) { return f.lost_cpu_s; }),
          .migrations = always([](Of f) { return static_cast<double>(f.migrations); }),
          .hosts_on_mean = always([](Of f) { return f.hosts_on_mean; }),
          .downtime_ms_p99 = spread(runs, [](Of f) { return f.downtime_ms_p99; }),
          .slatah_pct = spread(runs, [](Of f) { return f.slatah_pct; }),
          .pdm_pct = spread(runs, [](Of f) { return f.pdm_pct; })};
}

std::optional<report::Reference> reference_of(const Plan& plan, RunKind kind) {
  const std::vector<RunSummary> rows = paper_rows(plan.scenario.paper);
  const auto row = std::ranges::find(rows, kind, &RunSummary::kind);
  if (row == rows.end()) return std::nullopt;
  return report::Reference{static_cast<double>(row->energy.total_mj()) / kMilli, row->saved_pct,
                           row->eliminated_pct};
}

std::vector<report::Booked> booked_of(const actors::Energy& energy) {
  std::vector<report::Booked> out;
  for (std::size_t i = 0; i < actors::kCauses; ++i)
    out.push_back({std::string{actors::name_of(static_cast<actors::Cause>(i))},
                   static_cast<double>(energy.mj[i]) / kMilli});
  return out;
}

report::Mode mode_of(const Plan& plan, RunKind kind, std::vector<RunResult>& results,
                     const std::vector<RunSummary>& rows) {
  report::Mode out;
  out.name = actors::name_of(kind);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (plan.runs[i].kind != kind) continue;
    out.runs.push_back(figures_of(rows[i]));
    if (!results[i].recording) continue;
    out.shown = std::move(results[i].recording);
    out.booked = booked_of(rows[i].energy);
    if (experiments::has_controller(kind)) out.command = plan.runs[i].repeat;
  }
  out.all = spreads_of(out.runs);
  out.reference = reference_of(plan, kind);
  return out;
}

}  // namespace

report::Report report_of(const Plan& plan, std::vector<RunResult>& results,
                         const std::vector<RunSummary>& rows) {
  report::Report out{.scenario = plan.scenario.name,
                     .version = NEMURI_VERSION,
                     .command = plan.command,
                     .seed = plan.runs.front().seed,
                     .reference = plan.scenario.paper.empty() ? "" : "the paper's Table IV",
                     .pool = pool_of(plan.scenario),
                     .modes = {}};
  for (std::size_t place = 0; place < names(RunKind{}).size(); ++place) {
    const auto kind = static_cast<RunKind>(place);
    if (std::ranges::count(plan.runs, kind, &PlannedRun::kind) > 0)
      out.modes.push_back(mode_of(plan, kind, results, rows));
  }
  return out;
}

}  // namespace sim_tool

#include "tools/sim/sim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "tools/report/page.h"
#include "tools/sim/progress.h"
#include "tools/sim/report_of.h"
#include "tools/sim/summary.h"
#include "tools/sim/table.h"

namespace sim_tool {

using experiments::RunSummary;

namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr std::size_t kMostSaid = 10;  // of one run; the rest of what broke follows from it

void complain(const std::string& text) {
  fmt::print(stderr, "nemuri sim: {}\n", text);
}

bool check(const PlannedRun& planned, const RunResult& result) {
  if (!result.failure.empty()) complain(result.failure);
  for (std::size_t i = 0; i < std::min(result.broken.size(), kMostSaid); ++i)
    complain(fmt::format("seed {}: {}", planned.seed, result.broken[i]));
  if (!result.broken.empty()) complain("again: " + planned.repeat);
  return result.failure.empty() && result.broken.empty();
}

bool check_all(const Plan& plan, const std::vector<RunResult>& results) {
  bool good = true;
  for (std::size_t i = 0; i < results.size(); ++i)
    good = check(plan.runs[i], results[i]) && good;
  return good;
}

std::vector<RunSummary> rows_of(const std::vector<RunResult>& results) {
  std::vector<RunSummary> rows;
  std::ranges::transform(results, std::back_inserter(rows), &RunResult::summary);
  compare_with_baselines(rows);
  return rows;
}

std::vector<RunSummary> only_asked(const Plan& plan, const std::vector<RunSummary>& rows) {
  std::vector<RunSummary> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (plan.runs[i].asked) out.push_back(rows[i]);
  return out;
}

void print_table(const Plan& plan, const std::vector<RunSummary>& rows) {
  const std::int64_t seeds = plan.runs.back().seed - plan.runs.front().seed + 1;
  fmt::print("{}, {} s, {}, policy {}\n", plan.scenario.name, plan.scenario.length.count() / 1'000,
             seeds == 1 ? fmt::format("seed {}", plan.runs.front().seed)
                        : fmt::format("{} seeds (medians)", seeds),
             plan.scenario.settings.policy);
  fmt::print("{}", table_of(rows, plan.scenario.paper));
  std::fflush(stdout);
}

bool write(const ResultFolder& folder, const char* name, const std::string& text) {
  const auto written = write_file(folder.path() / name, text);
  if (!written.ok()) complain(written.error().detail);
  return written.ok();
}

bool write_results(const Plan& plan, std::vector<RunResult>& results,
                   const std::vector<RunSummary>& rows) {
  if (!plan.out) return true;
  const bool page = write(*plan.out, "report.html", report::page(report_of(plan, results, rows)));
  return write(*plan.out, "summary.json", summary_json(only_asked(plan, rows))) && page;
}

std::vector<RunResult> carry_out_visibly(const Plan& plan) {
  Progress progress;
  return carry_out(plan, [&](std::int64_t done, std::int64_t all) { progress.show(done, all); });
}

}  // namespace

int simulate(const SimOptions& options) {
  auto planned = make_plan(options);
  if (const auto* bad = std::get_if<BadUsage>(&planned)) return complain(bad->text), kBadUsage;
  Plan plan = std::get<Plan>(std::move(planned));
  if (!options.out.empty()) {
    auto folder = ResultFolder::open(options.out, options.force);
    if (!folder.ok()) return complain(folder.error().detail), kBadUsage;
    plan.out = std::move(folder).value();
  }
  std::vector<RunResult> results = carry_out_visibly(plan);
  const std::vector<RunSummary> rows = rows_of(results);
  print_table(plan, rows);
  const bool good = check_all(plan, results);
  return write_results(plan, results, rows) && good ? 0 : kFailed;
}

}  // namespace sim_tool

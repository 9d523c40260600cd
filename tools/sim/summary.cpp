#include "tools/sim/summary.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "actors/ports/json.h"

namespace sim_tool {

using actors::Json;
using drivers::sim::PaperFigure;
using drivers::sim::RunKind;
using experiments::RunSummary;

namespace {

constexpr double kMilli = 1'000.0;

// To the thousandth: more would be noise of the division.
double rounded(double value) {
  return std::round(value * kMilli) / kMilli;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json row_json(const RunSummary& row) {
  Json out = Json::object();
  out["seed"] = row.seed;
  out["policy"] = or_null(row.policy);
  out["migration"] = actors::name_of(row.kind);
  out["energy_j"] = static_cast<double>(row.energy.total_mj()) / kMilli;
  out["saved_pct"] = or_null(row.saved_pct);
  out["eliminated_pct"] = or_null(row.eliminated_pct);
  out["lost_cpu_s"] = static_cast<double>(row.lost_cpu_ms) / kMilli;
  out["migrations"] = row.migrations;
  out["hosts_on_mean"] = static_cast<double>(row.hosts_on_milli) / kMilli;
  out["downtime_ms_p99"] = or_null(row.downtime_ms_p99);
  out["slatah_pct"] = or_null(row.slatah_pct);
  out["pdm_pct"] = or_null(row.pdm_pct);
  out["journal_sha256"] = or_null(row.journal_sha256);
  return out;
}

void compare(RunSummary& row, std::int64_t none_mj, std::optional<std::int64_t> ideal_mj) {
  const auto saved = [&](std::int64_t mj) { return static_cast<double>(none_mj - mj); };
  if (none_mj == 0 || row.kind == RunKind::none) return;
  const std::int64_t mj = row.energy.total_mj();
  row.saved_pct = rounded(saved(mj) * 100 / static_cast<double>(none_mj));
  if (ideal_mj && none_mj > *ideal_mj)
    row.eliminated_pct = rounded(saved(mj) * 100 / saved(*ideal_mj));
}

}  // namespace

std::string summary_json(const std::vector<RunSummary>& rows) {
  Json out = Json::object();
  out["runs"] = Json::array();
  for (const RunSummary& row : rows)
    out["runs"].push_back(row_json(row));
  return out.dump(2) + "\n";
}

void compare_with_baselines(std::vector<RunSummary>& rows) {
  std::map<std::int64_t, std::int64_t> none, ideal;  // by seed
  for (const RunSummary& row : rows) {
    if (row.kind == RunKind::none) none[row.seed] = row.energy.total_mj();
    if (row.kind == RunKind::ideal) ideal[row.seed] = row.energy.total_mj();
  }
  for (RunSummary& row : rows) {
    const auto to = none.find(row.seed), best = ideal.find(row.seed);
    if (to == none.end()) continue;
    compare(row, to->second, best == ideal.end() ? std::nullopt : std::optional{best->second});
  }
}

std::vector<RunSummary> paper_rows(const std::vector<PaperFigure>& paper) {
  std::vector<RunSummary> out;
  for (const PaperFigure& figure : paper) {
    RunSummary row;
    row.kind = figure.kind;
    row.energy.mj[0] = figure.energy_j * 1'000;
    out.push_back(std::move(row));
  }
  compare_with_baselines(out);
  return out;
}

std::optional<Spread> spread_of(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], place - std::floor(place));
  };
  return Spread{at(0.1), at(0.5), at(0.9)};
}

}  // namespace sim_tool

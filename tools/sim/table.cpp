#include "tools/sim/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "actors/ports/fields.h"
#include "tools/sim/summary.h"

namespace sim_tool {

using drivers::sim::PaperFigure;
using drivers::sim::RunKind;
using experiments::RunSummary;

namespace {

constexpr double kMilli = 1'000.0;

struct Column {
  const char* head;
  int places;  ///< behind the point
  std::function<std::optional<double>(const RunSummary&)> value;
};

template <class T>
double number(T value) {
  return static_cast<double>(value);
}

const std::vector<Column>& columns() {
  static const std::vector<Column> all{
      {"energy (Ws)", 0, [](const RunSummary& r) { return number(r.energy.total_mj()) / kMilli; }},
      {"saved (%)", 1, [](const RunSummary& r) { return r.saved_pct; }},
      {"of avoidable (%)", 1, [](const RunSummary& r) { return r.eliminated_pct; }},
      {"lost CPU (s)", 1, [](const RunSummary& r) { return number(r.lost_cpu_ms) / kMilli; }},
      {"migrations", 0, [](const RunSummary& r) { return number(r.migrations); }},
      {"hosts on", 2, [](const RunSummary& r) { return number(r.hosts_on_milli) / kMilli; }},
      {"downtime p99 (ms)", 0,
       [](const RunSummary& r) -> std::optional<double> {
         if (!r.downtime_ms_p99) return std::nullopt;
         return number(*r.downtime_ms_p99);
       }},
      {"SLATAH (%)", 2, [](const RunSummary& r) { return r.slatah_pct; }},
      {"PDM (%)", 4, [](const RunSummary& r) { return r.pdm_pct; }}};
  return all;
}

using Line = std::vector<std::string>;

std::string cell(std::optional<double> value, int places) {
  return value ? fmt::format("{:.{}f}", *value, places) : "-";
}

std::string name_of(RunKind kind) {
  if (kind == RunKind::none) return "no consolidation";
  std::string out{actors::name_of(kind)};
  std::ranges::replace(out, '_', ' ');
  return out;
}

std::optional<Spread> spread(const std::vector<RunSummary>& rows, const Column& column) {
  std::vector<double> values;
  for (const RunSummary& row : rows)
    if (const auto value = column.value(row)) values.push_back(*value);
  return spread_of(std::move(values));
}

void add_measured(const std::vector<RunSummary>& rows, std::vector<Line>& out) {
  Line median{name_of(rows.front().kind)}, range{"  10-90 %"};
  for (const Column& column : columns()) {
    const auto all = spread(rows, column);
    median.push_back(cell(all ? std::optional{all->median} : std::nullopt, column.places));
    range.push_back(all ? cell(all->low, column.places) + "-" + cell(all->high, column.places)
                        : "-");
  }
  out.push_back(std::move(median));
  if (rows.size() > 1) out.push_back(std::move(range));
}

void add_paper(const std::vector<RunSummary>& paper, RunKind kind, std::vector<Line>& out) {
  const auto row = std::ranges::find(paper, kind, &RunSummary::kind);
  if (row == paper.end()) return;
  Line line{"  paper", cell(number(row->energy.total_mj()) / kMilli, 0), cell(row->saved_pct, 1),
            cell(row->eliminated_pct, 1)};
  line.resize(columns().size() + 1);
  out.push_back(std::move(line));
}

std::string aligned(const std::vector<Line>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const Line& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], line[i].size());
  std::string out;
  for (const Line& line : lines) {
    std::string text = fmt::format("{:<{}}", line[0], widths[0]);
    for (std::size_t i = 1; i < line.size(); ++i)
      text += fmt::format("  {:>{}}", line[i], widths[i]);
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace

std::string table_of(const std::vector<RunSummary>& rows, const std::vector<PaperFigure>& paper) {
  std::vector<Line> lines{{""}};
  for (const Column& column : columns())
    lines.front().emplace_back(column.head);
  const std::vector<RunSummary> papers_rows = paper_rows(paper);
  for (std::size_t place = 0; place < names(RunKind{}).size(); ++place) {
    const auto kind = static_cast<RunKind>(place);
    std::vector<RunSummary> own;
    std::ranges::copy_if(rows, std::back_inserter(own),
                         [&](const RunSummary& row) { return row.kind == kind; });
    if (own.empty()) continue;
    add_measured(own, lines);
    add_paper(papers_rows, kind, lines);
  }
  return aligned(lines);
}

}  // namespace sim_tool

#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Measure;
using config::Number;

namespace {

constexpr std::int64_t kMostJoules = 1'000'000'000'000;

}  // namespace

// `paper: {none: 390175, postcopy: 344204}`: a figure a kind of run, joules.
void read_paper(Reading& in, const YAML::Node& node) {
  if (!node) return;
  if (!node.IsMap()) return in.reader.fault(node.Mark(), "paper", "is no section");
  const auto kinds = names(RunKind{});
  std::vector<std::int64_t> joules(kinds.size(), 0);
  config::Table table;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    table.push_back({std::string{kinds[i]}, Number{&joules[i], Measure::count, 1, kMostJoules}});
  in.reader.map(node, {table, "paper.", "", {}});
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (joules[i] > 0) in.out.paper.push_back({static_cast<RunKind>(i), joules[i]});
}

}  // namespace drivers::sim

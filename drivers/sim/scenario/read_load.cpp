#include <algorithm>

#include "drivers/sim/scenario/decimals.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Measure;
using config::Number;
using config::Text;

namespace {

struct Place {
  const std::string& label;
  Ucores most;  ///< what the VM's vCPUs can use
};

constexpr const char* kTooMuch = "is more than its vCPUs can use";

void read_step(Reading& in, const YAML::Node& node, const Place& place,
               std::vector<LoadStep>& steps) {
  LoadStep step;
  std::string cpu = "0%";
  const config::Table table{{"at", time(step.at)}, {"cpu", Text{&cpu, bad_percent}}};
  in.reader.map(node, {table, place.label + ".", "", {}});
  need(in, node, place.label + ".", {"at", "cpu"});
  step.cpu = parse_percent(cpu).value_or(0);
  if (step.cpu > place.most) in.reader.fault(node.Mark(), place.label, kTooMuch);
  if (!steps.empty() && step.at <= steps.back().at)
    in.reader.fault(node.Mark(), place.label, "has steps out of order");
  steps.push_back(step);
}

std::vector<LoadStep> read_steps(Reading& in, const YAML::Node& node, const Place& place) {
  std::vector<LoadStep> steps;
  for (const YAML::Node& item : node) {
    if (item.IsMap())
      read_step(in, item, place, steps);
    else
      in.reader.fault(item.Mark(), place.label, "has a step that is no map");
  }
  return steps;
}

// A text that is no share is a fault already, and so is what it replaces then.
void take_percent(Ucores& cpu, const std::string& text) {
  if (!text.empty()) cpu = parse_percent(text).value_or(0);
}

void check_ranges(Reading& in, const YAML::Node& node, const Place& place, const LoadModes& modes) {
  if (modes.active_from > modes.active_to || modes.idle_from > modes.idle_to ||
      modes.lasts_from > modes.lasts_to)
    in.reader.fault(node.Mark(), place.label, "has a range whose end is below its beginning");
  if (modes.lasts_from < Duration{1})
    in.reader.fault(node.Mark(), place.label + ".lasts_from", "is no time; expected 1ms or more");
  if (std::max(modes.active_to, modes.idle_to) > place.most)
    in.reader.fault(node.Mark(), place.label, kTooMuch);
}

LoadModes read_modes(Reading& in, const YAML::Node& node, const Place& place) {
  LoadModes modes;
  std::string active_from, active_to, idle_from, idle_to;
  const config::Table table{{"active_share", Number{&modes.active_pct, Measure::percent, 0, 100}},
                            {"active_from", Text{&active_from, bad_percent}},
                            {"active_to", Text{&active_to, bad_percent}},
                            {"idle_from", Text{&idle_from, bad_percent}},
                            {"idle_to", Text{&idle_to, bad_percent}},
                            {"lasts_from", time(modes.lasts_from)},
                            {"lasts_to", time(modes.lasts_to)}};
  in.reader.map(node, {table, place.label + ".", "", {}});
  need(in, node, place.label + ".", {"active_share"});
  take_percent(modes.active_from, active_from);
  take_percent(modes.active_to, active_to);
  take_percent(modes.idle_from, idle_from);
  take_percent(modes.idle_to, idle_to);
  check_ranges(in, node, place, modes);
  return modes;
}

bool is_trace(const YAML::Node& node) {
  constexpr std::array kKeys{"trace", "format", "every", "full", "part", "row"};
  return std::ranges::any_of(kKeys, [&](const char* key) { return node[key].IsDefined(); });
}

}  // namespace

LoadPlan read_load(Reading& in, const YAML::Node& node, const std::string& label,
                   std::int64_t vcpus) {
  const Place place{label, std::max(vcpus, std::int64_t{1}) * kMcoresPerCore * kUcoresPerMcore};
  if (node.IsSequence()) return {read_steps(in, node, place)};
  if (node.IsMap() && is_trace(node)) return read_trace_load(in, node, label, vcpus);
  if (node.IsMap()) return {read_modes(in, node, place)};
  in.reader.fault(node.Mark(), label, "is neither a list of steps, nor random modes, nor a trace");
  return {};
}

}  // namespace drivers::sim

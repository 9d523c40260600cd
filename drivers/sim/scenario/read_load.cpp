#include "drivers/sim/scenario/decimals.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

namespace {

void read_step(Reading& in, const YAML::Node& node, const std::string& label, VmModel& vm) {
  LoadStep step;
  std::string cpu = "0%";
  const config::Table table{{"at", time(step.at)}, {"cpu", config::Text{&cpu, bad_percent}}};
  in.reader.map(node, {table, label + ".", "", {}});
  need(in, node, label + ".", {"at", "cpu"});
  step.cpu = parse_percent(cpu).value_or(0);
  if (step.cpu > vm.vcpus * kMcoresPerCore * kUcoresPerMcore)
    in.reader.fault(node.Mark(), label, "is more than its vCPUs can use");
  if (!vm.load.empty() && step.at <= vm.load.back().at)
    in.reader.fault(node.Mark(), label, "has steps out of order");
  vm.load.push_back(step);
}

}  // namespace

void read_load(Reading& in, const YAML::Node& node, const std::string& label, VmModel& vm) {
  if (!node) return;
  if (!node.IsSequence()) return in.reader.fault(node.Mark(), label, "is no list of steps");
  for (const YAML::Node& item : node) {
    if (!item.IsMap()) return in.reader.fault(item.Mark(), label, "has a step that is no map");
    read_step(in, item, label, vm);
  }
}

}  // namespace drivers::sim

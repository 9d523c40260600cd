#include "drivers/config/text_rules.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Measure;
using config::Number;
using config::Text;

namespace {

void read_place(Reading& in, const YAML::Node& node, const std::string& label, const VmModel& vm) {
  if (!node) return;
  const HostModel* host = known_host(in, node, label, vm.on);
  if (host && host->asleep)
    in.reader.fault(node.Mark(), label, "'" + vm.on.text + "' begins asleep");
}

void read_vm(Reading& in, const YAML::Node& node, const std::string& label) {
  VmModel vm;
  std::int64_t megabytes = 0;
  const config::Table table{{"name", Text{&vm.name, config::bad_name}},
                            {"on", Text{&vm.on.text, config::bad_name}},
                            {"vcpus", Number{&vm.vcpus, Measure::count, 1, kMostCores}},
                            {"memory", Number{&vm.memory, Measure::kibibytes, 1, kMostKib}},
                            {"dirty_mb_s", Number{&megabytes, Measure::count, 0, kMostMegabytes}}};
  in.reader.map(node, {table, label, "", {"load"}});
  need(in, node, label, {"name", "on", "memory", "load"});
  vm.dirty_bytes = megabytes * kMegabyte;
  read_load(in, node["load"], label + "load", vm);
  read_place(in, node["on"], label + "on", vm);
  in.out.vms.push_back(std::move(vm));
}

}  // namespace

void read_vms(Reading& in, const YAML::Node& root) {
  each(in, root, "vms",
       [&](const YAML::Node& node, const std::string& label) { read_vm(in, node, label); });
}

}  // namespace drivers::sim

#include "drivers/sim/scenario/group.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Measure;
using config::Number;
using config::Text;

namespace {

// Paper §IV-B: an intensity of 0.6 updates 200 MB/s at 100 % CPU.
std::int64_t dirty_bytes_at(std::int64_t intensity_pct) {
  return intensity_pct * 200 * kMegabyte / 60;
}

/// A VM, or a group of them.
struct VmEntry {
  VmModel model;                   ///< of each; its name may be a pattern
  std::vector<actors::HostId> on;  ///< they begin there, in turn
  std::int64_t count = 1;
  LoadPlan load;
};

void read_place(Reading& in, const YAML::Node& node, const std::string& label, VmEntry& vms) {
  if (!node) return;
  const std::vector<YAML::Node> names = node.IsSequence()
                                            ? std::vector<YAML::Node>(node.begin(), node.end())
                                            : std::vector<YAML::Node>{node};
  for (const YAML::Node& name : names) {
    if (!name.IsScalar())
      return in.reader.fault(name.Mark(), label, "is no name of a host, nor a list of them");
    vms.on.push_back({name.Scalar()});
    const HostModel* host = known_host(in, name, label, vms.on.back());
    if (host && host->asleep)
      in.reader.fault(name.Mark(), label, "'" + name.Scalar() + "' begins asleep");
  }
}

// What a trace says of a VM holds where the entry says nothing.
void follow(const TraceRow& row, LoadTrace& load, VmModel& vm) {
  load.per_mille = row.per_mille;
  if (vm.vcpus == 0) vm.vcpus = std::max(row.vcpus, std::int64_t{1});
  if (load.full == 0) load.full = vm.vcpus * kMcoresPerCore * kUcoresPerMcore;
  if (vm.memory.count == 0) vm.memory = row.memory;
}

void give_load(const LoadPlan& plan, std::size_t n, VmModel& vm) {
  vm.load = plan.load;
  if (!plan.rows.empty())
    follow(*plan.rows[n % plan.rows.size()], std::get<LoadTrace>(vm.load), vm);
  if (vm.vcpus == 0) vm.vcpus = 1;
}

void add_all(Reading& in, const YAML::Node& node, const std::string& label, const VmEntry& vms) {
  if (vms.on.empty()) return;  // a fault already
  for (std::int64_t n = 0; n < vms.count; ++n) {
    VmModel vm = vms.model;
    vm.name = numbered(vms.model.name, n);
    vm.on = vms.on[static_cast<std::size_t>(n) % vms.on.size()];
    give_load(vms.load, static_cast<std::size_t>(n), vm);
    if (!in.vm_names.insert(vm.name).second)
      in.reader.fault(node.Mark(), label + "name", "'" + vm.name + "' is given twice");
    in.out.vms.push_back(std::move(vm));
  }
}

// A trace may say how many there are, and how large.
void check_trace(Reading& in, const YAML::Node& node, const std::string& label, VmEntry& vms) {
  const bool traced = std::holds_alternative<LoadTrace>(vms.load.load);
  const auto& rows = vms.load.rows;
  if (traced && !node["count"] && is_pattern(vms.model.name))
    vms.count = static_cast<std::int64_t>(rows.size());
  if (!traced || node["count"]) check_group(in, node, label, vms.model.name);
  if (!traced || (!rows.empty() && rows.front()->memory.count == 0))
    need(in, node, label, {"memory"});
}

void read_vm(Reading& in, const YAML::Node& node, const std::string& label) {
  VmEntry vms;
  VmModel& vm = vms.model;
  vm.vcpus = 0;  // not given
  std::int64_t megabytes = 0, intensity = 0;
  const config::Table table{{"name", Text{&vm.name, bad_pattern}},
                            {"count", Number{&vms.count, Measure::count, 1, kMostOfAGroup}},
                            {"vcpus", Number{&vm.vcpus, Measure::count, 1, kMostCores}},
                            {"memory", Number{&vm.memory, Measure::kibibytes, 1, kMostKib}},
                            {"dirty_mb_s", Number{&megabytes, Measure::count, 0, kMostMegabytes}},
                            {"intensity", Number{&intensity, Measure::percent, 0, 1'000}}};
  in.reader.map(node, {table, label, "", {"on", "load"}});
  need(in, node, label, {"name", "on", "load"});
  if (node["dirty_mb_s"] && node["intensity"])
    in.reader.fault(node["intensity"].Mark(), label + "intensity",
                    "says what dirty_mb_s says; give either");
  vm.dirty_bytes = megabytes * kMegabyte + dirty_bytes_at(intensity);
  if (node["load"]) vms.load = read_load(in, node["load"], label + "load", vm.vcpus);
  check_trace(in, node, label, vms);
  read_place(in, node["on"], label + "on", vms);
  add_all(in, node, label, vms);
}

}  // namespace

void read_vms(Reading& in, const YAML::Node& root) {
  each(in, root, "vms",
       [&](const YAML::Node& node, const std::string& label) { read_vm(in, node, label); });
}

}  // namespace drivers::sim

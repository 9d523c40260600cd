#include "drivers/sim/scenario/decimals.h"
#include "drivers/sim/scenario/group.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Flag;
using config::Measure;
using config::Number;
using config::Text;

namespace {

void add_host(Reading& in, const YAML::Node& node, const std::string& label, HostModel host) {
  const actors::HostId name = host.plan.name;
  if (!in.host_at.emplace(name, in.out.hosts.size()).second)
    in.reader.fault(node.Mark(), label + "name", "'" + name.text + "' is given twice");
  in.out.settings.hosts.push_back(host.plan);
  in.out.hosts.push_back(std::move(host));
}

void read_host(Reading& in, const YAML::Node& node, const std::string& label) {
  HostModel host;
  std::string overhead = "0%", name;
  std::int64_t capacity = 0, count = 1;
  const config::Table table{{"name", Text{&name, bad_pattern}},
                            {"count", Number{&count, Measure::count, 1, kMostOfAGroup}},
                            {"role", config::choice_of(host.plan.role)},
                            {"may_sleep", Flag{&host.plan.may_sleep}},
                            {"verify", config::choice_of(host.plan.verify)},
                            {"cores", Number{&host.cores, Measure::count, 1, kMostCores}},
                            {"capacity_cores", Number{&capacity, Measure::count, 1, kMostCores}},
                            {"memory", Number{&host.memory, Measure::kibibytes, 1, kMostKib}},
                            {"overhead", Text{&overhead, bad_percent}},
                            {"asleep", Flag{&host.asleep}},
                            {"suspend_takes", time(host.suspend_takes)},
                            {"resume_takes", time(host.resume_takes)}};
  in.reader.map(node, {table, label, "", {"watts"}});
  need(in, node, label, {"name", "role", "cores", "memory"});
  check_group(in, node, label, name);
  host.capacity.count = (capacity > 0 ? capacity : host.cores) * kMcoresPerCore;
  host.overhead = parse_percent(overhead).value_or(0);
  read_power(in, node["watts"], label + "watts", host.power);
  for (std::int64_t n = 0; n < count; ++n) {
    host.plan.name.text = numbered(name, n);
    add_host(in, node, label, host);
  }
}

}  // namespace

void read_hosts(Reading& in, const YAML::Node& root) {
  each(in, root, "hosts",
       [&](const YAML::Node& node, const std::string& label) { read_host(in, node, label); });
}

}  // namespace drivers::sim

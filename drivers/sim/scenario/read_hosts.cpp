#include <algorithm>

#include "drivers/config/text_rules.h"
#include "drivers/sim/scenario/decimals.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Flag;
using config::Measure;
using config::Number;
using config::Text;

namespace {

void read_host(Reading& in, const YAML::Node& node, const std::string& label) {
  HostModel host;
  std::string overhead = "0%";
  std::int64_t capacity = 0;
  const config::Table table{{"name", Text{&host.plan.name.text, config::bad_name}},
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
  host.capacity.count = (capacity > 0 ? capacity : host.cores) * kMcoresPerCore;
  host.overhead = parse_percent(overhead).value_or(0);
  read_power(in, node["watts"], label + "watts", host.power);
  const auto same = [&](const HostModel& other) { return other.plan.name == host.plan.name; };
  if (std::ranges::any_of(in.out.hosts, same))
    in.reader.fault(node.Mark(), label + "name", "'" + host.plan.name.text + "' is given twice");
  in.out.settings.hosts.push_back(host.plan);
  in.out.hosts.push_back(std::move(host));
}

}  // namespace

void read_hosts(Reading& in, const YAML::Node& root) {
  each(in, root, "hosts",
       [&](const YAML::Node& node, const std::string& label) { read_host(in, node, label); });
}

}  // namespace drivers::sim

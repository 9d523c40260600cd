#include "drivers/config/text_rules.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

namespace {

void read_fault(Reading& in, const YAML::Node& node, const std::string& label) {
  Fault fault;
  fault.until = Duration::max();
  const config::Table table{{"kind", config::choice_of(fault.kind)},
                            {"host", config::Text{&fault.host.text, config::bad_name}},
                            {"at", time(fault.at)},
                            {"until", time(fault.until)}};
  in.reader.map(node, {table, label, "", {}});
  need(in, node, label, {"kind", "at"});
  const bool of_redis = fault.kind == FaultKind::redis_gone;
  if (of_redis != fault.host.text.empty())
    in.reader.fault(node.Mark(), label + "host", "belongs to each fault but redis_gone");
  if (!of_redis) known_host(in, node, label + "host", fault.host);
  if (fault.until <= fault.at) in.reader.fault(node.Mark(), label + "until", "is not after `at`");
  in.out.faults.push_back(fault);
}

}  // namespace

void read_faults(Reading& in, const YAML::Node& root) {
  each(in, root, "faults",
       [&](const YAML::Node& node, const std::string& label) { read_fault(in, node, label); });
}

}  // namespace drivers::sim

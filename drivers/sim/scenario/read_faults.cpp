#include "drivers/config/text_rules.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

namespace {

void whose(Reading& in, const YAML::Node& node, const std::string& label, const Fault& fault) {
  const std::string kind{actors::name_of(fault.kind)};
  const bool named = !fault.host.text.empty();
  if (named && fault_of(fault.kind) == FaultOf::management_node)
    return in.reader.fault(node.Mark(), label + "host", "belongs to no " + kind);
  if (named) {
    known_host(in, node, label + "host", fault.host);
  } else if (fault_of(fault.kind) == FaultOf::host) {
    in.reader.fault(node.Mark(), label + "host", "is missing: " + kind + " is some host's");
  }
}

void read_fault(Reading& in, const YAML::Node& node, const std::string& label) {
  Fault fault;
  fault.until = Duration::max();
  const config::Table table{{"kind", config::choice_of(fault.kind)},
                            {"host", config::Text{&fault.host.text, config::bad_name}},
                            {"at", time(fault.at)},
                            {"until", time(fault.until)},
                            {"by", time(fault.by)}};
  in.reader.map(node, {table, label, "", {}});
  need(in, node, label, {"kind", "at"});
  whose(in, node, label, fault);
  if (has_size(fault.kind) != (fault.by > Duration{0}))
    in.reader.fault(node.Mark(), label + "by",
                    "belongs to samples_late, wake_slow, clock_ahead and clock_back, to no other");
  if (fault.until <= fault.at) in.reader.fault(node.Mark(), label + "until", "is not after `at`");
  in.out.faults.push_back(fault);
}

}  // namespace

void read_faults(Reading& in, const YAML::Node& root) {
  each(in, root, "faults",
       [&](const YAML::Node& node, const std::string& label) { read_fault(in, node, label); });
}

}  // namespace drivers::sim

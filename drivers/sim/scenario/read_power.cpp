#include <utility>

#include "drivers/config/text_rules.h"
#include "drivers/sim/scenario/decimals.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Text;

namespace {

// A text that is no power is a fault already: any number will do then.
void take_watts(std::int64_t& milliwatts, const std::string& text) {
  if (!text.empty()) milliwatts = parse_watts(text).value_or(0);
}

void read_points(Reading& in, const YAML::Node& node, const std::string& label, PowerModel& power) {
  if (!node.IsSequence() || node.size() < 2)
    return in.reader.fault(node.Mark(), label,
                           "is no list of powers, one for no load first, one for full load last");
  power.awake.clear();
  for (const YAML::Node& point : node) {
    const std::string text = point.IsScalar() ? point.Scalar() : std::string{};
    if (const auto wrong = bad_watts(text)) in.reader.fault(point.Mark(), label, *wrong);
    power.awake.push_back(parse_watts(text).value_or(0));
  }
}

}  // namespace

void read_power(Reading& in, const YAML::Node& node, const std::string& label, PowerModel& power) {
  if (!node) return;
  if (!node.IsMap()) return in.reader.fault(node.Mark(), label, "is no section");
  std::string idle, full, asleep, transition;
  const config::Table table{{"idle", Text{&idle, bad_watts}},
                            {"full", Text{&full, bad_watts}},
                            {"asleep", Text{&asleep, bad_watts}},
                            {"transition", Text{&transition, bad_watts}}};
  in.reader.map(node, {table, label + ".", "", {"points"}});
  take_watts(power.awake.front(), idle);
  take_watts(power.awake.back(), full);
  if (node["points"]) read_points(in, node["points"], label + ".points", power);
  if (node["points"] && !(idle.empty() && full.empty()))
    in.reader.fault(node["points"].Mark(), label + ".points",
                    "says what `idle` and `full` say; give either");
  take_watts(power.asleep, asleep);
  power.transition = power.awake.front();
  take_watts(power.transition, transition);
}

void read_switches(Reading& in, const YAML::Node& root) {
  each(in, root, "switches", [&](const YAML::Node& node, const std::string& label) {
    SwitchModel each;
    std::string watts;
    const config::Table table{{"name", Text{&each.name, config::bad_name}},
                              {"watts", Text{&watts, bad_watts}}};
    in.reader.map(node, {table, label, "", {}});
    need(in, node, label, {"name", "watts"});
    take_watts(each.milliwatts, watts);
    in.out.switches.push_back(std::move(each));
  });
}

}  // namespace drivers::sim

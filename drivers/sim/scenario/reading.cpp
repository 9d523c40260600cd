#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

namespace {

constexpr std::int64_t kMostTime = 1'000LL * 3'600'000;

}  // namespace

config::Number time(Duration& value) {
  return {&value, config::Measure::milliseconds, 0, kMostTime};
}

void each(Reading& in, const YAML::Node& root, const std::string& key, const Entry& entry) {
  const YAML::Node list = root[key];
  if (!list) return;
  if (!list.IsSequence() || list.size() == 0)
    return in.reader.fault(list.Mark(), key, "is no list with entries; expected `- ...`");
  std::size_t place = 0;
  for (const YAML::Node& node : list) {
    const std::string label = key + "[" + std::to_string(++place) + "].";
    if (node.IsMap())
      entry(node, label);
    else
      in.reader.fault(node.Mark(), key, "has an entry that is no map");
  }
}

void need(Reading& in, const YAML::Node& node, const std::string& label,
          std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (!node[key]) in.reader.fault(node.Mark(), label + key, "is missing");
}

const HostModel* known_host(Reading& in, const YAML::Node& node, const std::string& key,
                            const actors::HostId& host) {
  const auto found = in.host_at.find(host);
  if (found != in.host_at.end()) return &in.out.hosts[found->second];
  in.reader.fault(node.Mark(), key, "'" + host.text + "' is none of the hosts");
  return nullptr;
}

}  // namespace drivers::sim

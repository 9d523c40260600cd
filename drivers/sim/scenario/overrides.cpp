#include "drivers/sim/scenario/overrides.h"

#include <algorithm>
#include <optional>

namespace drivers::sim {

namespace {

using Wrong = std::optional<std::string>;

std::string shown(const Override& each) {
  return "--set " + each.key + "=" + each.value;
}

Wrong set(const YAML::Node& node, std::string_view key, const std::string& value);

Wrong set_in_list(const YAML::Node& list, std::string_view name, std::string_view rest,
                  const std::string& value) {
  for (const YAML::Node& entry : list)
    if (entry.IsMap() && entry["name"] && entry["name"].IsScalar() &&
        entry["name"].Scalar() == name)
      return set(entry, rest, value);
  return "no entry of that list is named '" + std::string{name} + "'";
}

Wrong set_in_map(YAML::Node map, const std::string& name, std::string_view rest,
                 const std::string& value) {
  if (!rest.empty()) {
    if (!map[name]) map[name] = YAML::Node{YAML::NodeType::Map};
    return set(map[name], rest, value);
  }
  if (map[name] && !map[name].IsScalar()) return "is no single value that could be set";
  map.remove(name);  // or the new value would stand at the old one's line
  map[name] = value;
  return {};
}

Wrong set(const YAML::Node& node, std::string_view key, const std::string& value) {
  const std::size_t dot = std::min(key.find('.'), key.size());
  const std::string name{key.substr(0, dot)};
  const std::string_view rest = key.substr(std::min(dot + 1, key.size()));
  if (name.empty()) return "expected key=value, its key with points between its parts";
  if (node.IsMap()) return set_in_map(node, name, rest, value);
  if (node.IsSequence()) return set_in_list(node, name, rest, value);
  return "unknown key: there is nothing below '" + node.Scalar() + "'";
}

// "hosts.pm0.overhead" is said of "hosts[1].overhead": they end alike.
bool is_meant(const Override& each, const std::string& fault_key) {
  const auto last = [](const std::string& key) { return key.substr(key.rfind('.') + 1); };
  const auto first = [](const std::string& key) { return key.substr(0, key.find_first_of(".[")); };
  return each.key == fault_key || (first(each.key) == first(fault_key) &&
                                   each.key.find('.' + last(fault_key)) != fault_key.npos);
}

}  // namespace

config::Faults apply(const std::vector<Override>& overrides, YAML::Node& root) {
  config::Faults faults;
  for (const Override& each : overrides)
    if (auto wrong = set(root, each.key, each.value))
      faults.push_back({0, 0, shown(each), std::move(*wrong)});
  return faults;
}

void name_overrides(const std::vector<Override>& overrides, config::Faults& faults) {
  for (config::Fault& fault : faults) {
    if (fault.line > 0) continue;
    const auto meant = std::ranges::find_if(
        overrides, [&](const Override& each) { return is_meant(each, fault.key); });
    if (meant != overrides.end()) fault.key = shown(*meant);
  }
}

}  // namespace drivers::sim

#include "drivers/sim/scenario/group.h"

#include "drivers/config/text_rules.h"

namespace drivers::sim {

namespace {

constexpr std::string_view kNumber = "{n}";

}  // namespace

bool is_pattern(const std::string& name) {
  return name.find(kNumber) != name.npos;
}

std::string numbered(const std::string& pattern, std::int64_t n) {
  const std::size_t at = pattern.find(kNumber);
  if (at == pattern.npos) return pattern;
  return pattern.substr(0, at) + std::to_string(n) + pattern.substr(at + kNumber.size());
}

std::optional<std::string> bad_pattern(const std::string& text) {
  return config::bad_name(numbered(text, 0));
}

void check_group(Reading& in, const YAML::Node& node, const std::string& label,
                 const std::string& name) {
  if (node["count"] && !is_pattern(name))
    in.reader.fault(node["count"].Mark(), label + "count",
                    "is for a group; expected {n} in its name, such as vm{n}");
  if (!node["count"] && is_pattern(name))
    in.reader.fault(node["name"].Mark(), label + "name", "has {n} in it; expected a `count` too");
}

}  // namespace drivers::sim

#include "drivers/config/hosts.h"

#include <algorithm>

#include "drivers/config/table.h"

namespace drivers::config {

namespace {

constexpr const char* kHosts = "hosts";

struct Host {
  actors::HostPlan plan;
  HostPower power;
};

bool is_name(const YAML::Node& key) {
  return key.IsScalar() && key.Scalar() == "name";
}

// Named after the host where it has a name, so that the fault can be read without counting.
std::string label_of(const YAML::Node& node, std::size_t place) {
  for (const auto& pair : node)
    if (is_name(pair.first) && pair.second.IsScalar() && !pair.second.Scalar().empty())
      return "hosts." + pair.second.Scalar() + ".";
  return "hosts[" + std::to_string(place) + "].";
}

const YAML::Mark& place_of(const Reader& reader, const std::string& key, const YAML::Mark& other) {
  const auto found = reader.places().find(key);
  return found == reader.places().end() ? other : found->second;
}

// A proof that nobody can give would keep the host from ever counting as asleep.
void check_proof(Reader& reader, const std::string& label, const YAML::Mark& mark,
                 const Host& host) {
  const auto fault = [&](const char* why) {
    reader.fault(place_of(reader, label + "suspend.verify", mark), label + "suspend.verify", why);
  };
  const bool has_command =
      !host.power.power_command.empty() || reader.faulty(label + "power_command");
  if (has_command) return;
  if (host.plan.verify == actors::SuspendProof::command)
    fault("'command' asks the host's power_command, and it has none; give one, or write none");
  if (host.plan.verify == actors::SuspendProof::s3 && !reader.faulty(label + "wake") &&
      std::ranges::none_of(host.power.wake, reads))
    fault(
        "'s3' reads the host's power state, and nothing can; give it a way of waking by ipmi, "
        "redfish or amt, or a power_command, or write none");
}

// A host that goes to sleep and cannot be woken is lost to the pool until somebody walks there.
void check(Reader& reader, const std::string& label, const YAML::Mark& mark, const Host& host) {
  for (const char* key : {"name", "role"})
    if (!reader.places().contains(label + key))
      reader.fault(mark, label + key, "is missing; every host needs a name and a role");
  if (host.plan.may_sleep && host.power.wake.empty() && !reader.faulty(label + "wake") &&
      !reader.faulty(label + "may_sleep"))
    reader.fault(place_of(reader, label + "may_sleep", mark), label + "may_sleep",
                 "it may sleep, but nothing wakes it; give it `wake:`, or write may_sleep: false");
  check_proof(reader, label, mark, host);
}

// A second entry of the same host would hide what the first one's checks found.
bool given_before(Reader& reader, const YAML::Node& node, const std::string& label) {
  const auto first = reader.places().find(label + "name");
  if (first == reader.places().end()) return false;
  const std::string line = std::to_string(first->second.line + 1);
  for (const auto& pair : node)
    if (is_name(pair.first))
      reader.fault(pair.second.Mark(), kHosts,
                   "host '" + pair.second.Scalar() + "' is given twice, first in line " + line +
                       "; keep one");
  return true;
}

// By their kinds; a second one of a kind is "exec 2".
std::vector<std::string> names_of(const std::vector<WaySettings>& ways) {
  std::map<std::string, int> seen;
  std::vector<std::string> out;
  for (const WaySettings& way : ways) {
    const std::string kind{kind_of(way)};
    const int times = ++seen[kind];
    out.push_back(times == 1 ? kind : kind + " " + std::to_string(times));
  }
  return out;
}

void read_host(Reader& reader, const YAML::Node& node, std::size_t place, Loaded& into) {
  const std::string label = node.IsMap() ? label_of(node, place) : std::string{};
  if (!node.IsMap()) {
    reader.fault(node.Mark(), kHosts,
                 "has an entry that is no host; expected `name:`, `role:`, ...");
    return;
  }
  if (given_before(reader, node, label)) return;
  Host host;
  const Table table = host_table(host.plan, host.power);
  reader.map(node, {table, label, "", {}});
  check(reader, label, node.Mark(), host);
  host.plan.wake_ways = names_of(host.power.wake);
  into.drivers.wake.hosts.emplace(host.plan.name, std::move(host.power));
  into.settings.hosts.push_back(std::move(host.plan));
}

}  // namespace

void read_hosts(Reader& reader, const YAML::Node& node, Loaded& into) {
  if (!node.IsSequence()) {
    const YAML::Mark mark = node.IsNull() ? reader.places().at(kHosts) : node.Mark();
    reader.fault(mark, kHosts, "is no list; expected `- name: ...` for each host");
    return;
  }
  std::size_t place = 0;
  for (const YAML::Node& host : node)
    read_host(reader, host, ++place, into);
}

}  // namespace drivers::config

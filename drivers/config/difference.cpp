#include <algorithm>

#include "drivers/config/table.h"

namespace drivers::config {

namespace {

using Changes = std::vector<Change>;

void compare(const Table& before, const Table& after, const std::string& label, Changes& out) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string old_value = show(before[i]);
    const std::string new_value = show(after[i]);
    if (old_value == new_value) continue;
    std::string text = label;
    text.append(before[i].key).append(": ").append(old_value).append(" -> ").append(new_value);
    out.push_back({std::move(text), before[i].takes == Takes::restart});
  }
}

actors::HostPlan* find(Loaded& in, const actors::HostId& name) {
  const auto found = std::ranges::find(in.settings.hosts, name, &actors::HostPlan::name);
  return found == in.settings.hosts.end() ? nullptr : &*found;
}

std::string order_of(const Loaded& in, Loaded& other) {
  std::string out;
  for (const actors::HostPlan& host : in.settings.hosts)
    if (find(other, host.name) != nullptr) out += (out.empty() ? "" : " ") + host.name.text;
  return out;
}

void compare_hosts(Loaded& before, Loaded& after, Changes& out) {
  for (actors::HostPlan& host : before.settings.hosts)
    if (actors::HostPlan* same = find(after, host.name))
      compare(host_table(host, before.drivers.wake.hosts[host.name]),
              host_table(*same, after.drivers.wake.hosts[host.name]),
              "hosts." + host.name.text + ".", out);
    else
      out.push_back({"hosts." + host.name.text + ": removed"});
  for (const actors::HostPlan& host : after.settings.hosts)
    if (find(before, host.name) == nullptr) out.push_back({"hosts." + host.name.text + ": added"});
  const std::string old_order = order_of(before, after);
  const std::string new_order = order_of(after, before);
  if (old_order != new_order) out.push_back({"hosts: order " + old_order + " -> " + new_order});
}

}  // namespace

std::vector<Change> difference(Loaded before, Loaded after) {
  Changes out;
  compare(settings_table(before), settings_table(after), "", out);
  compare_hosts(before, after, out);
  return out;
}

}  // namespace drivers::config

// A scenario while it is being read: the walker of conf.yaml's tree with the faults found so far,
// and what the parts read so far. A reader a part; all of them go on after a fault.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "drivers/config/reader.h"
#include "drivers/sim/scenario.h"
#include "drivers/sim/scenario/trace.h"

namespace drivers::sim {

struct Reading {
  config::Reader reader;
  Scenario out;
  std::map<actors::HostId, std::size_t> host_at;
  std::set<std::string> vm_names;
  std::filesystem::path folder;  ///< of the file: where names of traces begin
  std::string trace;             ///< of loads that name none; empty: not given
  std::map<std::pair<std::string, TraceFormat>, Trace> traces;  ///< read already
};

inline constexpr std::int64_t kMegabyte = 1'000'000;
inline constexpr std::int64_t kMostMegabytes = 1'000'000;
inline constexpr std::int64_t kMostKib = std::int64_t{1} << 40;
inline constexpr std::int64_t kMostCores = 10'000;
inline constexpr std::int64_t kMcoresPerCore = 1'000;

/// `label` is what a key's name in a fault begins with: "hosts[2].".
using Entry = std::function<void(const YAML::Node&, const std::string& label)>;

/// How the VMs of an entry get their loads.
struct LoadPlan {
  LoadModel load;  ///< of each; LoadTrace: without its values, as each has its own
  std::vector<const TraceRow*> rows{};  ///< empty: it's no trace
};

// The parts. Those further down need those above them.
void read_hosts(Reading& in, const YAML::Node& root);
void read_switches(Reading& in, const YAML::Node& root);
void read_vms(Reading& in, const YAML::Node& root);
void read_faults(Reading& in, const YAML::Node& root);
void read_paper(Reading& in, const YAML::Node& node);
/// Of one host.
void read_power(Reading& in, const YAML::Node& node, const std::string& label, PowerModel& power);
/// Of one VM, or of each of a group: their load, or the trace whose rows they follow in turn.
/// `vcpus`: 0 where the scenario does not say.
LoadPlan read_load(Reading& in, const YAML::Node& node, const std::string& label,
                   std::int64_t vcpus);
LoadPlan read_trace_load(Reading& in, const YAML::Node& node, const std::string& label,
                         std::int64_t vcpus);
/// The path of a trace named in the file: seen from the file's folder; one set from outside as is.
std::string trace_path(Reading& in, const YAML::Node& node);

/// A time from 0 to 1 000 hours.
config::Number time(Duration& value);
/// Each entry of the list under `key`: a fault if there is none in it, or one is no map.
void each(Reading& in, const YAML::Node& root, const std::string& key, const Entry& entry);
void need(Reading& in, const YAML::Node& node, const std::string& label,
          std::initializer_list<const char*> keys);
/// None, and a fault: no host has that name.
const HostModel* known_host(Reading& in, const YAML::Node& node, const std::string& key,
                            const actors::HostId& host);

}  // namespace drivers::sim

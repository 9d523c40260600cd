// What `nemuri sim` was asked for, and the plan that follows from it.
#pragma once

#include "tools/sim/campaign.h"

namespace sim_tool {

struct SimOptions {
  std::string scenario;               ///< scenario.yaml, or its folder; empty: chaos draws one
  std::optional<std::int64_t> chaos;  ///< faults a minute, drawn by the seed
  std::optional<std::int64_t> seed;
  std::string seeds;             ///< "1..200"; empty: not given
  std::string policy;            ///< empty: the scenario's
  std::string migration;         ///< of RunKind, or "all"; empty: the scenario's mode
  std::vector<std::string> set;  ///< "key=value" each
  int jobs = 0;                  ///< 0: one a core
  bool journal = true;
  bool baselines = true;
  std::string out;  ///< folder; empty: only the table
  bool force = false;
};

/// A wrong wish: what, where and what to do, for people.
struct BadUsage {
  std::string text;
};

/// The folder is not opened yet.
std::variant<Plan, BadUsage> make_plan(const SimOptions& options);

/// "tests/scenarios/paper_simple": its scenario.yaml.
std::string scenario_file(const std::string& path);
/// The name that people know it by: that of its folder, or of the file.
std::string scenario_name(const std::string& path);

}  // namespace sim_tool

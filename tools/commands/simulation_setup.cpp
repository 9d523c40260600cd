#include "tools/commands/simulation_setup.h"

#include <cstdio>
#include <filesystem>

#include "tools/sim/options.h"

namespace commands {

namespace fs = std::filesystem;
using reactor::Errc;
using reactor::Error;
using reactor::Result;

std::optional<drivers::sim::Scenario> load_simulation(const RunOptions& options) {
  const std::string file = sim_tool::scenario_file(options.simulate);
  auto loaded = drivers::sim::load_scenario(file);
  if (auto* scenario = std::get_if<drivers::sim::Scenario>(&loaded)) return std::move(*scenario);
  for (const auto& fault : std::get<drivers::config::Faults>(loaded))
    std::fprintf(stderr, "%s\n", drivers::config::to_text(fault, file).c_str());
  return std::nullopt;
}

Result<std::unique_ptr<StateFolder>> StateFolder::open(const std::string& path) {
  std::error_code failed;
  if (path.empty()) {
    std::string own = (fs::temp_directory_path(failed) / "nemuri-XXXXXX").string();
    if (::mkdtemp(own.data()) == nullptr)
      return Error{Errc::refused, own + ": no folder can be made there; give --state-dir"};
    return std::unique_ptr<StateFolder>{new StateFolder{own, true}};
  }
  if (fs::exists(fs::path{path} / "redis", failed))
    return Error{Errc::refused, path + ": holds an earlier run's Redis; give an empty --state-dir"};
  const std::string absolute = fs::absolute(path, failed).string();
  return std::unique_ptr<StateFolder>{new StateFolder{absolute, false}};
}

StateFolder::~StateFolder() {
  std::error_code failed;
  if (own_) fs::remove_all(path_, failed);
}

}  // namespace commands

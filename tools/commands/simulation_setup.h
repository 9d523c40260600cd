// What `nemuri run --simulate` needs before it runs: a scenario, and a folder for its state.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "drivers/sim/scenario.h"
#include "tools/commands/running.h"

namespace commands {

/// None: its faults have been told on stderr.
std::optional<drivers::sim::Scenario> load_simulation(const RunOptions& options);

class StateFolder {
 public:
  /// Empty: one of its own under TMPDIR, gone with this. A given one stays; it may not hold an
  /// earlier run's Redis, as simulated hosts know nothing of earlier. Errors: refused.
  static reactor::Result<std::unique_ptr<StateFolder>> open(const std::string& path);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  StateFolder(std::string path, bool own) : path_(std::move(path)), own_(own) {}

  std::string path_;
  bool own_;
};

}  // namespace commands

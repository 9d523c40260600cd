// The settings of a command, from its conf.yaml.
#pragma once

#include <optional>
#include <string>

#include "drivers/config/config.h"

namespace commands {

/// None: it has faults, or can't be read; all of that was said on stderr, with line numbers.
std::optional<drivers::config::Loaded> load_config(const std::string& path);

}  // namespace commands

// What the options and failures of the commands have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/commands/commands.h"

namespace commands {

/// Where the pool's settings are, if nobody says.
inline constexpr const char* kConfigFile = "/etc/nemuri/conf.yaml";

/// Says on stderr why `nemuri COMMAND` failed, and gives back its exit code.
int fail(const char* command, const std::string& why, int code = kFailed);

/// Of an option that is a time: `500ms`, `10s`, `5m`, `1h`, into milliseconds. A unit is needed.
CLI::AsNumberWithUnit time_with_unit();

}  // namespace commands

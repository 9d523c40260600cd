// `nemuri agent`: what runs on each host.
#pragma once

#include <CLI/CLI.hpp>

namespace commands {

/// Adds the subcommand. It runs within `app`'s parsing; `exit_code` is then 0 (ended by a signal)
/// or 1 (could not begin). Wrong options are a CLI::ParseError, which the caller turns into 2.
void add_agent_command(CLI::App& app, int& exit_code);

}  // namespace commands

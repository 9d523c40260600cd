// The subcommands of nemuri. Each add_X() declares one with its options, help and example; its
// callback runs it and leaves its exit code: 0 ok, 1 failed at work, 2 bad usage or configuration.
#pragma once

#include <CLI/CLI.hpp>

namespace commands {

inline constexpr int kFailed = 1;
inline constexpr int kBadUsage = 2;

void add_all(CLI::App& app, int& exit_code);

void add_run(CLI::App& app, int& exit_code);
/// Wrong options of it are a CLI::ParseError, as it has a file of options too.
void add_agent(CLI::App& app, int& exit_code);
void add_tail(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_power(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_wake(CLI::App& app, int& exit_code);
void add_replay(CLI::App& app, int& exit_code);
void add_sim(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

}  // namespace commands

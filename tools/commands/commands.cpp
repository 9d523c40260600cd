#include "tools/commands/commands.h"

#include <cstdio>

namespace commands {

void add_version(CLI::App& app, int&) {
  app.add_subcommand("version", "Prints the version")->callback([] {
    std::puts("nemuri " NEMURI_VERSION);
  });
}

void add_all(CLI::App& app, int& exit_code) {
  add_run(app, exit_code);
  add_agent(app, exit_code);
  add_tail(app, exit_code);
  add_status(app, exit_code);
  add_power(app, exit_code);
  add_doctor(app, exit_code);
  add_wake(app, exit_code);
  add_replay(app, exit_code);
  add_sim(app, exit_code);
  add_version(app, exit_code);
}

}  // namespace commands

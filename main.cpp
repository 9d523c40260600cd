// Picks the subcommand. What each does lives in tools/commands/.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tools/commands/commands.h"

int main(int argc, char** argv) try {
  CLI::App app{"nemuri: keeps a KVM/libvirt cluster on as few awake hosts as its load allows"};
  app.require_subcommand(1);
  app.footer("Exit codes: 0 ok, 1 failed at work, 2 bad usage or configuration.");
  int exit_code = 0;
  commands::add_all(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
} catch (const std::exception& error) {
  std::fprintf(stderr, "nemuri: %s\n", error.what());
  return 1;
}

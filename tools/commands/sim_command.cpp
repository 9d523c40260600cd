// nemuri sim: a scenario in virtual time.
#include <memory>

#include "tools/commands/commands.h"
#include "tools/sim/sim.h"

namespace commands {

void add_sim(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<sim_tool::SimOptions>();
  CLI::App* command = app.add_subcommand("sim", "Runs a scenario in virtual time");
  command->footer(
      "Example: nemuri sim tests/scenarios/paper_simple --migration all --out /tmp/simple\n"
      "In DIR: summary.json, and for each run seconds.csv and journal.ndjson (nemuri replay "
      "--file\n"
      "reads it); of several runs in runs/SEED-MIGRATION. The same seed gives the same journal.");
  command->add_option("scenario", options->scenario, "scenario.yaml, or the folder it is in");
  auto* seed = command->add_option("--seed", options->seed, "Instead of the scenario's own");
  command->add_option("--seeds", options->seeds, "A..B: one run each")->excludes(seed);
  command->add_option("--policy", options->policy, "Instead of the scenario's own");
  command->add_option("--migration", options->migration,
                      "postcopy, precopy, precopy_then_postcopy, postcopy_after_precopy, none, "
                      "ideal, or all: none, ideal, "
                      "precopy, postcopy");
  command
      ->add_option("--set", options->set,
                   "KEY=VALUE of the scenario's file, as often as you like: link.usable=60%, "
                   "hosts.pm0.overhead=10%, conf.window=5s")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--chaos", options->chaos,
          "Faults a minute, drawn from the seed, for the scenario's length; then they stop, loads "
          "stay as they are, and all has to settle. Without a scenario the seed draws pool and "
          "load too")
      ->check(CLI::Range(0, 1'000));
  command->add_option("--jobs", options->jobs, "Runs at once")
      ->check(CLI::Range(1, 1'000))
      ->default_str("one a core");
  command->add_flag("!--no-journal", options->journal, "No journal.ndjson, and no hash of it");
  command->add_flag("!--no-baselines", options->baselines,
                    "Without the runs that tell how much was saved");
  command->add_option("--out", options->out, "Folder for the files of the result");
  command->add_flag("--force", options->force, "Replaces a result that lies in --out");
  command->callback([options, &exit_code] { exit_code = sim_tool::simulate(*options); });
}

}  // namespace commands

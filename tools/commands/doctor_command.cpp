// nemuri doctor: can every VM of the pool move to every host, and if not, why and what helps?
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <memory>

#include "tools/commands/load_config.h"
#include "tools/commands/options.h"
#include "tools/commands/redis_endpoint.h"
#include "tools/doctor/examination.h"
#include "tools/doctor/text.h"

namespace commands {

using doctor::Answer;
using doctor::PoolSeen;
using doctor::Row;
using drivers::config::Loaded;

namespace {

struct DoctorOptions {
  std::string config = kConfigFile;
  std::vector<std::string> vms;
  bool json = false;
  std::int64_t limit_ms = 5'000;
};

PoolSeen look(const Loaded& config, reactor::Duration limit) {
  reactor::Loop loop;
  doctor::Examination examination{loop, config, endpoint_of(config.drivers), limit};
  PoolSeen out;
  examination.begin([&](PoolSeen seen) {
    out = std::move(seen);
    loop.stop();
  });
  loop.run();
  return out;
}

bool is(const Row& row, const std::string& wanted) {
  return row.name == wanted || row.vm.text() == wanted;
}

/// The first of the names that no row has.
std::optional<std::string> unknown(const std::vector<Row>& rows, const DoctorOptions& options) {
  for (const std::string& wanted : options.vms)
    if (std::ranges::none_of(rows, [&](const Row& row) { return is(row, wanted); })) return wanted;
  return std::nullopt;
}

bool cannot_move(const Row& row) {
  return std::ranges::count(row.cells, Answer::no, &doctor::Cell::answer) > 0;
}

int examine(const DoctorOptions& options) {
  const auto config = load_config(options.config);
  if (!config) return kBadUsage;
  const PoolSeen pool = look(*config, reactor::Duration{options.limit_ms});
  std::vector<Row> rows = judge(pool, config->settings.migration.mode);
  if (const auto name = unknown(rows, options))
    return fail("doctor", "no VM '" + *name + "' runs on the hosts that answered");
  if (!options.vms.empty())
    std::erase_if(rows, [&](const Row& row) {
      return std::ranges::none_of(options.vms, [&](const auto& name) { return is(row, name); });
    });
  const std::string said = options.json ? as_json(pool, rows) : as_text(pool, rows);
  std::fputs(said.c_str(), stdout);
  const bool any = std::ranges::any_of(pool.hosts, &doctor::HostSeen::seen);
  return any && std::ranges::none_of(rows, cannot_move) ? 0 : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Says which VM can move to which host, and if not, why and what helps");
  command->footer(
      "Example: nemuri doctor --config /etc/nemuri/conf.yaml web1\n"
      "Needs no controller; changes nothing. Exit codes: 0 all can move to every host that "
      "answered,\n"
      "1 something cannot, or no host answered, 2 bad usage or configuration.");
  command->add_option("VM", options->vms, "Names or UUIDs; left out: all");
  command->add_option("--config", options->config, "The pool's settings")->capture_default_str();
  command->add_flag("--json", options->json, "One line of JSON");
  command
      ->add_option("--limit", options->limit_ms,
                   "For Redis, then for libvirt of a host, to answer; 1s to 60s; 5s")
      ->transform(time_with_unit())
      ->check(CLI::Range(1'000, 60'000));
  command->callback([options, &exit_code] {
    spdlog::set_default_logger(spdlog::stderr_color_mt("nemuri"));
    spdlog::set_level(spdlog::level::off);  // what they would say stands in the report
    exit_code = examine(*options);
  });
}

}  // namespace commands

// nemuri run: the controller of one pool, until it is told to end.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "tools/commands/load_config.h"
#include "tools/commands/options.h"
#include "tools/commands/redis_endpoint.h"
#include "tools/commands/running.h"
#include "tools/commands/simulation_setup.h"

namespace commands {

using drivers::config::Loaded;
using drivers::redis::Endpoint;
using drivers::redis::Holder;
using drivers::redis::Server;
using reactor::Result;

namespace {

drivers::redis::ServerSettings server_settings(const Loaded& config) {
  std::vector<actors::HostId> hosts;
  for (const actors::HostPlan& plan : config.settings.hosts)
    hosts.push_back(plan.name);
  return {.state_dir = config.drivers.state_dir,
          .pool = config.settings.pool,
          .user = config.drivers.redis.user,
          .listen = config.drivers.redis.listen,
          .hosts = std::move(hosts)};
}

Result<Endpoint> start(reactor::Loop& loop, Server& server) {
  std::optional<Result<Endpoint>> started;
  server.start([&](Result<Endpoint> result) {
    started.emplace(std::move(result));
    loop.stop();
  });
  while (!started)
    loop.run();
  return *std::move(started);
}

void stop(reactor::Loop& loop, Server& server) {
  bool stopped = false;
  server.stop([&] {
    stopped = true;
    loop.stop();
  });
  while (!stopped)
    loop.run();
}

/// What is run: the hosts are made once Redis is there.
struct Job {
  RunOptions options;
  Loaded config;
  std::function<std::unique_ptr<PoolHosts>(reactor::Loop&, const Loaded&, const Endpoint&,
                                           actors::ports::Relay&)>
      make_hosts;
  std::optional<reactor::Duration> length;  ///< then it ends by itself
};

// Our Redis ends while `running` is still there: the loop calls it in every turn.
int serve(reactor::Loop& loop, const Job& job, const Holder& holder, Server* server,
          const Result<Endpoint>& redis) {
  if (!redis.ok()) return fail("run", redis.error().detail);
  actors::ports::Relay relay;
  const auto hosts = job.make_hosts(loop, job.config, redis.value(), relay);
  Running running{loop, job.options, job.config, holder, server, redis.value(), *hosts, relay};
  if (job.length) loop.after(*job.length, [&running] { running.wind_down(); });
  const auto opened = running.open();
  if (opened.ok()) loop.run();
  if (server) stop(loop, *server);
  return opened.ok() ? 0 : fail("run", opened.error().detail);
}

int serve_with_own_redis(reactor::Loop& loop, const Job& job, const Holder& holder) {
  Server server{loop, server_settings(job.config)};
  const Result<Endpoint> redis = start(loop, server);
  return serve(loop, job, holder, &server, redis);
}

int run(const Job& job) {
  auto holder = Holder::take(job.config.drivers.state_dir);
  if (!holder.ok()) return fail("run", holder.error().detail);
  reactor::Loop loop;
  if (job.config.drivers.redis.url.empty()) return serve_with_own_redis(loop, job, holder.value());
  const auto redis = endpoint_of(job.config.drivers);
  return serve(loop, job, holder.value(), nullptr, redis);
}

int run_real(const RunOptions& options) {
  auto config = load_config(options.config);
  if (!config) return kBadUsage;
  if (options.dry_run) config->settings.dry_run = true;
  if (options.check) return std::printf("%s: good\n", options.config.c_str()) < 0 ? kFailed : 0;
  return run({.options = options,
              .config = *std::move(config),
              .make_hosts = [](auto& loop, const auto& with, const auto& /*redis*/,
                               auto& relay) { return real_hosts(loop, with, relay); },
              .length = {}});
}

int run_simulated(const RunOptions& options) {
  const auto scenario = load_simulation(options);
  if (!scenario) return kBadUsage;
  const auto folder = StateFolder::open(options.state_dir);
  if (!folder.ok()) return fail("run", folder.error().detail);
  Loaded config;
  config.settings = scenario->settings;
  config.settings.dry_run = options.dry_run;
  config.drivers.state_dir = folder.value()->path();
  return run({.options = options,
              .config = std::move(config),
              .make_hosts =
                  [&](auto& loop, const auto& with, const auto& redis, auto& relay) {
                    return simulated_hosts(loop, with, *scenario, redis, relay);
                  },
              .length = scenario->length});
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Runs the controller of a pool");
  command->footer(
      "Examples: nemuri run --config /etc/nemuri/conf.yaml --dry-run\n"
      "          nemuri run --simulate tests/scenarios/day --state-dir /tmp/day\n"
      "SIGHUP reads conf.yaml again; SIGTERM and SIGINT end it once running migrations are over.");
  command
      ->add_option("--config", options->config, "Settings; the shipped conf.yaml is their manual")
      ->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "Decides and says, moves and suspends nothing");
  command->add_flag("--check", options->check, "Only reads the settings and names all faults");
  auto* simulate = command->add_option(
      "--simulate", options->simulate,
      "A scenario: its hosts stand in for real ones, in real time; all else is as it always is");
  command
      ->add_option("--state-dir", options->state_dir,
                   "Where a simulation has its Redis and its socket; else a folder of its own")
      ->needs(simulate);
  command->callback([options, &exit_code] {
    spdlog::set_default_logger(spdlog::stderr_color_mt("nemuri"));
    exit_code = options->simulate.empty() ? run_real(*options) : run_simulated(*options);
  });
}

}  // namespace commands

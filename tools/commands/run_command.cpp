// nemuri run: the controller of one pool, until it is told to end.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <utility>

#include "tools/commands/commands.h"
#include "tools/commands/running.h"

namespace commands {

using drivers::config::Loaded;
using drivers::redis::Endpoint;
using drivers::redis::Holder;
using drivers::redis::Server;
using reactor::Result;

namespace {

int fail(const std::string& why) {
  std::fprintf(stderr, "nemuri run: %s\n", why.c_str());
  return kFailed;
}

std::optional<Loaded> load(const RunOptions& options) {
  auto read = drivers::config::load(options.config);
  if (auto* loaded = std::get_if<Loaded>(&read)) {
    if (options.dry_run) loaded->settings.dry_run = true;
    return std::move(*loaded);
  }
  for (const auto& fault : std::get<drivers::config::Faults>(read))
    std::fprintf(stderr, "%s\n", drivers::config::to_text(fault, options.config).c_str());
  return std::nullopt;
}

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

Result<Endpoint> configured_endpoint(const drivers::RedisSettings& settings) {
  auto endpoint = drivers::redis::parse_url(settings.url);
  if (!endpoint.ok()) return endpoint;
  Endpoint to = std::move(endpoint).value();
  to.user = settings.user;
  to.password_file = settings.password_file;
  return to;
}

// Our Redis ends while `running` is still there: the loop calls it in every turn.
int serve(reactor::Loop& loop, const RunOptions& options, Loaded config, const Holder& holder,
          Server* server, const Result<Endpoint>& redis) {
  if (!redis.ok()) return fail(redis.error().detail);
  Running running{loop, options, std::move(config), holder, server, redis.value()};
  const auto opened = running.open();
  if (opened.ok()) loop.run();
  if (server) stop(loop, *server);
  return opened.ok() ? 0 : fail(opened.error().detail);
}

int serve_with_own_redis(reactor::Loop& loop, const RunOptions& options, Loaded config,
                         const Holder& holder) {
  Server server{loop, server_settings(config)};
  const Result<Endpoint> redis = start(loop, server);
  return serve(loop, options, std::move(config), holder, &server, redis);
}

int run(const RunOptions& options) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("nemuri"));
  auto config = load(options);
  if (!config) return kBadUsage;
  if (options.check) return std::printf("%s: good\n", options.config.c_str()) < 0 ? kFailed : 0;
  auto holder = Holder::take(config->drivers.state_dir);
  if (!holder.ok()) return fail(holder.error().detail);
  reactor::Loop loop;
  if (config->drivers.redis.url.empty())
    return serve_with_own_redis(loop, options, *std::move(config), holder.value());
  const auto redis = configured_endpoint(config->drivers.redis);
  return serve(loop, options, *std::move(config), holder.value(), nullptr, redis);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Runs the controller of a pool");
  command->footer(
      "Example: nemuri run --config /etc/nemuri/conf.yaml --dry-run\n"
      "SIGHUP reads conf.yaml again; SIGTERM and SIGINT end it once running migrations are over.");
  command
      ->add_option("--config", options->config, "Settings; the shipped conf.yaml is their manual")
      ->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "Decides and says, moves and suspends nothing");
  command->add_flag("--check", options->check, "Only reads the settings and names all faults");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace commands

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "drivers/agent/agent.h"
#include "tools/commands/options.h"

namespace commands {

namespace {

using drivers::agent::AgentSettings;

const std::map<std::string, drivers::agent::SuspendBy> kSuspendBy{
    {"auto", drivers::agent::SuspendBy::automatic},
    {"logind", drivers::agent::SuspendBy::logind},
    {"sys", drivers::agent::SuspendBy::sys},
    {"command", drivers::agent::SuspendBy::command}};

constexpr auto kFooter = R"(Example:
  nemuri agent --host h1 --pool lab --redis 10.77.0.254:7379 --redis-user agent-h1 \
    --redis-password-file /etc/nemuri/redis.password --libvirt-uri qemu+tcp://10.77.0.1/system

The same in an ini file, for `nemuri agent --config /etc/nemuri/agent.ini`:
  host=h1
  pool=lab
  redis=10.77.0.254:7379

It opens no port. Ended by SIGTERM or SIGINT it writes what is not in Redis yet and leaves with 0;
1: it could not begin; 2: wrong options.)";

/// What the options are before they are checked and put into AgentSettings.
struct Options {
  AgentSettings settings;
  std::string config, capacity_cores, suspend_command, log_level = "info";
  std::int64_t interval_ms = 1'000, memory_mib = 0;
};

/// "0.8" -> 800. None: no number of cores with at most three decimals, above 0.
std::optional<std::int64_t> mcores(const std::string& text) {
  const auto dot = std::min(text.find('.'), text.size());
  std::string digits = text.substr(std::min(dot + 1, text.size()));
  if (digits.size() > 3) return std::nullopt;
  digits = text.substr(0, dot) + digits.append(3 - digits.size(), '0');
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool good = error == std::errc{} && end == digits.data() + digits.size();
  return good && count > 0 && count <= 10'000'000 ? std::optional{count} : std::nullopt;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in{text};
  return {std::istream_iterator<std::string>{in}, {}};
}

std::string no_number_of_cores(const std::string& text) {
  return mcores(text) ? "" : text + " is no number of cores such as 4 or 0.8";
}

void add_redis_options(CLI::App& app, AgentSettings& settings) {
  app.add_option("--redis", settings.redis, "tcp://host:port, host:port or unix:/path; needed")
      ->group("Redis");
  app.add_option("--redis-user", settings.redis_user, "ACL user of this host")->group("Redis");
  app.add_option("--redis-password-file", settings.redis_password_file,
                 "first line is the password; mode 0600")
      ->group("Redis");
}

void add_libvirt_options(CLI::App& app, AgentSettings& settings) {
  app.add_option("--libvirt", settings.libvirt, "libvirt as this agent reaches it")
      ->capture_default_str()
      ->group("libvirt");
  app.add_option("--libvirt-uri", settings.libvirt_uri,
                 "libvirt as the controller and the other hosts reach it; needed")
      ->group("libvirt");
  app.add_option("--migration-address", settings.migration_address,
                 "where VMs come in; left out: libvirt's own choice")
      ->group("libvirt");
  app.add_option("--qemu-conf", settings.qemu_conf, "settings of libvirt's QEMU driver")
      ->capture_default_str()
      ->group("libvirt");
  app.add_option("--pid-folder", settings.pid_folder, "NAME.pid of each VM's process")
      ->capture_default_str()
      ->group("libvirt");
}

void add_host_options(CLI::App& app, Options& options) {
  AgentSettings& settings = options.settings;
  app.add_option("--capacity-cores", options.capacity_cores,
                 "what counts as 100 %, such as 0.8; left out: the cores that are online")
      ->check(CLI::Validator{no_number_of_cores, ""})
      ->group("Host");
  app.add_option("--memory-mib", options.memory_mib, "left out: the host's, or its cgroup's limit")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30))
      ->group("Host");
  app.add_option("--cgroup", settings.cgroup,
                 "folder of a cgroup (v1 or v2) that is this host; left out: the whole machine is")
      ->check(CLI::ExistingDirectory)
      ->group("Host");
  app.add_option(
         "--network", settings.networks,
         "interface that is counted, may be given again; left out: all that look like real ones")
      ->group("Host");
  app.add_option(
         "--suspend-command", options.suspend_command,
         "puts the host to sleep and returns once it is up again; split at blanks, run without "
         "a shell")
      ->group("Host");
  app.add_option(
         "--suspend", settings.suspend,
         "auto (--suspend-command if it is given, else logind if it runs, else sys), logind, "
         "sys (\"mem\" into /sys/power/state), command")
      ->transform(CLI::CheckedTransformer(kSuspendBy).description(""))
      ->default_str("auto")
      ->group("Host");
  app.add_option("--wake-device", settings.wake_device,
                 "network interface that wakes the host: it must be armed (ethtool -s eth0 wol g) "
                 "at each suspend; left out: nobody looks")
      ->group("Host");
  app.add_option("--boot-id-file", settings.boot_id_file, "has another word in it after each boot")
      ->capture_default_str()
      ->group("Host");
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--host", options.settings.host.text, "its name in conf.yaml; needed");
  app.add_option("--pool", options.settings.pool)->capture_default_str();
  app.add_option("--interval", options.interval_ms, "between samples, 100ms to 10s; 1s")
      ->transform(time_with_unit())
      ->check(CLI::Range(100, 10'000));
  app.add_option("--log-level", options.log_level)
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  add_redis_options(app, options.settings);
  add_libvirt_options(app, options.settings);
  add_host_options(app, options);
  app.add_option("--config", options.config,
                 "ini file with any of these options, without the dashes")
      ->check(CLI::ExistingFile)
      ->configurable(false);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.footer(kFooter);
}

// Not CLI11's own "required", which would not wait for the file.
void check_needed(const CLI::App& app, const Options& options) {
  for (const char* name : {"--host", "--redis", "--libvirt-uri"})
    if (app.count(name) == 0) throw CLI::RequiredError{name};
  using drivers::agent::SuspendBy;
  const SuspendBy by = options.settings.suspend;
  if (by == SuspendBy::command && options.suspend_command.empty())
    throw CLI::RequiredError{"--suspend-command (for --suspend command)"};
  if (by != SuspendBy::automatic && by != SuspendBy::command && !options.suspend_command.empty())
    throw CLI::ExcludesError{"--suspend-command", "--suspend logind, sys"};
}

int run(const Options& options) {
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  AgentSettings settings = options.settings;
  settings.version = NEMURI_VERSION;
  settings.interval = reactor::Duration{options.interval_ms};
  settings.memory = {options.memory_mib * 1024};
  settings.suspend_command = words(options.suspend_command);
  if (!options.capacity_cores.empty()) settings.capacity = {*mcores(options.capacity_cores)};
  return drivers::agent::run_agent(settings);
}

}  // namespace

void add_agent(CLI::App& app, int& exit_code) {
  CLI::App& agent = *app.add_subcommand(
      "agent", "Runs on each host: its load into Redis each second, suspend by order.");
  // Owned by the callback, which lives as long as the subcommand.
  const auto options = std::make_shared<Options>();
  add_options(agent, *options);
  // CLI11 reads files for the main program's options only. The command line, parsed before, wins;
  // the file's end calls back once more.
  agent.callback([&agent, &exit_code, options] {
    if (const std::string path = std::exchange(options->config, ""); !path.empty()) {
      std::ifstream file{path};
      return agent.parse_from_stream(file);
    }
    check_needed(agent, *options);
    exit_code = run(*options);
  });
}

}  // namespace commands

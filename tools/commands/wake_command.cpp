// nemuri wake: wakes hosts straight from conf.yaml, without a controller and without Redis.
#include <algorithm>
#include <cstdio>
#include <list>
#include <map>
#include <memory>

#include "drivers/power/way_maker.h"
#include "tools/commands/load_config.h"
#include "tools/commands/options.h"

namespace commands {

using actors::HostId;
using actors::ports::Power;
using drivers::HostPower;
using drivers::config::Loaded;
using reactor::Result;
using reactor::Unit;

namespace {

constexpr reactor::Duration kBetweenReads{1'000};

struct WakeOptions {
  std::string config = kConfigFile;
  std::vector<std::string> hosts;
  bool all = false;
  std::int64_t watch_ms = 10'000;
};

/// One host, from its first way to its last reading; prints a line when it is through.
class Waking {
 public:
  using Ended = std::function<void(bool sent)>;

  Waking(reactor::Loop& loop, drivers::power::Waker& waker, HostId host, const HostPower& power)
      : loop_(loop), waker_(waker), host_(std::move(host)), power_(power) {}

  void begin(reactor::Duration watch, Ended ended) {
    watch_ = watch;
    ended_ = std::move(ended);
    next();
  }

 private:
  void next();
  void answered(const Result<Unit>& result);
  bool readable() const;
  void read();
  void state(const Result<Power>& result);
  void end(bool sent);
  void say(const std::string& text) { said_ += (said_.empty() ? "" : "; ") + text; }

  reactor::Loop& loop_;
  drivers::power::Waker& waker_;
  HostId host_;
  const HostPower& power_;
  reactor::Duration watch_{};
  Ended ended_;
  std::size_t place_ = 0;
  reactor::Instant sent_at_;
  std::string said_;
};

void Waking::next() {
  if (place_ == power_.wake.size()) return end(false);
  waker_.wake(host_, static_cast<int>(place_),
              [this](const Result<Unit>& result) { answered(result); });
}

// One whose outcome is unknown may have woken it; the next one does no harm.
void Waking::answered(const Result<Unit>& result) {
  const std::string kind{drivers::kind_of(power_.wake[place_++])};
  if (!result.ok()) {
    say(kind + " failed: " + result.error().detail);
    return next();
  }
  say("request sent by " + kind);
  sent_at_ = loop_.now();
  if (!readable()) return end(true);
  read();
}

bool Waking::readable() const {
  return !power_.power_command.empty() || std::ranges::any_of(power_.wake, drivers::reads);
}

void Waking::read() {
  waker_.read(host_, [this](const Result<Power>& result) { state(result); });
}

// BMCs tell late: it is read until it says on, or for so long.
void Waking::state(const Result<Power>& result) {
  const bool is_on = result.ok() && result.value() == Power::on;
  if (!is_on && loop_.now() - sent_at_ < watch_)
    return loop_.after(kBetweenReads, [this] { read(); });
  if (result.ok())
    say("its power state reads " + std::string{actors::name_of(result.value())});
  else
    say("its power state could not be read: " + result.error().detail);
  end(true);
}

void Waking::end(bool sent) {
  std::printf("%s: %s\n", host_.text.c_str(), said_.c_str());
  std::fflush(stdout);
  ended_(sent);
}

/// Those that were asked for; of all hosts, those that have a way.
std::vector<HostId> chosen(const WakeOptions& options, const Loaded& config) {
  std::vector<HostId> out;
  for (const auto& [host, power] : config.drivers.wake.hosts) {
    const bool named = std::ranges::find(options.hosts, host.text) != options.hosts.end();
    if (named || (options.all && !power.wake.empty())) out.push_back(host);
  }
  return out;
}

std::string unknown_host(const WakeOptions& options, const Loaded& config) {
  for (const std::string& name : options.hosts) {
    const auto found = config.drivers.wake.hosts.find(HostId{name});
    if (found == config.drivers.wake.hosts.end())
      return "there is no host '" + name + "' in " + options.config;
    if (found->second.wake.empty())
      return "host " + name + " has no `wake:` in " + options.config + "; give it one";
  }
  return {};
}

/// How many requests did not go out.
std::size_t wake(const drivers::WakeSettings& settings, const std::vector<HostId>& hosts,
                 reactor::Duration watch) {
  reactor::Loop loop;
  drivers::power::WayMaker ways{loop};
  drivers::power::Waker waker{loop, ways.make(settings), settings.operations};
  std::list<Waking> wakings;
  std::size_t left = hosts.size(), failed = 0;
  for (const HostId& host : hosts)
    wakings.emplace_back(loop, waker, host, settings.hosts.at(host)).begin(watch, [&](bool sent) {
      failed += sent ? 0 : 1;
      if (--left == 0) loop.stop();
    });
  if (left > 0) loop.run();
  return failed;
}

int wake_them(const WakeOptions& options) {
  if (options.all != options.hosts.empty())
    return fail("wake", "expected names of hosts, or --all", kBadUsage);
  const auto config = load_config(options.config);
  if (!config) return kBadUsage;
  if (const std::string fault = unknown_host(options, *config); !fault.empty())
    return fail("wake", fault, kBadUsage);
  const auto hosts = chosen(options, *config);
  const std::size_t failed = wake(config->drivers.wake, hosts, reactor::Duration{options.watch_ms});
  std::printf(
      "%zu of %zu requests went out. That a host is up, only its agent can say: nemuri status.\n",
      hosts.size() - failed, hosts.size());
  return failed == 0 ? 0 : kFailed;
}

}  // namespace

void add_wake(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<WakeOptions>();
  CLI::App* command =
      app.add_subcommand("wake", "Wakes hosts by the ways in conf.yaml, and no more than that");
  command->footer(
      "Examples: nemuri wake server1 server2\n"
      "          nemuri wake --all --config /etc/nemuri/conf.yaml\n"
      "Needs neither a controller nor Redis. Tries a host's ways in turn until one's request went\n"
      "out, then reads its power state, where a way can. A controller that runs may put an empty\n"
      "host back to sleep. Exit codes: 0 all requests went out, 1 not all, 2 bad usage or\n"
      "configuration.");
  command->add_option("HOST", options->hosts, "Names, as in conf.yaml");
  command->add_flag("--all", options->all, "All hosts that have a way of waking");
  command->add_option("--config", options->config, "The pool's settings")->capture_default_str();
  command
      ->add_option("--watch", options->watch_ms, "For the power state to read on; 0s to 10m; 10s")
      ->transform(time_with_unit())
      ->check(CLI::Range(0, 600'000));
  command->callback([options, &exit_code] { exit_code = wake_them(*options); });
}

}  // namespace commands

#include "tools/commands/running.h"

#include <spdlog/spdlog.h>

#include <csignal>
#include <utility>

#include "actors/controller/status.h"
#include "actors/ports/json.h"

namespace commands {

using actors::Json;
using drivers::config::Loaded;

namespace {

constexpr reactor::Duration kLongestFarewell{60'000};  // for migrations under way

std::vector<actors::HostId> names_of(const actors::Settings& settings) {
  std::vector<actors::HostId> out;
  for (const actors::HostPlan& plan : settings.hosts)
    out.push_back(plan.name);
  return out;
}

drivers::local::LineServer::Options tail_options(const drivers::DriverSettings& settings) {
  const auto& tail = settings.tail;
  return {.path = tail.socket.empty() ? settings.state_dir + "/nemuri.sock" : tail.socket,
          .group = tail.group,
          .client_bytes = static_cast<std::size_t>(tail.client_bytes),
          .history_bytes = static_cast<std::size_t>(tail.history_bytes)};
}

drivers::redis::StreamSettings stream_settings(const Loaded& config,
                                               const drivers::redis::Holder& holder,
                                               drivers::redis::Endpoint redis) {
  return {
      .endpoint = std::move(redis),
      .keys = drivers::redis::Keys{config.settings.pool},
      .lease_value = holder.lease_value(),
      .redis = config.drivers.redis,
      .hosts = names_of(config.settings),
      .from = {
          .window = config.settings.window, .stats_after = {}, .replies_after = {}, .pause = {}}};
}

// Of what anybody may have sent.
std::string word_of(const Json& in, const char* key) {
  const bool there = in.is_object() && in.contains(key) && in[key].is_string();
  return there ? in[key].get<std::string>() : std::string{};
}

Json error_line(const std::string& why) {
  return {{"type", "error"}, {"error", why}};
}

}  // namespace

Running::Running(reactor::Loop& loop, RunOptions options, Loaded config,
                 const drivers::redis::Holder& holder, drivers::redis::Server* own_redis,
                 drivers::redis::Endpoint redis, PoolHosts& hosts, actors::ports::Relay& relay)
    : loop_(loop),
      options_(std::move(options)),
      config_(std::move(config)),
      own_redis_(own_redis),
      tail_(loop, tail_options(config_.drivers), [this](const auto& r) { return answer(r); }),
      hosts_(hosts),
      relay_(relay),
      stream_(loop, stream_settings(config_, holder, std::move(redis)), relay_),
      alert_(loop, config_.drivers.alert),
      controller_(loop, {hosts_.hypervisor(), hosts_.wake(), stream_, stream_}, setup()) {
  relay_.set(&controller_, &controller_);
  loop_.on_tick([this] { controller_.tick(); });
  loop_.on_tick([this] { leave_when_done(); });
  loop_.on_turn_end([this] { controller_.end_turn(); });
  loop_.on_signal(SIGHUP, [this] { read_config_again(); });
  for (const int signal : {SIGTERM, SIGINT})
    loop_.on_signal(signal, [this] { wind_down(); });
}

Running::~Running() {
  relay_.set(nullptr, nullptr);
}

actors::ControllerSetup Running::setup() {
  return {
      .settings = config_.settings,
      .version = NEMURI_VERSION,
      .wall_clock = wall_clock,
      .tail = [this](const std::string& line) { tail_.publish(line); },
      .alert = [this](const std::string& line, auto done) { alert_.tell(line, std::move(done)); }};
}

std::string Running::answer(const std::string& request) {
  const Json in = Json::parse(request, nullptr, false);
  const std::string op = word_of(in, "op");
  if (op == "status") return actors::status_of(loop_.now(), controller_.director()).dump();
  if (op == "drill") return drill(in).dump();
  return error_line("op must be tail, status or drill").dump();
}

// What becomes of it stands on the tail.
Json Running::drill(const Json& in) {
  const actors::Pool& pool = controller_.director().pool();
  std::vector<actors::HostId> hosts;
  if (in.value("all_empty", false)) hosts = actors::Drills::empty_hosts(pool);
  for (const Json& name : in.value("hosts", Json::array())) {
    const actors::HostId host{name.is_string() ? name.get<std::string>() : name.dump()};
    if (!pool.hosts.contains(host)) return error_line("no host '" + host.text + "' in the pool");
    hosts.push_back(host);
  }
  Json out{{"type", "drill"}, {"hosts", Json::array()}};
  for (const actors::HostId& host : hosts)
    out["hosts"].push_back(host.text);
  controller_.drill(std::move(hosts));
  return out;
}

void Running::read_config_again() {
  auto read = drivers::config::load(options_.config);
  if (auto* config = std::get_if<Loaded>(&read)) return take(std::move(*config));
  spdlog::error("{} is not taken, what ran runs on:", options_.config);
  for (const auto& fault : std::get<drivers::config::Faults>(read))
    spdlog::error("{}", drivers::config::to_text(fault, options_.config));
}

void Running::take(Loaded config) {
  config.settings.dry_run = config_.settings.dry_run;
  std::string said;
  for (const auto& change : drivers::config::difference(config_, config)) {
    said += (said.empty() ? "" : "; ") + change.text;
    if (change.needs_restart) said += " (at the next start)";
  }
  config.settings.pool = config_.settings.pool;
  config_ = std::move(config);
  hosts_.configure(config_);
  alert_.configure(config_.drivers.alert);
  stream_.set_hosts(names_of(config_.settings));
  if (own_redis_)
    own_redis_->set_hosts(names_of(config_.settings), [](const auto& result) {
      if (!result.ok()) spdlog::error("users of our Redis: {}", result.error().detail);
    });
  spdlog::info("{} read again: {}", options_.config, said.empty() ? "nothing changed" : said);
  controller_.settings_changed(config_.settings, said.empty() ? "nothing changed" : said);
}

void Running::wind_down() {
  if (leaving_at_) return leave();
  leaving_at_ = loop_.now() + kLongestFarewell;
  controller_.wind_down();
  if (controller_.migrations() > 0)
    spdlog::info("told to end; waiting for {} migrations (told again: not)",
                 controller_.migrations());
}

void Running::leave_when_done() {
  if (!leaving_at_ || left_) return;
  if (controller_.migrations() == 0 || loop_.now() >= *leaving_at_) leave();
}

void Running::leave() {
  if (std::exchange(left_, true)) return loop_.stop();
  stream_.stop([this] { loop_.stop(); });
}

}  // namespace commands

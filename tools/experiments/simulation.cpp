#include "tools/experiments/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actors/ports/json.h"
#include "tools/experiments/seconds.h"

namespace experiments {

using namespace drivers::sim;

using actors::Json;

namespace {

constexpr Duration kStatsKept{3'600'000};  // conf.yaml: redis.keep
constexpr Duration kSecond{1'000};

/// A controller that starts again reads the last window again.
bool started_again(const Scenario& scenario) {
  return std::ranges::any_of(scenario.faults, [](const Fault& fault) {
    return fault.kind == FaultKind::controller_killed && fault.until < Duration::max();
  });
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, SimulationOptions options)
    : settings_(scenario.settings),
      options_(std::move(options)),
      models_(loop_, scenario),
      referee_(loop_, models_, scenario.settings) {
  if (options_.journal) models_.stream().keep_stats(kStatsKept);
  if (!options_.journal && started_again(scenario)) models_.stream().keep_stats(settings_.window);
  if (options_.audience) {
    recorder_.emplace(models_.world(), models_.migrator(), scenario.switches, *options_.audience);
    models_.migrator().on_end(
        [to = options_.audience](const auto& over) { to->migration_over(over); });
  }
  models_.on_controller([this] { kill_controller(); }, [this] { start_controller(); });
  start_controller();
  models_.start(relay_);
  tick();
}

// A new one knows settings, and what Redis, libvirt and the hosts' hashes tell it.
void Simulation::start_controller() {
  referee_.controller_starts();
  ports_.emplace(actors::Ports{referee_, models_.wake(), referee_, models_.stream()});
  actors::ControllerSetup setup{.settings = settings_,
                                .version = "sim",
                                .wall_clock = [this] { return models_.stream().wall_clock(); },
                                .tail = options_.tail,
                                .journaled = options_.journal};
  controller_ = std::make_unique<actors::Controller>(loop_, ports_->ports(), std::move(setup));
  relay_.set(controller_.get(), controller_.get());
  running_ = true;
  models_.stream().tell(relay_);
}

void Simulation::kill_controller() {
  relay_.set(nullptr, nullptr);
  ports_.reset();
  running_ = false;
  models_.hypervisor().client_ended();
}

void Simulation::tick() {
  if (running_) controller_->tick();
  loop_.after(reactor::kTickPeriod, [this] { tick(); });
}

// A turn is all that is due at one moment, as it is one round of the real loop.
void Simulation::run_until(Instant end) {
  record();
  while (loop_.next() && *loop_.next() <= end) {
    loop_.run_until(*loop_.next());
    if (running_) controller_->end_turn();
    referee_.check(controller_->director());
    record();
  }
}

// No alarm of its own: there is a tick at each whole second.
void Simulation::record() {
  if (!recorder_ || loop_.now() < next_record_) return;
  recorder_->look(loop_.now());
  next_record_ = loop_.now() + kSecond;
}

std::string plain_text(const std::string& tail_line) {
  const Json line = Json::parse(tail_line);
  const auto text = [&](const char* key) { return line[key].get<std::string>(); };
  return fmt::format("{} {} {} {} -> {}: {}",
                     seconds(Instant{Duration{line["t_ms"].get<std::int64_t>()}}), text("actor"),
                     text("name"), text("from"), text("to"), text("text"));
}

}  // namespace experiments

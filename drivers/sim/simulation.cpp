#include "drivers/sim/simulation.h"

#include <fmt/format.h>

#include <utility>

#include "actors/ports/json.h"
#include "drivers/sim/seconds.h"

namespace drivers::sim {

using actors::Json;

namespace {

constexpr Duration kStatsKept{3'600'000};  // conf.yaml: redis.keep
constexpr Duration kSecond{1'000};

}  // namespace

Simulation::Simulation(const Scenario& scenario, SimulationOptions options)
    : models_(loop_, scenario),
      referee_(loop_, models_, scenario.settings),
      controller_(loop_, {referee_, models_.wake(), referee_, models_.stream()},
                  setup(scenario, options)) {
  if (options.journal) models_.stream().keep_stats(kStatsKept);
  if (options.audience) {
    recorder_.emplace(models_.world(), models_.migrator(), *options.audience);
    models_.migrator().on_end(
        [to = options.audience](const auto& over) { to->migration_over(over); });
  }
  models_.start(controller_, controller_);
  tick();
}

actors::ControllerSetup Simulation::setup(const Scenario& scenario, SimulationOptions& options) {
  return {.settings = scenario.settings,
          .version = "sim",
          .wall_clock = [this] { return models_.stream().wall_clock(); },
          .tail = std::move(options.tail),
          .journaled = options.journal};
}

void Simulation::tick() {
  controller_.tick();
  loop_.after(reactor::kTickPeriod, [this] { tick(); });
}

// A turn is all that is due at one moment, as it is one round of the real loop.
void Simulation::run_until(Instant end) {
  record();
  while (loop_.next() && *loop_.next() <= end) {
    loop_.run_until(*loop_.next());
    controller_.end_turn();
    referee_.check(controller_.director());
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

}  // namespace drivers::sim

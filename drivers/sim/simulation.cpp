#include "drivers/sim/simulation.h"

#include <fmt/format.h>

#include "actors/ports/json.h"
#include "drivers/sim/seconds.h"

namespace drivers::sim {

using actors::Json;

Simulation::Simulation(const Scenario& scenario)
    : models_(loop_, scenario),
      referee_(loop_, models_, scenario.settings),
      controller_(loop_, {referee_, models_.wake(), referee_, models_.stream()},
                  {.settings = scenario.settings,
                   .version = "test",
                   .wall_clock = [this] { return kWallAtStart + loop_.now().time_since_epoch(); },
                   .tail = [this](const std::string& line) { say(line); }}) {
  models_.start(controller_, controller_);
  tick();
}

void Simulation::tick() {
  controller_.tick();
  loop_.after(reactor::kTickPeriod, [this] { tick(); });
}

// A turn is all that is due at one moment, as it is one round of the real loop.
void Simulation::run_until(Instant end) {
  while (loop_.next() && *loop_.next() <= end) {
    loop_.run_until(*loop_.next());
    controller_.end_turn();
    referee_.check(controller_.director());
  }
}

void Simulation::say(const std::string& tail_line) {
  const Json line = Json::parse(tail_line);
  const auto text = [&](const char* key) { return line[key].get<std::string>(); };
  lines_.push_back(fmt::format(
      "{} {} {} {} -> {}: {}", seconds(Instant{Duration{line["t_ms"].get<std::int64_t>()}}),
      text("actor"), text("name"), text("from"), text("to"), text("text")));
}

}  // namespace drivers::sim

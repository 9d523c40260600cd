// One run of a scenario: the controller of production on the simulated world, in virtual time, with
// a referee between the two.
#pragma once

#include <string>
#include <vector>

#include "actors/controller.h"
#include "drivers/sim/referee.h"
#include "reactor/virtual_loop.h"

namespace drivers::sim {

class Simulation {
 public:
  explicit Simulation(const Scenario& scenario);

  void run_until(reactor::Instant end);

  /// "12.300 vm vm0 parked -> departing: ..." each.
  const std::vector<std::string>& lines() const { return lines_; }
  const actors::Director& director() const { return controller_.director(); }
  Models& models() { return models_; }
  const Referee& referee() const { return referee_; }

 private:
  void say(const std::string& tail_line);
  void tick();

  reactor::VirtualLoop loop_;
  Models models_;
  Referee referee_;
  std::vector<std::string> lines_;
  actors::Controller controller_;
};

}  // namespace drivers::sim

// One run of a scenario: the controller of production on the simulated world, in virtual time, with
// a referee between the two.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/controller/controller.h"
#include "actors/ports/relay.h"
#include "reactor/virtual_loop.h"
#include "tools/experiments/ports_of_one_start.h"
#include "tools/experiments/recorder.h"
#include "tools/experiments/referee.h"

namespace experiments {

namespace sim = drivers::sim;

/// What is wanted of a run beside its outcome, which is the same whatever is asked for here.
struct SimulationOptions {
  /// Entries and samples can be read back from models().stream(): samples for an hour.
  bool journal = true;
  std::function<void(const std::string&)> tail{};  ///< each line of the tail, as JSON
  Audience* audience = nullptr;                    ///< must outlive the simulation
};

class Simulation {
 public:
  explicit Simulation(const sim::Scenario& scenario, SimulationOptions options = {});

  void run_until(reactor::Instant end);

  /// The controller's, as it was when it was killed if it was.
  const actors::Director& director() const { return controller_->director(); }
  sim::Models& models() { return models_; }
  const Referee& referee() const { return referee_; }

 private:
  void start_controller();
  void kill_controller();
  void tick();
  void record();

  reactor::VirtualLoop loop_;
  const actors::Settings settings_;
  const SimulationOptions options_;
  sim::Models models_;
  Referee referee_;
  actors::ports::Relay relay_;
  std::optional<PortsOfOneStart> ports_;
  std::unique_ptr<actors::Controller> controller_;
  bool running_ = false;
  std::optional<Recorder> recorder_;
  reactor::Instant next_record_{};
};

/// "12.300 vm vm0 parked -> departing: ..." from a line of the tail.
std::string plain_text(const std::string& tail_line);

}  // namespace experiments

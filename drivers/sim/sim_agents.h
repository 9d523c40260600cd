// The agents of all simulated hosts, and the port Orders that reaches them.
#pragma once

#include <memory>

#include "drivers/sim/sim_agent.h"

namespace drivers::sim {

class SimAgents final : public actors::ports::Orders, private WorldListener {
 public:
  explicit SimAgents(AgentWorld shared);

  /// To be called once, before the loop runs.
  void start();
  /// Faults have begun or ended.
  void check();
  void reconnected();

  void give(const HostId& host, const actors::ports::Order& order,
            actors::ports::Done<actors::OrderId> done) override;

 private:
  void happened(std::size_t host, std::size_t vm, actors::ports::News news) override;
  void power_changed(std::size_t host) override { agents_[host]->power_changed(); }

  AgentWorld shared_;
  std::vector<std::unique_ptr<SimAgent>> agents_;
};

}  // namespace drivers::sim

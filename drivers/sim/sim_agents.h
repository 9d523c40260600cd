// The agents of all simulated hosts, and the port Orders that reaches them.
#pragma once

#include <memory>

#include "drivers/sim/sim_agent.h"
#include "drivers/sim/sim_stream.h"

namespace drivers::sim {

class SimAgents final : public actors::ports::Orders, private WorldListener {
 public:
  /// `stream`: the orders that give() writes stand there.
  SimAgents(AgentWorld shared, SimStream& stream);

  /// To be called once, before the loop runs.
  void start();
  /// Faults have begun or ended.
  void check();
  void reconnected();
  /// An order that came on another way than give().
  void hear(std::size_t host, const actors::OrderId& id, const actors::ports::Order& order) {
    agents_[host]->hear(id, order);
  }

  void give(const HostId& host, const actors::ports::Order& order,
            actors::ports::Done<actors::OrderId> done) override;

 private:
  void happened(std::size_t host, std::size_t vm, actors::ports::News news) override;
  void power_changed(std::size_t host) override { agents_[host]->power_changed(); }

  AgentWorld shared_;
  SimStream& stream_;
  std::vector<std::unique_ptr<SimAgent>> agents_;
};

}  // namespace drivers::sim

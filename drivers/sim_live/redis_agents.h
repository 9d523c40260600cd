// Simulated agents' way to a real Redis: each with its own user, outbox and orders, the very ones
// of the real agent.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "drivers/agent/order_reader.h"
#include "drivers/agent/outbox.h"
#include "drivers/redis/connection.h"
#include "drivers/redis/keys.h"
#include "drivers/sim/agent_outlet.h"

namespace drivers::sim_live {

struct RedisAccess {
  redis::Endpoint endpoint;  ///< user and password file are each agent's own
  std::string secrets;       ///< the folder of their files
  std::string pool;
};

class RedisAgents final : public sim::AgentOutlet {
 public:
  using OnOrder = std::function<void(std::size_t host, const agent::HeardOrder& order)>;

  /// Begins to connect at once. `hosts`: those of the scenario, by place.
  RedisAgents(reactor::Loop& loop, const RedisAccess& access,
              const std::vector<actors::HostId>& hosts, const OnOrder& on_order);

  void add(actors::ports::HostSample sample) override;
  void reply(actors::ports::Reply reply) override;
  void write(actors::ports::HostHello hello) override;

 private:
  class Line;

  const redis::Keys keys_;
  std::map<actors::HostId, std::shared_ptr<Line>> lines_;
};

}  // namespace drivers::sim_live

// Where simulated agents write what real ones write into Redis: the model of it (SimStream), or a
// real one (drivers/sim_live/).
#pragma once

#include "actors/ports/facts.h"
#include "actors/ports/orders.h"

namespace drivers::sim {

class AgentOutlet {
 public:
  virtual ~AgentOutlet() = default;
  virtual void add(actors::ports::HostSample sample) = 0;
  virtual void reply(actors::ports::Reply reply) = 0;
  virtual void write(actors::ports::HostHello hello) = 0;
};

}  // namespace drivers::sim

#include "drivers/sim_live/live_world.h"

namespace drivers::sim_live {

namespace {

std::vector<actors::HostId> names_of(const sim::Scenario& scenario) {
  std::vector<actors::HostId> out;
  for (const sim::HostModel& host : scenario.hosts)
    out.push_back(host.plan.name);
  return out;
}

}  // namespace

LiveWorld::LiveWorld(reactor::Loop& loop, const sim::Scenario& scenario, const RedisAccess& access,
                     reactor::Duration wall, actors::ports::HypervisorListener& domains)
    : clock_(loop),
      agents_(loop, access, names_of(scenario),
              [this](std::size_t host, const agent::HeardOrder& heard) {
                models_.agents().hear(host, heard.id, heard.order);
              }),
      models_(clock_, scenario, wall, &agents_) {
  models_.start(domains);
}

}  // namespace drivers::sim_live

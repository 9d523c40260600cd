#include "drivers/sim/models.h"

namespace drivers::sim {

Models::Models(reactor::Scheduler& loop, const Scenario& scenario)
    : loop_(loop),
      faults_(loop, scenario.faults),
      world_(loop, scenario),
      migrator_(loop, world_, scenario.link),
      stream_(loop, faults_, kWallAtStart),
      hypervisor_(loop, world_, migrator_, faults_),
      wake_(loop, world_, faults_),
      agents_({loop, world_, migrator_, stream_, faults_, kWallAtStart}),
      meter_(loop, world_, scenario.switches) {}

void Models::start(actors::ports::HypervisorListener& domains,
                   actors::ports::StreamListener& stream) {
  hypervisor_.tell(domains);
  stream_.tell(stream);
  agents_.start();
  for (const Fault& fault : faults_.all()) {
    const auto now = loop_.now().time_since_epoch();
    loop_.after(fault.at - now, [this] { faults_changed(); });
    if (fault.until < Duration::max()) loop_.after(fault.until - now, [this] { faults_changed(); });
  }
}

// Most faults are met where something is tried; these are noticed by themselves.
void Models::faults_changed() {
  hypervisor_.check_links();
  stream_.check();
  agents_.check();
}

}  // namespace drivers::sim

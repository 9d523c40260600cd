#include "drivers/sim/sla_watch.h"

#include <utility>

namespace drivers::sim {

SlaWatch::SlaWatch(World& world, const Migrator& migrator)
    : world_(world), migrator_(migrator), lost_ns_(world.vms().size()) {}

void SlaWatch::look(Instant now) {
  const Duration passed = now - std::exchange(looked_, now);
  for (std::size_t host = 0; host < world_.hosts().size(); ++host)
    if (world_.hosts()[host].power == HostPower::awake) look_at_host(world_.counted(host), passed);
  for (std::size_t vm = 0; vm < lost_ns_.size(); ++vm)
    look_at_vm(vm, passed);
}

// What one asks for and gets now stands for the second; a VM that is paused asks for nothing.
void SlaWatch::look_at_host(const Host& host, Duration passed) {
  HostStretch stretch{.lasted = passed};
  for (const Domain& domain : host.domains) {
    if (!executes(domain)) continue;
    stretch.asked += world_.vms()[domain.vm].wants;
    stretch.given += domain.rate;
  }
  sums_.add(stretch);
}

void SlaWatch::look_at_vm(std::size_t place, Duration passed) {
  const Vm& vm = world_.vms()[place];
  const std::int64_t lost = vm.lost_ns - std::exchange(lost_ns_[place], vm.lost_ns);
  const std::int64_t asked = vm.wants * passed.count();
  sums_.add(VmStretch{asked, asked - lost, migrator_.migrating(place)});
}

}  // namespace drivers::sim

#include "drivers/sim/sim_meter.h"

#include <utility>

namespace drivers::sim {

namespace {

constexpr Duration kInterval{1'000};

}  // namespace

SimMeter::SimMeter(reactor::Scheduler& loop, World& world, std::vector<SwitchModel> switches)
    : loop_(loop), world_(world), switches_(std::move(switches)) {}

void SimMeter::watch(actors::ports::MeterListener& listener) {
  listener_ = &listener;
  for (std::size_t host = 0; host < world_.hosts().size(); ++host)
    energy_uj_.push_back(world_.counted(host).energy_uj);
  loop_.after(kInterval, [this] { read_again(); });
}

void SimMeter::read_again() {
  loop_.after(kInterval, [this] { read_again(); });
  for (std::size_t host = 0; host < energy_uj_.size(); ++host) {
    const Host& there = world_.counted(host);
    const std::int64_t spent = there.energy_uj - std::exchange(energy_uj_[host], there.energy_uj);
    read(there.model.plan.name.text, spent / kInterval.count());
  }
  for (const SwitchModel& each : switches_)
    read(each.name, each.milliwatts);
}

void SimMeter::read(const std::string& target, std::int64_t milliwatts) {
  listener_->read({{target}, loop_.now(), {milliwatts}});
}

}  // namespace drivers::sim

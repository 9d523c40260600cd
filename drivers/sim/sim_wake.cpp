#include "drivers/sim/sim_wake.h"

#include <utility>

namespace drivers::sim {

using actors::ports::Done;
using actors::ports::Power;
using reactor::Unit;

namespace {

constexpr Duration kAnswers{20};

}  // namespace

// A host on its way down misses it, as one whose network card is not armed yet misses a packet.
void SimWake::wake(const HostId& host, int /*way*/, Done<Unit> done) {
  const Duration late = faults_.by(FaultKind::wake_slow, host);
  loop_.after(kAnswers + late, [this, host] {
    const auto place = world_.find(host);
    if (place && !faults_.now(FaultKind::wake_never, host)) world_.resume(*place);
  });
  loop_.after(kAnswers, [done = std::move(done)] { done(Unit{}); });
}

void SimWake::read(const HostId& host, Done<Power> done) {
  loop_.after(kAnswers, [this, host, done = std::move(done)] {
    const auto place = world_.find(host);
    if (!place) return done(reactor::Error{reactor::Errc::refused, "no such host: " + host.text});
    const bool asleep = world_.hosts()[*place].power == HostPower::asleep;
    done(asleep ? Power::asleep : Power::on);
  });
}

}  // namespace drivers::sim

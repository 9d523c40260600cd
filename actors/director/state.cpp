// The director as text, and back: in a file of its own, as reading all of it takes long to compile.
#include "actors/director/director.h"
#include "actors/ports/json.h"

namespace actors {

std::string Director::snapshot() const {
  std::string out;
  Writer line{out};
  line("pool", pool_)("epoch", epoch_)("migrations_begun", migrations_begun_);
  line("blind", blind_)("surveyed", surveyed_)("led_since", led_since_);
  line("leads_since", leads_since_)("held", held_)("moves", moves_);
  line("drills", drills_)("reserve", reserve_)("reserved", reserved_);
  line("alerts", alerts_)("alert_failing", alert_failing_);
  line.end();
  return out;
}

reactor::Result<Director> Director::restore(std::string_view snapshot) {
  const Json tree = Json::parse(snapshot, nullptr, false);
  Director director;
  director.blind_.reset();
  Reader in{tree};
  in("pool", director.pool_)("epoch", director.epoch_);
  in("migrations_begun", director.migrations_begun_)("blind", director.blind_);
  in("surveyed", director.surveyed_)("led_since", director.led_since_);
  in("leads_since", director.leads_since_)("held", director.held_)("moves", director.moves_);
  in("drills", director.drills_)("reserve", director.reserve_)("reserved", director.reserved_);
  in("alerts", director.alerts_)("alert_failing", director.alert_failing_);
  director.policy_ = make_policy(director.pool_.settings.policy);
  if (!in.complete() || !director.policy_ || !director.pool_.consistent())
    return reactor::Error{reactor::Errc::malformed, "the snapshot does not parse"};
  director.pool_.rebuild_index();
  director.touch_all();
  for (const auto& [id, vm] : director.pool_.vms)
    director.look_when_free(vm.actor);
  return director;
}

}  // namespace actors

// Which hosts a turn looks at.
#include "actors/pool/agenda.h"

#include <doctest/doctest.h>

#include "tests/actors/pools.h"

using namespace actors;

namespace {

Host host(const std::string& name) {
  Host out;
  out.plan.name = {name};
  return out;
}

/// A turn in which nothing happens but this while it looks; the hosts that it took.
std::vector<std::string> taken(Agenda& agenda, const std::function<void()>& while_looking = {}) {
  agenda.begin_looks();
  if (while_looking) while_looking();
  std::vector<std::string> out;
  for (const Host* each : agenda.take_hosts())
    out.push_back(each->plan.name.text);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("agenda: touched before the looks: in this turn, and only there; in the order of names") {
  Agenda agenda;
  Host b = host("b"), a = host("a");
  agenda.touch(b);
  agenda.touch(a);
  CHECK(taken(agenda) == Names{"a", "b"});
  CHECK(taken(agenda).empty());
}

TEST_CASE("agenda: touched while a turn looks: in this turn and in the next") {
  Agenda agenda;
  Host a = host("a");
  CHECK(taken(agenda, [&] { agenda.touch(a); }) == Names{"a"});
  CHECK(taken(agenda) == Names{"a"});
  CHECK(taken(agenda).empty());
}

TEST_CASE("agenda: touched once its turn has taken its hosts: in the next one only") {
  Agenda agenda;
  Host a = host("a");
  taken(agenda);
  agenda.touch(a);
  CHECK(taken(agenda) == Names{"a"});
  CHECK(taken(agenda).empty());
}

TEST_CASE("agenda: a host that goes is forgotten, wherever it stands") {
  Agenda agenda;
  Host a = host("a");
  agenda.touch_at(reactor::Instant{1s}, a);
  CHECK(taken(agenda, [&] {
          agenda.touch(a);
          agenda.forget(a);
        }).empty());
  agenda.begin(reactor::Instant{2s});
  CHECK(taken(agenda).empty());
}

// The desk has had its look at the warehouse when the policy takes a VM away and the window starts
// anew. No sample comes in the next turn, a tick later; still the desk has to know by then.
TEST_CASE("agenda: what a plan changes of a warehouse its desk knows in the next turn") {
  World world = quiet_world();
  world.vm("a").mcores = 900;
  REQUIRE(world.run_until([&] { return world.vm_state("a") == VmState::departing; }));
  const AdmissionDesk& desk = world.seen("wh1").desk;
  const auto why = [&] {
    const DeskLimits limits = world.witness.pool().desk_limits(world.seen("wh1"));
    return desk.misfit(limits, {}).value_or(Reason{}).code;
  };
  CHECK(why() == ReasonCode::cpu_does_not_fit);
  world.run(reactor::kTickPeriod);
  CHECK(why() == ReasonCode::no_window);
}

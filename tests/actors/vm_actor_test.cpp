#include "actors/vm/vm_actor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "tests/actors/dice.h"
#include "tests/actors/snapshot.h"

using namespace actors;
using namespace std::chrono_literals;
using enum VmState;
using reactor::Instant;
using reactor::Tick;

namespace {

const HostId kWarehouse{"wh1"}, kOther{"wh2"}, kServer{"s1"}, kSecond{"s2"};
const Reason kWhy{.code = ReasonCode::warehouse_overloaded, .values = {95, 10'000, 90, 800}};
const Reason kUnmovable{.code = ReasonCode::unmovable, .detail = "has a host device"};

/// A VM actor and the time it lives in.
struct Life {
  VmActor actor{};
  Settings settings{};
  Instant now{1h};

  std::optional<VmChanged> on(const VmEvent& event) { return actor.on(now, settings, event); }
  std::optional<VmChanged> after(Duration time, const VmEvent& event) {
    now += time;
    return on(event);
  }
  std::optional<VmChanged> uses(std::int64_t mcores) { return on(Measure{Mcores{mcores}, 1}); }
};

Life placed_on(const HostId& host, Role role) {
  Life life;
  life.on(Placed{host, role});
  life.on(Movable{});
  life.uses(800);
  return life;
}

Life parked_vm() {
  Life life = placed_on(kWarehouse, Role::warehouse);
  REQUIRE(life.actor.state() == parked);
  return life;
}

Life departing_vm() {
  Life life = parked_vm();
  life.on(DistributeTo{kServer, kWhy});
  REQUIRE(life.actor.state() == departing);
  return life;
}

Life holding_vm() {
  Life life = departing_vm();
  life.on(MigrationBegan{});
  life.on(CameTo{kServer, Role::server, {}});
  REQUIRE(life.actor.state() == holding);
  return life;
}

Life active_vm() {
  Life life = holding_vm();
  life.after(20s, Tick{});
  REQUIRE(life.actor.state() == active);
  return life;
}

Life queued_vm() {
  Life life = active_vm();
  life.uses(499);
  REQUIRE(life.actor.state() == queued);
  return life;
}

Life returning_vm() {
  Life life = queued_vm();
  life.on(Granted{kWarehouse, {}});
  REQUIRE(life.actor.state() == returning);
  return life;
}

Life stranded_vm(Life life) {
  life.on(MigrationBegan{});
  life.on(Broke{});
  REQUIRE(life.actor.state() == stranded);
  return life;
}

VmState to(const std::optional<VmChanged>& change) {
  REQUIRE(change);
  return change->to;
}

ReasonCode why(const std::optional<VmChanged>& change) {
  REQUIRE(change);
  return change->reason.code;
}

}  // namespace

TEST_CASE("vm: unknown: waits for its place, its agent's word and its first window") {
  Life life;
  CHECK_FALSE(life.uses(100));
  CHECK(why(life.on(Placed{kWarehouse, Role::warehouse})) == ReasonCode::first_seen);
  CHECK(life.actor.state() == unknown);
  CHECK_FALSE(life.on(Measure{}));
  CHECK_FALSE(life.uses(100));
  CHECK(why(life.on(Movable{})) == ReasonCode::settled_parked);
  CHECK(life.actor.state() == parked);
  CHECK(placed_on(kServer, Role::server).actor.state() == active);
}

TEST_CASE("vm: unknown: first seen where a migration brought it: held from then on") {
  Life life;
  life.on(Placed{.host = kServer, .role = Role::server, .migrated = true});
  life.on(Movable{});
  life.uses(100);
  CHECK(life.actor.state() == active);
  CHECK_FALSE(life.uses(100));
  life.now += life.settings.hold_server;
  CHECK(to(life.uses(100)) == queued);
}

TEST_CASE("vm: unknown: seen on another host: stays unknown there") {
  Life life;
  life.on(Placed{kWarehouse, Role::warehouse});
  CHECK(to(life.on(Placed{kServer, Role::server})) == unknown);
  CHECK(life.actor.host() == kServer);
}

TEST_CASE("vm: found on its way: where it is in the end is told, then it is settled or held") {
  const FoundMoving found{kWarehouse, Role::warehouse, kServer, {.code = ReasonCode::adopted}};
  Life life;
  CHECK(life.on(found)->to == unknown);
  CHECK(life.actor.host() == kWarehouse);
  CHECK(life.actor.target() == kServer);
  life.on(Movable{});
  life.uses(500);
  CHECK_FALSE(life.on(Placed{kServer, Role::server}));
  CHECK(life.actor.state() == unknown);

  Life back = life;
  CHECK(back.on(Stayed{})->to == unknown);
  CHECK(back.actor.target().text.empty());
  CHECK(back.uses(500)->to == parked);
  CHECK(back.actor.fixed(back.now));  // held, and left alone

  Life broken = life;
  CHECK(broken.on(Broke{})->to == stranded);
  CHECK(life.on(CameTo{kServer, Role::server, {}})->to == holding);
}

TEST_CASE("vm: found on its way, arrived before an agent listed it: unknown, and settled there") {
  Life life;
  life.on(FoundMoving{kWarehouse, Role::warehouse, kServer, {}});
  CHECK(life.on(CameTo{kServer, Role::server, {}})->to == unknown);
  life.uses(500);
  CHECK(life.actor.state() == unknown);
  CHECK(life.on(Movable{})->to == active);
}

TEST_CASE("vm: parked: the policy's wish is followed") {
  Life life = departing_vm();
  CHECK(life.actor.target() == kServer);
  CHECK_FALSE(life.actor.began());
}

TEST_CASE(
    "vm: parked: held after it arrived: the policy's wish is refused, till the hold is over") {
  Life life = returning_vm();
  life.on(MigrationBegan{});
  life.on(CameTo{kWarehouse, Role::warehouse, {}});
  REQUIRE(life.actor.state() == parked);
  const auto refused = life.after(19'999ms, DistributeTo{kServer, kWhy});
  CHECK(why(refused) == ReasonCode::held);
  CHECK(refused->from == parked);
  CHECK(refused->to == parked);
  CHECK(refused->reason.clears_at == life.now + 1ms);
  CHECK(to(life.after(1ms, DistributeTo{kServer, kWhy})) == departing);
}

TEST_CASE("vm: departing: another target while none has been reached, not once it moves") {
  Life life = departing_vm();
  CHECK(to(life.on(DistributeTo{kSecond, kWhy})) == departing);
  CHECK(life.actor.target() == kSecond);
  life.on(MigrationBegan{});
  CHECK_FALSE(life.on(DistributeTo{kServer, kWhy}));
  CHECK(life.actor.target() == kSecond);
}

TEST_CASE("vm: departing: called off before it moves: parked; not once it moves") {
  Life life = departing_vm();
  CHECK(to(life.on(CallOff{kWhy})) == parked);
  CHECK(life.actor.target().text.empty());
  life = departing_vm();
  life.on(MigrationBegan{});
  CHECK_FALSE(life.on(CallOff{kWhy}));
}

TEST_CASE("vm: departing: arrived: holding, and its window begins anew") {
  Life life = holding_vm();
  CHECK(life.actor.host() == kServer);
  CHECK_FALSE(life.actor.average());
  CHECK_FALSE(life.actor.began());
}

TEST_CASE("vm: departing: stayed: parked, and left alone, longer after each failure") {
  Life life = parked_vm();
  Duration expected = life.settings.migration.cool_down;
  for (int failure = 1; failure < 20; ++failure) {
    life.on(DistributeTo{kServer, kWhy});
    life.on(MigrationBegan{});
    REQUIRE(to(life.on(Stayed{})) == parked);
    CHECK(why(life.after(expected - 1ms, DistributeTo{kServer, kWhy})) == ReasonCode::cooling_down);
    life.now += 1ms;
    CHECK_FALSE(life.actor.fixed(life.now));
    expected = std::min(expected * 2, life.settings.migration.cool_down_longest);
  }
}

TEST_CASE("vm: broke in postcopy: stranded, till it heals or is found where it was") {
  Life healed = stranded_vm(departing_vm());
  CHECK_FALSE(healed.on(DistributeTo{kSecond, kWhy}));
  CHECK(to(healed.on(CameTo{kServer, Role::server, {}})) == holding);
  CHECK(to(stranded_vm(departing_vm()).on(Stayed{})) == parked);
  CHECK(to(stranded_vm(returning_vm()).on(CameTo{kWarehouse, Role::warehouse, {}})) == parked);
  CHECK(to(stranded_vm(returning_vm()).on(Stayed{})) == holding);
}

TEST_CASE("vm: holding: not looked at before its hold is over") {
  Life life = holding_vm();
  CHECK_FALSE(life.uses(10));
  CHECK_FALSE(life.after(19'999ms, Tick{}));
  CHECK(why(life.after(1ms, Tick{})) == ReasonCode::hold_over);
}

TEST_CASE("vm: active: below the return threshold: asks; at it, or not covered: stays") {
  Life life = active_vm();
  CHECK_FALSE(life.uses(500));
  CHECK_FALSE(life.on(Measure{}));
  const auto asks = life.uses(499);
  CHECK(to(asks) == queued);
  CHECK(asks->reason.values == std::vector<std::int64_t>{499, 10'000, 500});
}

TEST_CASE("vm: active: the return threshold is a share of its vCPUs") {
  Life life = active_vm();
  CHECK_FALSE(life.on(Measure{Mcores{2'000}, 4}));
  CHECK(to(life.on(Measure{Mcores{1'999}, 4})) == queued);
}

TEST_CASE("vm: queued: its desk is remembered, and forgotten when it leaves the queue") {
  Life life = queued_vm();
  CHECK(to(life.on(Queued{kWarehouse, {}})) == queued);
  CHECK(life.actor.desk() == kWarehouse);
  CHECK_FALSE(life.on(Queued{kWarehouse, {}}));
  life.on(Granted{kWarehouse, {}});
  CHECK(life.actor.desk().text.empty());
  CHECK(life.actor.target() == kWarehouse);
}

TEST_CASE("vm: queued: its load is back at the return threshold: active again") {
  CHECK(why(queued_vm().uses(500)) == ReasonCode::above_return_threshold);
}

TEST_CASE("vm: queued: turned away: says why once, asks again after a second") {
  Life life = queued_vm();
  CHECK(to(life.on(NotAdmitted{{.code = ReasonCode::cpu_does_not_fit}})) == queued);
  CHECK_FALSE(life.actor.asks(life.now));
  life.now += 1s;
  CHECK(life.actor.asks(life.now));
  CHECK_FALSE(life.on(NotAdmitted{{.code = ReasonCode::cpu_does_not_fit}}));
  CHECK_FALSE(life.actor.asks(life.now));
  CHECK(why(life.on(NotAdmitted{{.code = ReasonCode::no_window}})) == ReasonCode::no_window);
}

TEST_CASE("vm: returning: its ticket is gone before it moved: active; not once it moves") {
  CHECK(to(returning_vm().on(NotAdmitted{})) == active);
  Life life = returning_vm();
  life.on(MigrationBegan{});
  CHECK_FALSE(life.on(NotAdmitted{}));
  CHECK(to(life.on(Stayed{})) == active);
}

TEST_CASE("vm: returning: load comes back on the way: it goes all the same") {
  CHECK_FALSE(returning_vm().uses(1'000));
}

TEST_CASE("vm: moved by somebody else: it is where libvirt says, and held there") {
  const std::vector<std::pair<Life, VmState>> to_server{{parked_vm(), holding},
                                                        {holding_vm(), holding},
                                                        {active_vm(), holding},
                                                        {queued_vm(), holding}};
  for (auto [life, expected] : to_server) {
    CHECK(to(life.on(Placed{kSecond, Role::server})) == expected);
    CHECK(life.actor.host() == kSecond);
    CHECK_FALSE(life.after(19'999ms, Tick{}));
    CHECK(to(life.after(1ms, Tick{})) == active);
  }
  for (Life life : {parked_vm(), holding_vm(), active_vm(), queued_vm()}) {
    CHECK(why(life.on(Placed{kOther, Role::warehouse})) == ReasonCode::moved_by_operator);
    CHECK(life.actor.state() == parked);
    CHECK(why(life.on(DistributeTo{kServer, kWhy})) == ReasonCode::held);
  }
}

// libvirt's word on it is the only one there is: no migration of ours will correct it later.
TEST_CASE("vm: moved by somebody else while it waits for its target: is there, and does not go") {
  for (Life life : {departing_vm(), returning_vm()}) {
    Life other = life;
    CHECK(to(life.on(Placed{kSecond, Role::server})) == holding);
    CHECK(life.actor.target().text.empty());
    CHECK(to(other.on(Placed{kOther, Role::warehouse})) == parked);
  }
}

TEST_CASE("vm: seen on both ends of its own migration: no news") {
  Life life = departing_vm();
  life.on(MigrationBegan{});
  CHECK_FALSE(life.on(Placed{kServer, Role::server}));
  CHECK(life.actor.host() == kWarehouse);
}

TEST_CASE("vm: can't be moved: unmanaged in any state in which nothing moves it") {
  for (Life life :
       {parked_vm(), departing_vm(), holding_vm(), active_vm(), queued_vm(), returning_vm()}) {
    CHECK(to(life.on(Movable{kUnmovable})) == unmanaged);
    CHECK(life.actor.waits(life.now) == kUnmovable);
    CHECK(to(life.on(Movable{})) == unknown);
  }
}

TEST_CASE("vm: can't be moved, says its agent while it moves: unmanaged once it arrived") {
  Life life = departing_vm();
  life.on(MigrationBegan{});
  CHECK_FALSE(life.on(Movable{kUnmovable}));
  life.on(CameTo{kServer, Role::server, {}});
  CHECK(to(life.on(Tick{})) == unmanaged);
}

TEST_CASE("vm: unmanaged: moved by somebody else: stays so, on the other host") {
  Life life = parked_vm();
  life.on(Movable{kUnmovable});
  CHECK(to(life.on(Placed{kServer, Role::server})) == unmanaged);
  CHECK(life.actor.host() == kServer);
}

TEST_CASE("vm: vanished: gone from any state, for good") {
  for (Life life : {Life{}, parked_vm(), departing_vm(), holding_vm(), active_vm(), queued_vm(),
                    returning_vm(), stranded_vm(departing_vm())}) {
    CHECK(to(life.on(Vanished{})) == gone);
    CHECK_FALSE(life.on(Vanished{}));
    CHECK_FALSE(life.on(Placed{kServer, Role::server}));
  }
}

namespace {

/// Out to a server node, where it stays for the hold at least, and back.
void go_round(Life& life) {
  life.on(DistributeTo{kServer, kWhy});
  life.on(MigrationBegan{});
  life.on(CameTo{kServer, Role::server, {}});
  life.after(std::max<Duration>(20s, life.actor.free_at() - life.now), Tick{});
  life.on(Tick{});  // the first one may have said that it flaps
  life.uses(100);
  life.on(Granted{kWarehouse, {}});
  life.on(MigrationBegan{});
  life.on(CameTo{kWarehouse, Role::warehouse, {}});
  REQUIRE(life.actor.state() == parked);
  life.now += 20s;  // its hold
}

}  // namespace

TEST_CASE("vm: out and back too often within the window: said once, and its end once") {
  Life life = parked_vm();
  for (int trip = 1; trip < 12; ++trip) {
    go_round(life);
    CHECK_FALSE(life.on(Tick{}));
  }
  go_round(life);
  const auto said = life.on(Tick{});
  CHECK(why(said) == ReasonCode::ping_pong);
  CHECK(said->reason.values == std::vector<std::int64_t>{12, 3'600'000});
  CHECK(life.actor.ping_pong());
  CHECK_FALSE(life.after(1s, Tick{}));
  CHECK_FALSE(life.after(51min, Tick{}));
  CHECK(why(life.after(2min, Tick{})) == ReasonCode::ping_pong_over);
  CHECK_FALSE(life.actor.ping_pong());
  CHECK_FALSE(life.after(1s, Tick{}));
}

TEST_CASE("vm: it flaps: stays on its server node for longer each time, up to the longest") {
  Life life = parked_vm();
  for (int trip = 1; trip <= 12; ++trip)
    go_round(life);
  REQUIRE(why(life.on(Tick{})) == ReasonCode::ping_pong);
  life.settings.flapping.window = 24h;  // so that it goes on to be too often
  Duration expected = 60s;
  for (int flap = 1; flap < 12; ++flap) {
    life.on(DistributeTo{kServer, kWhy});
    life.on(MigrationBegan{});
    const auto came = life.on(CameTo{kServer, Role::server, {}});
    CHECK(came->reason.clears_at == life.now + expected);
    life.after(20s, Tick{});
    CHECK_FALSE(life.uses(100));  // it would ask to go back, were it not for this
    CHECK(life.actor.waits(life.now)->code == ReasonCode::flapping);
    CHECK(life.actor.waits(life.now)->values == std::vector<std::int64_t>{flap});
    life.now += expected - 20s;
    CHECK(to(life.uses(100)) == queued);
    life.on(Granted{kWarehouse, {}});
    life.on(MigrationBegan{});
    life.on(CameTo{kWarehouse, Role::warehouse, {}});
    life.now += 20s;
    expected = std::min<Duration>(2 * expected, 30min);
  }
  CHECK(expected == 30min);
}

TEST_CASE("vm: it flaps: what is longer ago than remembered counts no more") {
  Life life = parked_vm();
  life.settings.flapping = {.trips = 2, .window = 1h, .remember = 2h};
  for (int trip = 1; trip <= 5; ++trip)
    go_round(life);  // three of them too often
  life.now += 2h;
  for (int trip = 1; trip <= 2; ++trip)
    go_round(life);
  life.on(DistributeTo{kServer, kWhy});
  life.on(MigrationBegan{});
  CHECK(life.on(CameTo{kServer, Role::server, {}})->reason.clears_at == life.now + 60s);
}

TEST_CASE("vm: out and back as often as it likes: not watched if conf.yaml says so") {
  Life life = parked_vm();
  life.settings.flapping.trips = 0;
  for (int trip = 1; trip <= 50; ++trip) {
    go_round(life);
    CHECK_FALSE(life.on(Tick{}));
  }
}

TEST_CASE("vm: moved to and fro by an operator, or a return that failed: no trip") {
  Life life = parked_vm();
  life.settings.flapping = {.trips = 2};
  for (int i = 0; i < 5; ++i) {
    life.on(Placed{kServer, Role::server});
    life.on(Placed{kWarehouse, Role::warehouse});
  }
  CHECK_FALSE(life.on(Tick{}));
}

namespace {

/// DESIGN.md §6 as it stands in vm_actor.cpp, without the arrows to `unmanaged` and `gone`.
const std::set<std::pair<VmState, VmState>> kArrows{
    {unknown, parked},      {unknown, active},      {unknown, unknown},   {unknown, holding},
    {unknown, stranded},    {stranded, unknown},    {parked, departing},  {parked, parked},
    {parked, holding},      {departing, departing}, {departing, holding}, {departing, parked},
    {departing, stranded},  {holding, active},      {holding, holding},   {holding, parked},
    {active, active},       {active, queued},       {active, holding},    {active, parked},
    {queued, queued},       {queued, active},       {queued, returning},  {queued, holding},
    {queued, parked},       {returning, parked},    {returning, active},  {returning, holding},
    {returning, stranded},  {stranded, holding},    {stranded, parked},   {unmanaged, unknown},
    {unmanaged, unmanaged}, {parked, unknown},      {departing, unknown}, {holding, unknown},
    {active, unknown},      {queued, unknown},      {returning, unknown}};

bool documented(VmState from, VmState to) {
  if (to == gone) return from != gone;
  if (to == unmanaged && from != unmanaged) return from != stranded && from != gone;
  return kArrows.contains({from, to});
}

Reason any_reason() {
  return {.code = ReasonCode::looked, .about = "s1", .detail = "something"};
}

VmEvent any_placing(Dice& dice) {
  const std::vector<std::pair<HostId, Role>> places{{kWarehouse, Role::warehouse},
                                                    {kOther, Role::warehouse},
                                                    {kServer, Role::server},
                                                    {kSecond, Role::server}};
  const auto& [host, role] = dice.pick(places);
  if (dice.one_in(3)) return Placed{host, role};
  return CameTo{host, role, any_reason()};
}

VmEvent any_event(Dice& dice) {
  switch (dice.roll(17)) {
    case 0: return any_placing(dice);
    case 1: return Movable{dice.one_in(8) ? std::optional{kUnmovable} : std::nullopt};
    case 2: return Measure{std::nullopt, 1};
    case 3:
    case 4: return Measure{Mcores{dice.roll(1'000)}, 1 + dice.roll(2)};
    case 5:
    case 6: return DistributeTo{kServer, any_reason()};
    case 7: return CallOff{any_reason()};
    case 8: return Queued{kWarehouse, any_reason()};
    case 9: return Granted{kWarehouse, any_reason()};
    case 10: return NotAdmitted{any_reason()};
    case 11: return MigrationBegan{};
    case 12: return Stayed{any_reason()};
    case 13: return Broke{any_reason()};
    case 14: return FoundMoving{kWarehouse, Role::warehouse, kServer, any_reason()};
    case 15: return dice.one_in(20) ? VmEvent{Vanished{any_reason()}} : VmEvent{Tick{}};
    default: return Tick{};
  }
}

}  // namespace

TEST_CASE("vm: any event in any state: documented arrows only, and all of them happen") {
  std::set<std::pair<VmState, VmState>> seen;
  std::set<std::pair<VmState, std::size_t>> met;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Dice dice{seed};
    Life life;
    life.settings.flapping = {.trips = 1, .window = 3min, .remember = 20min};
    for (int i = 0; i < 500; ++i) {
      const VmEvent event = any_event(dice);
      met.emplace(life.actor.state(), event.index());
      const auto change = life.after(Duration{dice.roll(5'000)}, event);
      if (!change) continue;
      REQUIRE(documented(change->from, change->to));
      if (kArrows.contains({change->from, change->to})) seen.emplace(change->from, change->to);
    }
  }
  CHECK(seen == kArrows);
  CHECK(met.size() == 10 * std::variant_size_v<VmEvent>);
}

TEST_CASE("vm: snapshot: from any of them the rest of the run comes out the same") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Dice dice{seed};
    Life live, again;
    for (int i = 0; i < 300; ++i) {
      again = live;
      again.actor = restored(live.actor);
      const Duration step{dice.roll(5'000)};
      const VmEvent event = any_event(dice);
      REQUIRE(live.after(step, event) == again.after(step, event));
      REQUIRE(to_json(live.actor) == to_json(again.actor));
    }
  }
}

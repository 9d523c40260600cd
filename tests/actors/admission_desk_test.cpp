#include "actors/host/admission_desk.h"

#include <doctest/doctest.h>

#include <chrono>
#include <set>

#include "tests/actors/dice.h"
#include "tests/actors/snapshot.h"
#include "tests/vm_id.h"

using namespace actors;
using namespace std::chrono_literals;
using enum RequestState;
using reactor::Instant;

namespace {

const VmId kA = vm_id("a"), kB = vm_id("b"), kC = vm_id("c"), kD = vm_id("d");
const Load kSmall{{100}, {1000}};
const Instant kStart{1h};

DeskLimits limits() {
  return {.tickets = 1, .queue_limit = 2, .most = {{850}, {8000}}, .ticket_expiry = 60s};
}

Measured measured(Load used) {
  return {.used = used, .awake = true, .usable = true};
}

/// A desk, its limits and its time.
struct Counter {
  AdmissionDesk desk{HostId{"wh1"}};
  DeskLimits limit = limits();
  Instant now = kStart;

  explicit Counter(Load used = {}) { on(measured(used)); }
  DeskChanges on(const DeskEvent& event) { return desk.on(now, limit, event); }
  DeskChanges after(Duration time, const DeskEvent& event) {
    now += time;
    return on(event);
  }
};

/// The only change, which must be one of `vm`.
RequestChanged only(const DeskChanges& out, const VmId& vm) {
  REQUIRE(out.size() == 1);
  REQUIRE(out[0].vm == vm);
  return out[0];
}

Counter with_newcomer(Load need, Load used = {}) {
  Counter counter{used};
  counter.on(Asked{kA, need});
  counter.on(Starting{kA});
  REQUIRE(only(counter.on(Ended{kA, true}), kA).to == settling);
  return counter;
}

}  // namespace

TEST_CASE("desk: ticket free: granted, and says until when") {
  Counter counter{{{200}, {2000}}};
  const RequestChanged change = only(counter.on(Asked{kA, kSmall}), kA);
  CHECK(change.from == asked);
  CHECK(change.to == granted);
  CHECK(change.reason == Reason{.code = ReasonCode::ticket_free,
                                .values = {100, 1000},
                                .about = "wh1",
                                .clears_at = kStart + 60s});
  CHECK(counter.desk.tickets_out() == 1);
  CHECK(counter.desk.promised() == kSmall);
}

TEST_CASE("desk: ticket out: the next ones queue and are served in the order they asked") {
  Counter counter;
  counter.on(Asked{kA, kSmall});
  CHECK(only(counter.on(Asked{kC, kSmall}), kC).reason.code == ReasonCode::ticket_out);
  CHECK(only(counter.on(Asked{kB, kSmall}), kB).to == queued);
  counter.on(Starting{kA});
  const DeskChanges out = counter.on(Ended{kA, true});
  REQUIRE(out.size() == 2);
  CHECK(out[0].to == settling);
  CHECK(out[1].vm == kC);
  CHECK(out[1].from == queued);
  CHECK(out[1].to == granted);
}

TEST_CASE("desk: asked again while the first request stands: no second one") {
  Counter counter;
  counter.on(Asked{kA, kSmall});
  CHECK(counter.on(Asked{kA, kSmall}).empty());
  counter.on(Asked{kB, kSmall});
  CHECK(counter.on(Asked{kB, kSmall}).empty());
  CHECK(counter.desk.waiting() == 1);
}

TEST_CASE("desk: queue full: refused with the limit") {
  Counter counter;
  for (const VmId& vm : {kA, kB, kC})
    counter.on(Asked{vm, kSmall});
  const RequestChanged change = only(counter.on(Asked{kD, kSmall}), kD);
  CHECK(change.to == closed);
  CHECK(change.reason.code == ReasonCode::queue_full);
  CHECK(change.reason.values == std::vector<std::int64_t>{2, 2});
}

TEST_CASE("desk: no window: refused, blind means still") {
  Counter counter;
  counter.on(Measured{.awake = true, .usable = true});
  CHECK(only(counter.on(Asked{kA, kSmall}), kA).reason.code == ReasonCode::no_window);
}

TEST_CASE("desk: fit: exactly up to the limit, then refused with the figures") {
  Counter counter{{{750}, {7000}}};
  const Reason cpu = only(counter.on(Asked{kA, {{101}, {1000}}}), kA).reason;
  CHECK(cpu.code == ReasonCode::cpu_does_not_fit);
  CHECK(cpu.values == std::vector<std::int64_t>{750, 0, 101, 850});
  const Reason memory = only(counter.on(Asked{kB, {{100}, {1001}}}), kB).reason;
  CHECK(memory.code == ReasonCode::memory_does_not_fit);
  CHECK(memory.values == std::vector<std::int64_t>{7000, 0, 1001, 8000});
  CHECK(only(counter.on(Asked{kC, kSmall}), kC).to == granted);
}

TEST_CASE("desk: queued: no longer fits when its turn comes, leaves, and the next one is served") {
  Counter counter;
  counter.on(Asked{kA, kSmall});
  counter.on(Asked{kB, {{700}, {1000}}});
  counter.on(Asked{kC, kSmall});
  CHECK(counter.on(measured({{200}, {0}})).empty());
  const DeskChanges out = counter.on(Withdrawn{kA});
  REQUIRE(out.size() == 3);
  CHECK(out[1].reason.code == ReasonCode::cpu_does_not_fit);
  CHECK(out[2].vm == kC);
  CHECK(out[2].to == granted);
}

TEST_CASE("desk: queued: withdrawn: closed, and nobody waits behind it") {
  Counter counter;
  counter.on(Asked{kA, kSmall});
  counter.on(Asked{kB, kSmall});
  CHECK(only(counter.on(Withdrawn{kB}), kB).to == closed);
  CHECK(counter.desk.waiting() == 0);
  CHECK_FALSE(counter.desk.state_of(kB));
}

TEST_CASE("desk: ticket: expires before the migration starts, which then may not start") {
  Counter counter;
  counter.on(Asked{kA, kSmall});
  CHECK(counter.after(59'999ms, measured({})).empty());
  CHECK(only(counter.after(1ms, measured({})), kA).reason.code == ReasonCode::ticket_expired);
  const RequestChanged refused = only(counter.on(Starting{kA}), kA);
  CHECK(refused.to == closed);
  CHECK(refused.reason.code == ReasonCode::no_ticket);
}

TEST_CASE("desk: ticket: its time runs only from when the warehouse is awake") {
  Counter counter;
  counter.on(Measured{.used = Load{}, .awake = false, .usable = true});
  CHECK_FALSE(only(counter.on(Asked{kA, kSmall}), kA).reason.clears_at);
  CHECK(counter.after(170s, Measured{.used = Load{}, .awake = false, .usable = true}).empty());
  CHECK(counter.on(measured({})).empty());
  CHECK(counter.after(59'999ms, measured({})).empty());
  CHECK(only(counter.after(1ms, measured({})), kA).to == closed);
}

TEST_CASE("desk: ticket: does not expire once the migration has started") {
  Counter counter;
  counter.on(Asked{kA, kSmall});
  CHECK(only(counter.on(Starting{kA}), kA).to == moving);
  CHECK(counter.after(1h, measured({})).empty());
  CHECK(counter.after(1h, Withdrawn{kA}).empty());
  CHECK(counter.desk.tickets_out() == 1);
  CHECK(only(counter.on(Ended{kA, false}), kA).to == closed);
  CHECK(counter.desk.tickets_out() == 0);
}

TEST_CASE("desk: warehouse silent or faulty: tickets and queue are closed, a migration is not") {
  Counter counter;
  counter.limit.tickets = 2;
  counter.on(Asked{kA, kSmall});
  counter.on(Starting{kA});
  counter.on(Asked{kB, kSmall});
  counter.on(Asked{kC, kSmall});
  const DeskChanges out = counter.on(Measured{.used = Load{}});
  REQUIRE(out.size() == 2);
  CHECK(out[0].vm == kB);
  CHECK(out[1].vm == kC);
  for (const RequestChanged& change : out)
    CHECK(change.reason.code == ReasonCode::warehouse_unusable);
  CHECK(counter.desk.state_of(kA) == moving);
  CHECK(only(counter.on(Asked{kD, kSmall}), kD).reason.code == ReasonCode::warehouse_unusable);
}

TEST_CASE(
    "desk: it takes nobody for a reason: tickets, queue and who asks hear it, a move goes on") {
  Counter counter;
  counter.limit.tickets = 2;
  counter.on(Asked{kA, kSmall});
  counter.on(Starting{kA});
  counter.on(Asked{kB, kSmall});
  counter.on(Asked{kC, kSmall});
  const Reason reason{.code = ReasonCode::end_in_doubt, .about = "wh1", .detail = "a"};
  Measured refusing = measured(Load{});
  refusing.refuses = reason;
  const DeskChanges out = counter.on(refusing);
  REQUIRE(out.size() == 2);
  for (const RequestChanged& change : out)
    CHECK(change.reason == reason);
  CHECK(counter.desk.state_of(kA) == moving);
  CHECK(only(counter.on(Asked{kD, kSmall}), kD).reason == reason);
  counter.on(measured(Load{}));
  CHECK(only(counter.on(Asked{kD, kSmall}), kD).to == granted);
}

TEST_CASE("desk: promise: counts until the newcomer's first window is full") {
  Counter counter = with_newcomer({{500}, {1000}});
  const Load big{{400}, {1000}};
  CHECK(only(counter.on(Asked{kB, big}), kB).to == closed);
  Measured full = measured({{450}, {1000}});
  full.newcomers = {{kA, {450}, true}};
  CHECK(only(counter.on(full), kA).reason.code == ReasonCode::window_full);
  CHECK(only(counter.on(Asked{kC, big}), kC).to == granted);
}

TEST_CASE("desk: promise: what is measured of a newcomer already is not counted twice") {
  Counter counter = with_newcomer({{500}, {1000}});
  Measured part = measured({{300}, {1000}});
  part.newcomers = {{kA, {300}, false}};
  counter.on(part);
  CHECK(counter.desk.promised() == Load{{200}, {0}});
  part.newcomers = {{kA, {700}, false}};
  part.used = Load{{700}, {1000}};
  counter.on(part);
  CHECK(counter.desk.promised() == Load{});
}

// The host's figures of before the arrival do not know the newcomer's memory.
TEST_CASE("desk: arrival: the newcomer's memory counts from that moment on") {
  Counter counter;
  for (const VmId& vm : {kA, kB, kC})
    counter.on(Asked{vm, {{0}, {3000}}});
  CHECK(counter.desk.waiting() == 2);
  counter.on(Starting{kA});
  counter.on(Ended{kA, true});
  counter.on(Starting{kB});
  const DeskChanges out = counter.on(Ended{kB, true});
  REQUIRE(out.size() == 2);
  CHECK(out[1].vm == kC);
  CHECK(out[1].reason.code == ReasonCode::memory_does_not_fit);
}

TEST_CASE("desk: settling: it left again: the promise ends") {
  Counter counter = with_newcomer(kSmall);
  CHECK(only(counter.on(Withdrawn{kA}), kA).to == closed);
  CHECK(counter.desk.promised() == Load{});
}

TEST_CASE("desk: a word on a VM that never asked, or out of its order: changes nothing") {
  Counter counter;
  CHECK(counter.on(Ended{kA, true}).empty());
  CHECK(counter.on(Withdrawn{kA}).empty());
  counter.on(Asked{kA, kSmall});
  CHECK(counter.on(Ended{kA, true}).empty());
  Measured full = measured({});
  full.newcomers = {{kA, {1}, true}, {kB, {1}, true}};
  CHECK(counter.on(full).empty());
  CHECK(counter.desk.state_of(kA) == granted);
}

TEST_CASE("desk: misfit: says what a request would be told, tickets aside") {
  Counter counter;
  counter.on(Asked{kA, {{500}, {1000}}});
  CHECK_FALSE(counter.desk.misfit(counter.limit, {{350}, {1000}}));
  CHECK(counter.desk.misfit(counter.limit, {{351}, {1000}})->code == ReasonCode::cpu_does_not_fit);
}

namespace {

const std::set<std::pair<RequestState, RequestState>> kArrows{
    {asked, queued},  {asked, granted},  {asked, closed},   {queued, granted},
    {queued, closed}, {granted, moving}, {granted, closed}, {moving, settling},
    {moving, closed}, {settling, closed}};

Measured any_measured(Dice& dice, const std::vector<VmId>& vms) {
  Measured out{.awake = !dice.one_in(5), .usable = !dice.one_in(10)};
  if (!dice.one_in(10)) out.used = Load{{dice.roll(900)}, {dice.roll(8500)}};
  out.newcomers.push_back({dice.pick(vms), {dice.roll(600)}, dice.one_in(3)});
  return out;
}

DeskEvent any_event(Dice& dice) {
  static const std::vector<VmId> kVms{kA, kB, kC, kD, vm_id("e")};
  const VmId& vm = dice.pick(kVms);
  switch (dice.roll(6)) {
    case 0: return any_measured(dice, kVms);
    case 1:
    case 2: return Asked{vm, {{dice.roll(400)}, {dice.roll(3000)}}};
    case 3: return Withdrawn{vm};
    case 4: return Starting{vm};
    default: return Ended{vm, dice.one_in(2)};
  }
}

void check_totals(const Counter& counter) {
  REQUIRE(counter.desk.tickets_out() <= counter.limit.tickets);
  REQUIRE(counter.desk.waiting() <= counter.limit.queue_limit);
  REQUIRE(counter.desk.promised().cpu >= Mcores{});
  REQUIRE(counter.desk.promised().memory >= Kib{});
}

}  // namespace

TEST_CASE("desk: any event at any time: documented arrows only, and the totals hold") {
  std::set<std::pair<RequestState, RequestState>> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Dice dice{seed};
    Counter counter;
    counter.limit.tickets = 1 + dice.roll(2);
    for (int i = 0; i < 400; ++i) {
      const DeskChanges out = counter.after(Duration{dice.roll(20'000)}, any_event(dice));
      for (const RequestChanged& change : out)
        if (change.from != change.to) seen.emplace(change.from, change.to);
      check_totals(counter);
    }
  }
  CHECK(seen == kArrows);
}

TEST_CASE("desk: snapshot: from any of them the rest of the run comes out the same") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Dice dice{seed};
    Counter live, again;
    for (int i = 0; i < 300; ++i) {
      again = live;
      again.desk = restored(live.desk);
      const Duration step{dice.roll(20'000)};
      const DeskEvent event = any_event(dice);
      REQUIRE(live.after(step, event) == again.after(step, event));
      REQUIRE(to_json(live.desk) == to_json(again.desk));
    }
  }
}

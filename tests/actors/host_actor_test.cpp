#include "actors/host/host_actor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "tests/actors/dice.h"
#include "tests/actors/snapshot.h"

using namespace actors;
using namespace std::chrono_literals;
using enum HostState;
using ports::OrderKind;
using ports::Power;
using ports::RefusalKind;
using ports::ReplyKind;
using reactor::Instant;
using reactor::Tick;

namespace {

constexpr Needed kNobody{0, true}, kOne{1, true};
const OrderAnswered kGoodbye{ReplyKind::going_down, RefusalKind::none, {}};

/// A host actor, its settings and the time it lives in.
struct Life {
  HostActor actor{};
  HostPlan plan{};
  PowerSettings settings{};
  Instant now{1h};

  HostOutcome on(const HostEvent& event) { return actor.on(now, plan, settings, event); }
  HostOutcome after(Duration time, const HostEvent& event) {
    now += time;
    return on(event);
  }
};

Life awake_host() {
  Life life;
  life.on(Linked{true});
  life.on(Sampled{});
  REQUIRE(life.actor.state() == awake);
  return life;
}

Life suspending_host() {
  Life life = awake_host();
  life.on(kNobody);
  REQUIRE(life.actor.state() == suspending);
  return life;
}

Life sleeping_host() {
  Life life = suspending_host();
  life.on(kGoodbye);
  life.on(Linked{false});
  life.after(3s, Tick{});
  REQUIRE(life.actor.state() == asleep);
  return life;
}

Life waking_host() {
  Life life = sleeping_host();
  life.on(kOne);
  REQUIRE(life.actor.state() == waking);
  return life;
}

ReasonCode why(const HostOutcome& out) {
  REQUIRE(out.change);
  return out.change->reason.code;
}

}  // namespace

TEST_CASE("host: heard first: awake only when libvirt answers too") {
  Life life;
  CHECK_FALSE(life.on(Sampled{}).change);
  CHECK(why(life.on(Linked{true})) == ReasonCode::said_hello);
  CHECK(life.actor.state() == awake);
}

TEST_CASE("host: silent: its hash says that it went down: asleep") {
  Life life;
  CHECK(why(life.on(SaidDown{})) == ReasonCode::said_down);
  CHECK(life.actor.state() == asleep);
}

TEST_CASE("host: silent: its power says that it sleeps: asleep; its hash may be lost") {
  Life life;
  life.on(Tick{});
  CHECK(life.after(9s, Tick{}).effects.empty());
  CHECK(life.after(1s, Tick{}).effects == std::vector<HostEffect>{AskPower{}});
  CHECK_FALSE(life.on(PowerSaid{ports::Power::on}).change);
  CHECK(life.after(9s, Tick{}).effects.empty());
  CHECK(life.after(1s, Tick{}).effects == std::vector<HostEffect>{AskPower{}});
  CHECK(life.on(PowerSaid{ports::Power::asleep}).change->to == asleep);
}

TEST_CASE("host: asleep: one that was never heard is woken to say what it has") {
  Life life;
  life.after(10s, Tick{});
  life.on(PowerSaid{ports::Power::asleep});
  CHECK_FALSE(life.on(Needed{.vms = 0}).change);
  CHECK(life.on(Needed{.vms = 0, .stranger = true}).change->to == waking);
}

TEST_CASE("host: awake: no sample for three seconds, or no libvirt: silent") {
  Life deaf = awake_host();
  CHECK_FALSE(deaf.after(2'999ms, Tick{}).change);
  CHECK(why(deaf.after(1ms, Tick{})) == ReasonCode::no_sample);
  CHECK(deaf.actor.state() == silent);

  Life unlinked = awake_host();
  unlinked.on(Linked{false});
  unlinked.after(2s, Sampled{});
  CHECK(why(unlinked.after(1s, Sampled{})) == ReasonCode::no_libvirt);
}

TEST_CASE("host: awake: its samples are not believed: silent in its time, and why") {
  Life life = awake_host();
  const Reason zero{.code = ReasonCode::samples_zero};
  CHECK_FALSE(life.on(Doubted{zero}).change);
  CHECK_FALSE(life.after(2'999ms, Tick{}).change);
  CHECK(life.after(1ms, Tick{}).change->reason == zero);
  CHECK_FALSE(life.on(Doubted{}).change);
  CHECK(life.on(Sampled{}).change->to == awake);
  CHECK(why(life.after(3s, Tick{})) == ReasonCode::no_sample);
}

TEST_CASE("host: awake: the last sample is said again and again: its age counts, not the word's") {
  Life life = awake_host();
  const Sampled last{life.now};
  CHECK_FALSE(life.after(2'900ms, last).change);
  CHECK(why(life.after(100ms, last)) == ReasonCode::no_sample);
}

TEST_CASE("host: awake: empty: told to sleep, with its deadline") {
  Life life = awake_host();
  const HostOutcome out = life.on(kNobody);
  CHECK(why(out) == ReasonCode::host_empty);
  CHECK(out.change->reason.clears_at == life.now + life.settings.suspend_deadline);
  CHECK(out.effects == std::vector<HostEffect>{TellAgent{OrderKind::suspend}});
}

TEST_CASE("host: awake: needed, blind or not allowed to sleep: it is not told to") {
  Life life = awake_host();
  CHECK(life.on(kOne).effects.empty());
  CHECK(life.on(Needed{0, false}).effects.empty());
  life.plan.may_sleep = false;
  CHECK(life.on(kNobody).effects.empty());
}

TEST_CASE("host: awake: sleeps only after it was empty for idle_before_sleep") {
  Life life = awake_host();
  life.settings.idle_before_sleep = 2s;
  life.on(kOne);
  life.after(2s, Sampled{});
  CHECK_FALSE(life.on(kNobody).change);
  life.after(1'999ms, Sampled{});
  CHECK_FALSE(life.on(kNobody).change);
  CHECK(life.after(1ms, kNobody).change);
}

// A need of this very turn may not have reached it when it hears of something else.
TEST_CASE("host: awake: empty for long enough: waits for the turn's word on its VMs") {
  Life life = awake_host();
  life.settings.idle_before_sleep = 2s;
  life.on(kNobody);
  CHECK(life.after(2s, Sampled{}).effects.empty());
  CHECK(life.on(Linked{true}).effects.empty());
  CHECK(life.on(PowerSaid{}).effects.empty());
  CHECK(life.on(Tick{}).effects.empty());
  CHECK(life.on(kOne).effects.empty());
}

TEST_CASE("host: suspending: goodbye is acknowledged, and silence after it proves sleep") {
  Life life = suspending_host();
  CHECK(life.on(kGoodbye).effects == std::vector<HostEffect>{TellAgent{OrderKind::ack}});
  CHECK_FALSE(life.after(2'999ms, Tick{}).change);
  CHECK(why(life.after(1ms, Tick{})) == ReasonCode::proven_asleep);
  CHECK(life.actor.state() == asleep);
}

TEST_CASE("host: suspending: verified by a command: its power is asked once a second till asleep") {
  Life life = suspending_host();
  life.plan.verify = SuspendProof::command;
  life.on(kGoodbye);
  CHECK(life.after(3s, Tick{}).effects == std::vector<HostEffect>{AskPower{}});
  CHECK(life.after(900ms, Tick{}).effects.empty());
  CHECK_FALSE(life.on(PowerSaid{Power::on}).change);
  CHECK(life.after(100ms, Tick{}).effects == std::vector<HostEffect>{AskPower{}});
  CHECK(why(life.on(PowerSaid{Power::asleep})) == ReasonCode::proven_asleep);
}

TEST_CASE("host: suspending: off is a BMC's word for S3, but not a command's") {
  for (const SuspendProof verify : {SuspendProof::command, SuspendProof::s3}) {
    Life life = suspending_host();
    life.plan.verify = verify;
    life.on(kGoodbye);
    life.after(3s, Tick{});
    CHECK(life.on(PowerSaid{Power::off}).change.has_value() == (verify == SuspendProof::s3));
  }
}

TEST_CASE("host: silent: it is off: as good as asleep, it may be woken") {
  Life life;
  life.after(10s, Tick{});
  CHECK(life.on(PowerSaid{Power::off}).change->to == asleep);
}

TEST_CASE("host: suspending: a power read without goodbye proves nothing") {
  Life life = suspending_host();
  CHECK_FALSE(life.on(PowerSaid{Power::asleep}).change);
}

TEST_CASE("host: suspending: in use after all, or nobody can tell: awake, asked again after 10 s") {
  for (const auto& [refusal, code] :
       {std::pair{RefusalKind::in_use, ReasonCode::suspend_in_use},
        std::pair{RefusalKind::not_now, ReasonCode::suspend_not_now}}) {
    Life life = suspending_host();
    CHECK(why(life.on(OrderAnswered{ReplyKind::refused, refusal, "its words"})) == code);
    CHECK(life.actor.state() == awake);
    CHECK_FALSE(life.on(kNobody).change);
    for (int i = 0; i < 9; ++i)
      life.after(1s, Sampled{});
    CHECK_FALSE(life.on(kNobody).change);
    life.after(1s, Sampled{});
    CHECK(life.on(kNobody).change);
  }
}

TEST_CASE("host: suspending: the order was lost, or it is up again at once: awake") {
  Life lost = suspending_host();
  CHECK(why(lost.on(OrderLost{"connection refused"})) == ReasonCode::order_lost);
  CHECK(lost.actor.state() == awake);

  Life up_again = suspending_host();
  up_again.on(kGoodbye);
  CHECK(why(up_again.after(1s, Sampled{})) == ReasonCode::said_hello);
  CHECK(up_again.actor.state() == awake);
}

TEST_CASE("host: suspending: refused as unable: faulty for the back-off") {
  Life life = suspending_host();
  const HostOutcome out =
      life.on(OrderAnswered{ReplyKind::refused, RefusalKind::unable, "no S3 here"});
  CHECK(why(out) == ReasonCode::suspend_refused);
  CHECK(life.actor.state() == faulty);
  CHECK(out.change->reason.clears_at == life.now + life.settings.backoff_first);
}

TEST_CASE("host: suspending: not down in time: faulty, and the order is taken back") {
  Life life = suspending_host();
  CHECK_FALSE(life.after(29'999ms, Tick{}).change);
  const HostOutcome out = life.after(1ms, Tick{});
  CHECK(why(out) == ReasonCode::suspend_late);
  CHECK(out.effects == std::vector<HostEffect>{TellAgent{OrderKind::cancel}});
}

TEST_CASE("host: suspending: demand on the way down wakes it once it is down") {
  Life life = suspending_host();
  CHECK_FALSE(life.on(kOne).change);
  life.on(kGoodbye);
  life.on(Linked{false});
  CHECK(life.after(3s, Tick{}).change->to == asleep);
  const HostOutcome out = life.on(Tick{});
  CHECK(why(out) == ReasonCode::host_needed);
  CHECK(out.effects == std::vector<HostEffect>{Wake{0, 0}});
}

TEST_CASE("host: asleep: nobody needs it: left alone; switched on by hand: awake") {
  Life life = sleeping_host();
  CHECK_FALSE(life.after(1h, kNobody).change);
  life.on(Linked{true});
  CHECK(why(life.on(Sampled{})) == ReasonCode::said_hello);
}

TEST_CASE(
    "host: waking: sent again, then the next way, and faulty at its end with what was tried") {
  Life life = waking_host();
  life.plan.wake_ways = {"wol", "ipmi"};
  CHECK_FALSE(life.after(9'999ms, Tick{}).change);
  CHECK(life.after(1ms, Tick{}).effects == std::vector<HostEffect>{Wake{0, 1}});
  CHECK(life.after(50s, Tick{}).effects == std::vector<HostEffect>{Wake{1, 2}});
  const HostOutcome late = life.after(120s, Tick{});
  CHECK(why(late) == ReasonCode::wake_late);
  CHECK(late.change->reason.detail == "3 requests, the last by ipmi");
  CHECK(life.actor.state() == faulty);
}

TEST_CASE(
    "host: waking: a request that failed: the next way at once; after the last one, in its time") {
  Life life = waking_host();
  life.plan.wake_ways = {"ipmi", "wol"};
  CHECK(life.on(WakeFailed{0}).effects == std::vector<HostEffect>{Wake{1, 1}});
  CHECK(life.on(WakeFailed{0}).effects.empty());  // said again
  CHECK(life.on(WakeFailed{1}).effects.empty());
  CHECK(life.after(10s, Tick{}).effects == std::vector<HostEffect>{Wake{1, 2}});
}

TEST_CASE("host: waking: a BMC says on, another one off: only its agent's hello counts") {
  Life life = waking_host();
  CHECK_FALSE(life.after(5s, PowerSaid{Power::on}).change);
  CHECK_FALSE(life.on(PowerSaid{Power::off}).change);
  CHECK(why(life.after(175s, PowerSaid{Power::on})) == ReasonCode::wake_late);
}

TEST_CASE(
    "host: faulty: it comes just after it was given up: nothing is sent, awake when its time is "
    "over") {
  Life life = waking_host();
  REQUIRE(life.after(180s, Tick{}).change->to == faulty);
  life.on(Linked{true});
  for (int i = 1; i < 60; ++i) {
    const HostOutcome out = life.after(1s, Sampled{});
    REQUIRE_FALSE(out.change);
    REQUIRE(out.effects.empty());
  }
  CHECK(life.after(1s, Sampled{}).change->to == awake);
}

TEST_CASE("host: drill: empty: sleeps for drill_sleep, is woken, and is awake") {
  constexpr Needed kDrill{.vms = 0, .may_suspend = true, .drill = true};
  Life life = awake_host();
  CHECK(why(life.on(kDrill)) == ReasonCode::host_drilled);
  life.on(kGoodbye);
  life.on(Linked{false});
  REQUIRE(life.after(3s, Tick{}).change->to == asleep);
  CHECK(life.actor.due(life.plan, life.settings) == life.now + 10s);
  CHECK_FALSE(life.after(9'999ms, kDrill).change);
  CHECK(why(life.after(1ms, kDrill)) == ReasonCode::drill_over);
  life.on(Linked{true});
  CHECK(life.after(1s, Sampled{}).change->to == awake);
}

TEST_CASE("host: reserve: it stays awake though it is empty; one that sleeps is woken") {
  constexpr Needed kReserve{.vms = 0, .may_suspend = true, .reserve = true};
  Life life = awake_host();
  CHECK_FALSE(life.on(kReserve).change);
  CHECK(life.on(kNobody).change->to == suspending);
  life.on(kGoodbye);
  life.on(Linked{false});
  REQUIRE(life.after(3s, Tick{}).change->to == asleep);
  CHECK(why(life.on(kReserve)) == ReasonCode::reserve_wanted);
}

TEST_CASE("host: awake: not put to sleep again before awake_least") {
  Life life = awake_host();
  life.settings.awake_least = 60s;
  for (int i = 0; i < 59; ++i) {
    life.after(1s, Sampled{});
    CHECK_FALSE(life.on(kNobody).change);
  }
  CHECK(life.actor.due(life.plan, life.settings) == life.now + 1s);
  life.after(1s, Sampled{});
  CHECK(life.on(kNobody).change);
}

TEST_CASE("host: waking: not needed any more: it is driven to its end all the same") {
  Life life = waking_host();
  CHECK_FALSE(life.on(kNobody).change);
  life.on(Linked{true});
  CHECK(life.after(5s, Sampled{}).change->to == awake);
}

TEST_CASE("host: faulty: left alone till its back-off is over, then looked at") {
  SUBCASE("heard: awake") {
    Life life = suspending_host();
    life.on(OrderAnswered{ReplyKind::refused, RefusalKind::unable, {}});
    CHECK_FALSE(life.after(59'999ms, Sampled{}).change);
    CHECK(life.after(1ms, Sampled{}).change->to == awake);
  }
  SUBCASE("it did not wake: asleep, may be tried again") {
    Life life = waking_host();
    life.after(180s, Tick{});
    CHECK(life.after(60s, Tick{}).change->to == asleep);
  }
  SUBCASE("it said goodbye and was not proven asleep: a wake tells") {
    Life life = suspending_host();
    life.plan.verify = SuspendProof::command;
    life.on(kGoodbye);
    life.after(30s, Tick{});
    REQUIRE(life.actor.state() == faulty);
    const HostOutcome out = life.after(60s, Tick{});
    CHECK(out.change->to == waking);
    CHECK(out.effects == std::vector<HostEffect>{Wake{0, 0}});
  }
  SUBCASE("neither heard nor gone: silent") {
    Life life = suspending_host();
    life.after(30s, Tick{});
    REQUIRE(life.actor.state() == faulty);
    CHECK(life.after(60s, Tick{}).change->to == silent);
  }
}

TEST_CASE("host: faulty: each failure doubles the back-off, up to its limit") {
  Life life = waking_host();
  Duration expected = life.settings.backoff_first;
  for (int failure = 1; failure < 20; ++failure) {
    const HostOutcome late = life.after(180s, Tick{});
    REQUIRE(life.actor.state() == faulty);
    CHECK(*late.change->reason.clears_at - life.now == expected);
    life.after(expected, Tick{});
    REQUIRE(life.actor.state() == asleep);
    life.on(kOne);
    expected = std::min(expected * 2, life.settings.backoff_longest);
  }
}

namespace {

/// DESIGN.md §7 as it stands in host_actor.cpp: all that may ever happen.
const std::set<std::pair<HostState, HostState>> kArrows{
    {silent, awake},      {silent, asleep},    {awake, silent},      {awake, suspending},
    {suspending, asleep}, {suspending, awake}, {suspending, faulty}, {asleep, waking},
    {asleep, awake},      {waking, awake},     {waking, faulty},     {faulty, awake},
    {faulty, asleep},     {faulty, waking},    {faulty, silent}};

HostEvent any_event(Dice& dice) {
  switch (dice.roll(12)) {
    case 0: return Needed{dice.roll(2), dice.one_in(2), false, dice.one_in(4), dice.one_in(4)};
    case 10: return WakeFailed{dice.roll(3)};
    case 1: return kNobody;
    case 2: return Linked{dice.one_in(2)};
    case 3: return Sampled{};
    case 4: return SaidDown{};
    case 5: return kGoodbye;
    case 6:
      return OrderAnswered{
          static_cast<ReplyKind>(dice.roll(4)), static_cast<RefusalKind>(dice.roll(5)), {}};
    case 7: return OrderLost{"gone"};
    case 8: return PowerSaid{static_cast<Power>(dice.roll(3))};
    case 9:
      return Doubted{dice.one_in(2) ? std::optional{Reason{.code = ReasonCode::samples_zero}}
                                    : std::nullopt};
    default: return Tick{};
  }
}

}  // namespace

TEST_CASE("host: any event in any state: documented arrows only, and all of them happen") {
  std::set<std::pair<HostState, HostState>> seen;
  std::set<std::pair<HostState, std::size_t>> met;
  Dice dice{7};
  for (int run = 0; run < 400; ++run) {
    Life life;
    life.plan.verify = static_cast<SuspendProof>(dice.roll(3));
    for (int i = 0; i < 500; ++i) {
      const HostEvent event = any_event(dice);
      met.emplace(life.actor.state(), event.index());
      const HostOutcome out = life.after(Duration{dice.one_in(20) ? 31'000 : 100}, event);
      if (out.change) seen.emplace(out.change->from, out.change->to);
    }
  }
  CHECK(seen == kArrows);
  CHECK(met.size() == 6 * std::variant_size_v<HostEvent>);
}

TEST_CASE("host: snapshot: from any of them the rest of the run comes out the same") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Dice dice{seed};
    Life live;
    Life again;
    for (int i = 0; i < 300; ++i) {
      again = live;
      again.actor = restored(live.actor);
      const HostEvent event = any_event(dice);
      const Duration step{dice.one_in(20) ? 31'000 : 100};
      REQUIRE(live.after(step, event) == again.after(step, event));
      REQUIRE(to_json(live.actor) == to_json(again.actor));
    }
  }
}

#include "actors/host/host_actor.h"

#include <algorithm>
#include <utility>

#include "actors/backoff.h"
#include "reactor/invariant.h"

namespace actors {

using enum HostState;
using enum ReasonCode;
using ports::OrderKind;
using ports::ReplyKind;
using reactor::Instant;

namespace {

constexpr std::int64_t kMostFailures = 16;  // counted; the back-off is at its limit by then
constexpr Duration kAfterInUse{10'000};  // between two tries on a host that is, or may be, in use
constexpr Duration kBetweenPowerReads{1'000};
constexpr Duration kBetweenSilentReads{10'000};

// The state diagram, DESIGN.md §7. tests/actors/host_actor_test.cpp has a case for every pair.
constexpr std::array<std::pair<HostState, HostState>, 15> kTransitions{{
    {silent, awake},       // its agent and libvirt are heard
    {silent, asleep},      // its agent's last word was that it went down
    {awake, silent},       // not heard any more
    {awake, suspending},   // no VM on it, coming or leaving
    {suspending, asleep},  // goodbye acknowledged, silence, proof
    {suspending, awake},   // in use after all, order lost, or up again at once
    {suspending, faulty},  // refused, or not down in time
    {asleep, waking},      // needed
    {asleep, awake},       // switched on by hand
    {waking, awake},
    {waking, faulty},  // not up in time
    {faulty, awake},   // back-off over, and it is there
    {faulty, asleep},  // back-off over; it did not wake, and may be tried again
    {faulty, waking},  // back-off over; it said goodbye, and only a wake can tell
    {faulty, silent},  // back-off over, not heard, and it never said that it went down
}};

std::string what_was_tried(const HostPlan& plan, const Waking& waking) {
  return std::to_string(waking.requests()) + " requests, the last by " +
         way_name(plan, waking.way());
}

// Most BMCs know one bit only, and show a host in S3 as off.
bool sleeps(ports::Power power, SuspendProof verify) {
  return power == ports::Power::asleep ||
         (power == ports::Power::off && verify == SuspendProof::s3);
}

template <class... T>
struct Overloaded : T... {
  using T::operator()...;
};
template <class... T>
Overloaded(T...) -> Overloaded<T...>;  // clang 14 does not make it up by itself

}  // namespace

struct HostActor::Turn {
  Instant now;
  const HostPlan& plan;
  const PowerSettings& settings;
  const HostEvent& event;
  HostOutcome out{};

  template <class T>
  const T* get() const {
    return std::get_if<T>(&event);
  }
};

HostOutcome HostActor::on(Instant now, const HostPlan& plan, const PowerSettings& settings,
                          const HostEvent& event) {
  Turn turn{now, plan, settings, event};
  if (since_ == Instant{}) since_ = now;
  note(turn);
  Next next = step(turn);
  if (!next) return std::move(turn.out);
  INVARIANT(std::ranges::count(kTransitions, std::pair{state_, next->to}) == 1);
  turn.out.change = HostChanged{state_, next->to, std::move(next->reason)};
  state_ = next->to;  // nowhere else, so that no change escapes the check, the journal or the tail
  since_ = now;
  if (state_ == asleep) down_ = true;
  if (state_ == awake) {
    down_ = false;
    goodbye_at_.reset();
  }
  return std::move(turn.out);
}

// Levels are kept in every state, so none is lost between two of them.
void HostActor::note(const Turn& turn) {
  std::visit(Overloaded{[&](const Sampled& sampled) { sampled_ = sampled.at.value_or(turn.now); },
                        [&](const Linked& link) {
                          if (linked_ && !link.up) unlinked_at_ = turn.now;
                          linked_ = link.up;
                        },
                        [&](const Needed& needed) {
                          if (vms_ > 0 && needed.vms == 0) empty_since_ = turn.now;
                          vms_ = needed.vms;
                          may_suspend_ = needed.may_suspend;
                          stranger_ = needed.stranger;
                          drill_ = needed.drill;
                          reserve_ = needed.reserve;
                        },
                        [&](const Doubted& doubted) { doubt_ = doubted.why; }, [](const auto&) {}},
             turn.event);
}

// No `default:`: a new state does not compile (-Werror=switch) until it is handled here.
HostActor::Next HostActor::step(Turn& turn) {
  switch (state_) {
    case silent: return on_silent(turn);
    case awake: return on_awake(turn);
    case suspending: return on_suspending(turn);
    case asleep: return on_asleep(turn);
    case waking: return on_waking(turn);
    case faulty: return on_faulty(turn);
  }
  INVARIANT(false);
}

bool HostActor::heard(const Turn& turn) const {
  return linked_ && sampled_ && turn.now - *sampled_ < turn.settings.silent_after;
}

// Fail static: nothing is moved to or from it, and it is not told to sleep. Its hash may be lost
// with Redis: then only its power tells that it sleeps.
HostActor::Next HostActor::on_silent(Turn& turn) {
  if (heard(turn))
    return Step{awake, {.code = said_hello, .values = {(turn.now - since_).count()}}};
  if (turn.get<SaidDown>()) return Step{asleep, {.code = said_down}};
  const auto* power = turn.get<PowerSaid>();
  if (power && power->power != ports::Power::on) return Step{asleep, {.code = power_asleep}};
  const Instant asked = asked_power_ ? std::max(*asked_power_, since_) : since_;
  if (turn.now - asked < kBetweenSilentReads) return {};
  asked_power_ = turn.now;
  turn.out.effects.emplace_back(AskPower{});
  return {};
}

HostActor::Next HostActor::on_awake(Turn& turn) {
  if (Next gone = missing(turn)) return gone;
  if (!turn.get<Needed>()) return {};  // what is known of its VMs may be older than this turn
  auto why = idle(turn.now, turn.plan, turn.settings);
  if (!why || !may_suspend_) return {};
  why->clears_at = until_ = turn.now + turn.settings.suspend_deadline;
  turn.out.effects.emplace_back(TellAgent{OrderKind::suspend});
  return Step{suspending, *std::move(why)};
}

std::optional<Reason> HostActor::idle(Instant now, const HostPlan& plan,
                                      const PowerSettings& settings) const {
  const Duration empty = now - std::max(empty_since_, since_);
  const Duration limit = settings.idle_before_sleep;
  if (state_ != awake || vms_ > 0 || !plan.may_sleep || reserve_ || empty < limit) return {};
  if (now < std::max(not_before_, since_ + settings.awake_least)) return {};
  if (drill_) return Reason{.code = host_drilled, .values = {settings.drill_sleep.count()}};
  return Reason{.code = host_empty, .values = {empty.count(), limit.count()}};
}

HostActor::Next HostActor::missing(const Turn& turn) const {
  const Duration limit = turn.settings.silent_after;
  const Duration silence = turn.now - std::max(sampled_.value_or(since_), since_);
  const Duration unlinked = turn.now - std::max(unlinked_at_.value_or(since_), since_);
  if (silence >= limit && doubt_) return Step{silent, *doubt_};
  if (silence >= limit)
    return Step{silent, {.code = no_sample, .values = {silence.count(), limit.count()}}};
  if (!linked_ && unlinked >= limit)
    return Step{silent, {.code = no_libvirt, .values = {unlinked.count(), limit.count()}}};
  return {};
}

// A need waits here: a VM that wants the host wakes it as soon as it is down. Past the deadline we
// can't tell whether it sleeps: the order is taken back, and after the back-off a wake finds out.
HostActor::Next HostActor::on_suspending(Turn& turn) {
  if (const auto* lost = turn.get<OrderLost>())
    return Step{awake, {.code = order_lost, .detail = lost->detail}};
  if (const auto* answer = turn.get<OrderAnswered>()) return answered(turn, *answer);
  if (goodbye_at_ && turn.get<Sampled>())
    return Step{awake, {.code = said_hello, .values = {(turn.now - since_).count()}}};
  if (turn.now >= until_) {
    turn.out.effects.emplace_back(TellAgent{OrderKind::cancel});
    return fail(turn, suspend_late);
  }
  return proven(turn);
}

HostActor::Next HostActor::answered(Turn& turn, const OrderAnswered& answer) {
  switch (answer.kind) {
    case ReplyKind::accepted:
    case ReplyKind::resumed: return {};
    case ReplyKind::going_down:
      goodbye_at_ = turn.now;
      asked_power_.reset();
      turn.out.effects.emplace_back(TellAgent{OrderKind::ack});
      return {};
    case ReplyKind::refused: break;
  }
  goodbye_at_.reset();
  const bool in_use = answer.refusal == ports::RefusalKind::in_use;
  const bool not_now = answer.refusal == ports::RefusalKind::not_now;
  if (!in_use && !not_now) return fail(turn, suspend_refused, answer.detail);
  not_before_ = turn.now + kAfterInUse;
  return Step{awake,
              {.code = in_use ? suspend_in_use : suspend_not_now,
               .detail = answer.detail,
               .clears_at = not_before_}};
}

// Goodbye, silence, and what the host is set to: a BMC's or a command's word, or nothing more.
HostActor::Next HostActor::proven(Turn& turn) {
  if (!goodbye_at_) return {};
  if (const auto* said = turn.get<PowerSaid>())
    return sleeps(said->power, turn.plan.verify) ? fell_asleep(turn) : Next{};
  const Instant quiet_since = std::max(*goodbye_at_, sampled_.value_or(*goodbye_at_));
  if (turn.now - quiet_since < turn.settings.silent_after) return {};
  if (turn.plan.verify == SuspendProof::none) return fell_asleep(turn);
  if (asked_power_ && turn.now - *asked_power_ < kBetweenPowerReads) return {};
  asked_power_ = turn.now;
  turn.out.effects.emplace_back(AskPower{});
  return {};
}

HostActor::Next HostActor::fell_asleep(const Turn& turn) {
  failures_ = 0;
  return Step{asleep, {.code = proven_asleep, .values = {(turn.now - since_).count()}}};
}

HostActor::Next HostActor::on_asleep(Turn& turn) {
  if (heard(turn))
    return Step{awake, {.code = said_hello, .values = {(turn.now - since_).count()}}};
  if (stranger_) return begin_wake(turn, {.code = host_unknown});
  if (vms_ > 0) return begin_wake(turn, {.code = host_needed, .values = {vms_}});
  if (reserve_) return begin_wake(turn, {.code = reserve_wanted});
  const Duration slept = turn.now - since_;
  if (!drill_ || slept < turn.settings.drill_sleep) return {};
  return begin_wake(turn, {.code = drill_over, .values = {slept.count()}});
}

// Awake is what the host's agent says, not what a BMC says. Past the deadline the host is faulty,
// and who needs one takes the next candidate.
HostActor::Next HostActor::on_waking(Turn& turn) {
  if (heard(turn)) {
    failures_ = 0;
    return Step{awake, {.code = said_hello, .values = {(turn.now - since_).count()}}};
  }
  if (turn.now >= until_) return fail(turn, wake_late, what_was_tried(turn.plan, waking_));
  const auto* failed = turn.get<WakeFailed>();
  const auto next = failed ? waking_.failed(turn.now, failed->attempt, turn.plan)
                           : waking_.go_on(turn.now, turn.plan, turn.settings);
  if (next) turn.out.effects.emplace_back(*next);
  return {};
}

HostActor::Next HostActor::on_faulty(Turn& turn) {
  if (turn.now < until_) return {};
  Reason reason{.code = backoff_over, .values = {failures_}};
  if (heard(turn)) return Step{awake, std::move(reason)};
  if (down_) return Step{asleep, std::move(reason)};
  if (goodbye_at_) return begin_wake(turn, std::move(reason));
  return Step{silent, std::move(reason)};
}

std::optional<Instant> HostActor::due(const HostPlan& plan, const PowerSettings& settings) const {
  switch (state_) {
    case silent: return std::max(asked_power_.value_or(since_), since_) + kBetweenSilentReads;
    case asleep: return drill_ ? std::optional{since_ + settings.drill_sleep} : std::nullopt;
    case awake:
      return std::min(missing_at(settings),
                      may_suspend_ ? idle_at(plan, settings) : Instant::max());
    case suspending: return std::min(until_, proof_at(settings));
    case waking: return std::min(until_, waking_.due(settings));
    case faulty: return until_;
  }
  INVARIANT(false);
}

Instant HostActor::missing_at(const PowerSettings& settings) const {
  const Instant sampled = std::max(sampled_.value_or(since_), since_);
  const Instant unlinked = std::max(unlinked_at_.value_or(since_), since_);
  return (linked_ ? sampled : std::min(sampled, unlinked)) + settings.silent_after;
}

Instant HostActor::idle_at(const HostPlan& plan, const PowerSettings& settings) const {
  if (vms_ > 0 || !plan.may_sleep || reserve_) return Instant::max();
  const Instant idle = std::max(empty_since_, since_) + settings.idle_before_sleep;
  return std::max({idle, not_before_, since_ + settings.awake_least});
}

Instant HostActor::proof_at(const PowerSettings& settings) const {
  if (!goodbye_at_) return Instant::max();
  const Instant quiet = std::max(*goodbye_at_, sampled_.value_or(*goodbye_at_));
  return std::max(quiet + settings.silent_after,
                  asked_power_ ? *asked_power_ + kBetweenPowerReads : quiet);
}

HostActor::Step HostActor::begin_wake(Turn& turn, Reason reason) {
  until_ = turn.now + turn.settings.wake_deadline;
  reason.clears_at = until_;
  turn.out.effects.emplace_back(waking_.begin(turn.now));
  return {waking, std::move(reason)};
}

HostActor::Step HostActor::fail(const Turn& turn, ReasonCode code, std::string detail) {
  until_ =
      turn.now + doubled(turn.settings.backoff_first, failures_, turn.settings.backoff_longest);
  failures_ = std::min(failures_ + 1, kMostFailures);
  return {faulty,
          {.code = code, .values = {failures_}, .detail = std::move(detail), .clears_at = until_}};
}

}  // namespace actors

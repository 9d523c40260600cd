#include "actors/vm/vm_actor.h"

#include <algorithm>
#include <utility>

#include "actors/backoff.h"
#include "reactor/invariant.h"

namespace actors {

using enum VmState;
using enum ReasonCode;
using reactor::Instant;
using reactor::Tick;

namespace {

constexpr std::int64_t kMostFailures = 16;  // counted; the cool-down is at its limit by then

// The state diagram, DESIGN.md §6. Besides: any state -> gone, which is final, and any state in
// which no migration of ours moves it -> unmanaged. tests/actors/vm_actor_test.cpp has a case for
// every pair.
constexpr std::array<std::pair<VmState, VmState>, 39> kTransitions{{
    {unknown, parked},       // first window full, on a warehouse node
    {unknown, active},       // the same, on a server node
    {unknown, unknown},      // seen on another host, or on its way
    {unknown, holding},      // arrived by a migration that was under way before we came
    {unknown, stranded},     // that broke
    {parked, departing},     // the policy chose it
    {parked, parked},        // refused the policy's wish; or moved to another warehouse by hand
    {parked, holding},       // moved to a server node by hand
    {departing, departing},  // another target, as the first can't take it
    {departing, holding},    // arrived
    {departing, parked},     // called off, or stayed
    {departing, stranded},   // broke in postcopy
    {holding, active},       // hold over
    {holding, holding},      // moved by hand
    {holding, parked},       // moved back by hand
    {active, queued},        // below the return threshold: asks
    {active, active},        // has calmed down
    {active, holding},       // moved by hand
    {active, parked},       {queued, queued},  // stands in a warehouse's queue, or is turned away
    {queued, active},                          // load is back
    {queued, returning},                       // has a ticket
    {queued, holding},                         // moved by hand
    {queued, parked},       {returning, parked},  // arrived
    {returning, active},                          // stayed, or the ticket is gone
    {returning, holding},                         // moved by hand before it began to move
    {returning, stranded},                        // broke in postcopy
    {stranded, holding},                          // healed
    {stranded, parked},     {stranded, unknown},  // nobody knows whether it may be moved
    {unmanaged, unknown},                         // may be moved again
    {parked, unknown},      {departing, unknown}, {holding, unknown},
    {active, unknown},      {queued, unknown},    {returning, unknown},  // found on two hosts
    {unmanaged, unmanaged},                                              // moved by hand
}};

bool allowed(VmState from, VmState to) {
  if (to == gone) return from != to;
  if (to == unmanaged && from != unmanaged) return from != stranded && from != gone;
  return std::ranges::count(kTransitions, std::pair{from, to}) == 1;
}

}  // namespace

struct VmActor::Turn {
  Instant now;
  const Settings& settings;
  const VmEvent& event;

  template <class T>
  const T* get() const {
    return std::get_if<T>(&event);
  }
};

std::optional<VmChanged> VmActor::on(Instant now, const Settings& settings, const VmEvent& event) {
  Turn turn{now, settings, event};
  note(turn);
  Next next = step(turn);
  if (!next) return std::nullopt;
  INVARIANT(allowed(state_, next->to));
  VmChanged change{state_, next->to, std::move(next->reason)};
  if (state_ == next->to) return change;
  state_ = next->to;  // nowhere else, so that no change escapes the check, the journal or the tail
  since_ = now;
  const bool moves = state_ == departing || state_ == returning || state_ == stranded;
  if (!moves && !turn.get<FoundMoving>()) {
    target_ = {};
    began_ = false;
  }
  if (state_ != queued) {
    desk_ = {};
    turned_away_.reset();
  }
  if (!listens()) average_.reset();
  return change;
}

// Levels are kept in every state, so none is lost between two of them.
void VmActor::note(const Turn& turn) {
  if (const auto* measure = turn.get<Measure>()) {
    average_ = measure->average;
    vcpus_ = measure->vcpus;
  }
  if (const auto* movable = turn.get<Movable>()) {
    unmovable_ = movable->why_not;
    listed_ = true;
  }
}

// What means the same in every state first; then no `default:`, so that a new state does not
// compile until it is handled here.
VmActor::Next VmActor::step(Turn& turn) {
  if (Next next = on_anywhere(turn)) return next;
  switch (state_) {
    case unknown: return on_unknown(turn);
    case parked: return on_parked(turn);
    case departing: return on_departing(turn);
    case holding: return on_holding(turn);
    case active: return on_active(turn);
    case queued: return on_queued(turn);
    case returning: return on_returning(turn);
    case stranded: return on_stranded(turn);
    case unmanaged: return on_unmanaged();
    case gone: return {};
  }
  INVARIANT(false);
}

VmActor::Next VmActor::on_anywhere(Turn& turn) {
  if (const auto* vanished = turn.get<Vanished>()) {
    if (state_ == gone) return {};
    return Step{gone, vanished->why};
  }
  if (const auto* event = turn.get<Placed>()) return placed(turn, *event);
  if (const auto* found = turn.get<FoundMoving>(); found && at_rest()) return found_moving(*found);
  if (unmovable_ && at_rest() && state_ != unmanaged) return Step{unmanaged, *unmovable_};
  if (turn.get<Tick>()) return to_and_fro(turn);
  return {};
}

// Said where it stands, once it stands somewhere.
VmActor::Next VmActor::to_and_fro(const Turn& turn) {
  const bool stands = state_ == parked || state_ == holding || state_ == active ||
                      state_ == queued || state_ == unmanaged;
  const FlappingSettings& settings = turn.settings.flapping;
  if (!stands || !flapping_.news(turn.now, settings)) return {};
  return Step{state_,
              {.code = ping_pong() ? ReasonCode::ping_pong : ReasonCode::ping_pong_over,
               .values = {settings.trips, settings.window.count()}}};
}

// One that waits for its target, or for its migration to begin, still stands where it stood.
bool VmActor::at_rest() const {
  return state_ != stranded && state_ != gone && !began_;
}

// One that came by a migration of an earlier controller's may have arrived just now: it is held. A
// domain on both hosts of its own migration is no news; on a third it is told by the next look.
VmActor::Next VmActor::placed(const Turn& turn, const Placed& event) {
  if (!at_rest() || host_ == event.host) return {};
  const bool first = host_.text.empty();
  host_ = event.host;
  on_warehouse_ = event.role == Role::warehouse;
  if (first && event.migrated) hold(turn, event.role);
  if (first) return Step{state_, {.code = first_seen, .about = host_.text}};
  average_.reset();
  hold(turn, event.role);
  const bool settled = state_ != unknown && state_ != unmanaged;
  return Step{settled ? home() : state_,
              {.code = moved_by_operator, .about = host_.text, .clears_at = hold_until_}};
}

VmActor::Next VmActor::on_unknown(Turn& turn) {
  if (began_) return on_moving(turn);
  if (host_.text.empty() || !average_ || !listed_) return {};
  return Step{on_warehouse_ ? parked : active,
              {.code = on_warehouse_ ? settled_parked : settled_active,
               .values = {average_->count},
               .about = host_.text}};
}

VmActor::Step VmActor::found_moving(const FoundMoving& event) {
  host_ = event.source;
  on_warehouse_ = event.role == Role::warehouse;
  target_ = event.target;
  began_ = true;
  return {unknown, event.why};
}

VmActor::Next VmActor::on_parked(Turn& turn) {
  const auto* wish = turn.get<DistributeTo>();
  if (!wish) return {};
  if (auto reason = fixed(turn.now)) return Step{parked, *std::move(reason)};
  return depart(*wish);
}

VmActor::Step VmActor::depart(const DistributeTo& event) {
  target_ = event.target;
  return {departing, event.why};
}

VmActor::Next VmActor::on_departing(Turn& turn) {
  if (began_) return on_moving(turn);
  if (const auto* off = turn.get<CallOff>()) return Step{parked, off->why};
  if (const auto* wish = turn.get<DistributeTo>()) return depart(*wish);
  return on_moving(turn);
}

VmActor::Next VmActor::on_holding(const Turn& turn) const {
  if (turn.now < hold_until_) return {};
  return Step{active, {.code = hold_over, .values = {turn.settings.hold_server.count()}}};
}

VmActor::Next VmActor::on_active(const Turn& turn) const {
  if (!turn.get<Measure>() || !average_) return {};
  if (turn.now < std::max({retry_at_, hold_until_, cool_until_})) return {};
  const std::int64_t limit = vcpus_ * 10 * turn.settings.return_threshold_pct;
  if (average_->count >= limit) return {};
  return Step{queued,
              {.code = below_return_threshold,
               .values = {average_->count, turn.settings.window.count(), limit}}};
}

VmActor::Next VmActor::on_queued(Turn& turn) {
  const std::int64_t limit = vcpus_ * 10 * turn.settings.return_threshold_pct;
  if (turn.get<Measure>() && average_ && average_->count >= limit)
    return Step{active, {.code = above_return_threshold, .values = {average_->count, limit}}};
  if (const auto* refused = turn.get<NotAdmitted>()) return turned_away(turn, *refused);
  if (const auto* granted = turn.get<Granted>()) {
    target_ = granted->warehouse;
    return Step{returning, granted->why};
  }
  const auto* in_queue = turn.get<Queued>();
  if (!in_queue || desk_ == in_queue->warehouse) return {};
  desk_ = in_queue->warehouse;
  return Step{queued, in_queue->why};
}

// Tried again each second, said once for each reason: it goes on asking, so its state stays.
VmActor::Next VmActor::turned_away(const Turn& turn, const NotAdmitted& event) {
  desk_ = {};
  retry_at_ = turn.now + turn.settings.return_retry;
  if (std::exchange(turned_away_, event.why.code) == event.why.code) return {};
  return Step{queued, event.why};
}

std::optional<Instant> VmActor::asks_at() const {
  if (state_ != queued || !desk_.text.empty()) return std::nullopt;
  return retry_at_;
}

bool VmActor::listens() const {
  const bool leaves_by_itself = unmovable_ && at_rest() && state_ != unmanaged;
  return state_ == unknown || state_ == holding || state_ == active || state_ == queued ||
         leaves_by_itself;
}

VmActor::Next VmActor::on_returning(Turn& turn) {
  const auto* closed = turn.get<NotAdmitted>();
  if (closed && !began_) {
    retry_at_ = turn.now + turn.settings.return_retry;
    return Step{active, closed->why};
  }
  return on_moving(turn);
}

VmActor::Next VmActor::on_moving(Turn& turn) {
  if (turn.get<MigrationBegan>()) began_ = true;
  if (const auto* event = turn.get<CameTo>()) return came(turn, *event);
  if (const auto* event = turn.get<Stayed>()) return stayed(turn, *event);
  if (const auto* event = turn.get<Broke>()) return Step{stranded, event->why};
  return {};
}

VmActor::Next VmActor::on_stranded(Turn& turn) {
  if (const auto* event = turn.get<CameTo>()) return came(turn, *event);
  if (const auto* event = turn.get<Stayed>()) return stayed(turn, *event);
  return {};
}

VmActor::Next VmActor::on_unmanaged() const {
  if (unmovable_) return {};
  return Step{unknown, {.code = movable_again}};
}

VmActor::Step VmActor::came(const Turn& turn, const CameTo& event) {
  const FlappingSettings& settings = turn.settings.flapping;
  if (state_ == returning && event.role == Role::warehouse) flapping_.came_back(turn.now, settings);
  host_ = event.host;
  on_warehouse_ = event.role == Role::warehouse;
  failures_ = 0;
  average_.reset();
  began_ = false;
  target_ = {};
  hold(turn, event.role);
  // Out, not back: there its guest has what it wants, and the price is a host that stays awake.
  if (state_ == departing && flapping_.too_often(turn.now, settings))
    cool(turn, flapping_.went_out(turn.now, settings));
  Reason reason = event.why;
  reason.clears_at = free_at();
  return {home(), std::move(reason)};
}

void VmActor::cool(const Turn& turn, std::int64_t before) {
  const MigrationSettings& settings = turn.settings.migration;
  cool_until_ = turn.now + doubled(settings.cool_down, before, settings.cool_down_longest);
}

VmActor::Step VmActor::stayed(const Turn& turn, const Stayed& event) {
  cool(turn, failures_);
  failures_ = std::min(failures_ + 1, kMostFailures);
  hold(turn, on_warehouse_ ? Role::warehouse : Role::server);
  Reason reason = event.why;
  reason.clears_at = std::max(cool_until_, hold_until_);
  began_ = false;
  target_ = {};
  if (state_ == stranded) return {home(), std::move(reason)};
  if (state_ == unknown) return {unknown, std::move(reason)};
  return {state_ == departing ? parked : active, std::move(reason)};
}

void VmActor::hold(const Turn& turn, Role role) {
  hold_until_ = turn.now + (role == Role::warehouse ? turn.settings.hold_warehouse
                                                    : turn.settings.hold_server);
}

VmState VmActor::home() const {
  if (!listed_) return unknown;
  return on_warehouse_ ? parked : holding;
}

std::optional<Reason> VmActor::fixed(Instant now) const {
  if (now < hold_until_) return Reason{.code = held, .clears_at = hold_until_};
  if (now < cool_until_) return cools();
  if (state_ != parked) return Reason{.code = not_ready};
  return std::nullopt;
}

Reason VmActor::cools() const {
  if (failures_ > 0) return {.code = cooling_down, .values = {failures_}, .clears_at = cool_until_};
  return {.code = flapping, .values = {flapping_.times()}, .clears_at = cool_until_};
}

std::optional<Reason> VmActor::waits(Instant now) const {
  if (unmovable_) return unmovable_;
  if (now < cool_until_) return cools();
  if (now < hold_until_) return Reason{.code = held, .clears_at = hold_until_};
  return std::nullopt;
}

}  // namespace actors

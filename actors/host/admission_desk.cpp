#include "actors/host/admission_desk.h"

#include <algorithm>
#include <utility>

#include "reactor/invariant.h"

namespace actors {

using enum RequestState;
using enum ReasonCode;

namespace {

constexpr std::array<std::pair<RequestState, RequestState>, 10> kTransitions{{
    {asked, queued},     // no ticket free
    {asked, granted},    // fits
    {asked, closed},     // does not fit, or the queue is full
    {queued, granted},   // its turn
    {queued, closed},    // withdrawn, or does not fit any more
    {granted, moving},   // no expiry from here on
    {granted, closed},   // expired or withdrawn
    {moving, settling},  // arrived: the ticket is back, the promise stays
    {moving, closed},    // did not arrive
    {settling, closed},  // first window full, or left again
}};

bool promises(RequestState state) {
  return state == granted || state == moving || state == settling;
}

}  // namespace

DeskChanges AdmissionDesk::on(reactor::Instant now, const DeskLimits& limits,
                              const DeskEvent& event) {
  Turn turn{now, limits};
  std::visit([&](const auto& known) { take(known, turn); }, event);
  expire(turn);
  serve(turn);
  std::erase_if(requests_, [](const Request& request) { return request.state == closed; });
  return std::move(turn.out);
}

void AdmissionDesk::take(const Measured& event, Turn& turn) {
  used_cpu_ = event.used ? std::optional{event.used->cpu} : std::nullopt;
  if (event.used) used_memory_ = event.used->memory;
  awake_ = event.awake;
  usable_ = event.usable;
  refuses_ = event.refuses;
  for (const Newcomer& newcomer : event.newcomers) {
    Request* request = find(newcomer.vm);
    if (!request || request->state != settling) continue;
    request->measured = newcomer.measured;
    if (newcomer.full) change(*request, closed, why(window_full), turn);
  }
}

// Asked again while the first request stands: that one gets the answer.
void AdmissionDesk::take(const Asked& event, Turn&) {
  if (find(event.vm)) return;
  requests_.push_back({event.vm, event.need.cpu, {}, event.need.memory, asked, {}});
}

// A migration on its way is driven to its end; Ended gives the ticket back.
void AdmissionDesk::take(const Withdrawn& event, Turn& turn) {
  Request* request = find(event.vm);
  if (request && request->state != moving) change(*request, closed, why(withdrawn), turn);
}

void AdmissionDesk::take(const Starting& event, Turn& turn) {
  Request* request = find(event.vm);
  const RequestState state = request ? request->state : closed;
  if (state == granted) return change(*request, moving, why(migration_started), turn);
  turn.out.push_back({event.vm, state, state, why(no_ticket)});  // it may have expired by now
}

void AdmissionDesk::take(const Ended& event, Turn& turn) {
  Request* request = find(event.vm);
  if (!request || request->state != moving) return;
  if (!event.arrived) return change(*request, closed, why(not_arrived), turn);
  used_memory_ = used_memory_ + request->memory;  // till Measured says so, which knows it too
  change(*request, settling, why(arrived), turn);
}

void AdmissionDesk::change(Request& request, RequestState to, Reason reason, Turn& turn) {
  INVARIANT(std::ranges::count(kTransitions, std::pair{request.state, to}) == 1);
  turn.out.push_back({request.vm, request.state, to, std::move(reason)});
  request.state = to;  // nowhere else
}

void AdmissionDesk::expire(Turn& turn) {
  for (Request& request : requests_) {
    if (request.state != granted) continue;
    if (auto reason = why_closed()) {
      change(request, closed, *std::move(reason), turn);
    } else if (!request.expires_at) {
      if (awake_) request.expires_at = turn.now + turn.limits.ticket_expiry;
    } else if (turn.now >= *request.expires_at) {
      change(request, closed, why(ticket_expired, {turn.limits.ticket_expiry.count()}), turn);
    }
  }
}

// In the order of asking. One that does not fit when its turn comes leaves, so it blocks nobody.
void AdmissionDesk::serve(Turn& turn) {
  for (Request& request : requests_) {
    const bool turn_has_come = tickets_out() < turn.limits.tickets || why_closed().has_value();
    if (request.state == asked || (request.state == queued && turn_has_come)) answer(request, turn);
  }
}

void AdmissionDesk::answer(Request& request, Turn& turn) {
  if (auto reason = why_closed()) return change(request, closed, *std::move(reason), turn);
  if (auto reason = misfit(turn.limits, {request.cpu, request.memory}))
    return change(request, closed, *std::move(reason), turn);
  if (tickets_out() < turn.limits.tickets) return grant(request, turn);
  enqueue(request, turn);
}

void AdmissionDesk::grant(Request& request, Turn& turn) {
  if (awake_) request.expires_at = turn.now + turn.limits.ticket_expiry;
  Reason reason = why(ticket_free, {request.cpu.count, request.memory.count});
  reason.clears_at = request.expires_at;
  change(request, granted, std::move(reason), turn);
}

void AdmissionDesk::enqueue(Request& request, Turn& turn) {
  if (waiting() < turn.limits.queue_limit)
    return change(request, queued, why(ticket_out, {tickets_out(), turn.limits.tickets}), turn);
  change(request, closed, why(queue_full, {waiting(), turn.limits.queue_limit}), turn);
}

std::optional<Reason> AdmissionDesk::misfit(const DeskLimits& limits, const Load& need) const {
  if (!used_cpu_) return why(no_window);
  const Load promise = promised();
  const Load& most = limits.most;
  if (*used_cpu_ + promise.cpu + need.cpu > most.cpu)
    return why(cpu_does_not_fit,
               {used_cpu_->count, promise.cpu.count, need.cpu.count, most.cpu.count});
  if (used_memory_ + promise.memory + need.memory > most.memory)
    return why(memory_does_not_fit,
               {used_memory_.count, promise.memory.count, need.memory.count, most.memory.count});
  return std::nullopt;
}

// A settling VM's memory is in what the host uses, and so is what was measured of its CPU: of that
// only what is promised beyond it counts here, so that it counts once, the larger of the two.
Load AdmissionDesk::promised() const {
  Load sum;
  for (const Request& request : requests_) {
    if (!promises(request.state)) continue;
    sum.cpu.count += std::max(request.cpu.count - request.measured.count, std::int64_t{0});
    if (request.state != settling) sum.memory = sum.memory + request.memory;
  }
  INVARIANT(sum.cpu.count >= 0 && sum.memory.count >= 0);
  return sum;
}

// To all who have not begun to move, tickets or not.
std::optional<Reason> AdmissionDesk::why_closed() const {
  return usable_ ? refuses_ : why(warehouse_unusable);
}

Reason AdmissionDesk::why(ReasonCode code, std::vector<std::int64_t> values) const {
  return {.code = code, .values = std::move(values), .about = host_.text};
}

std::int64_t AdmissionDesk::count(RequestState state) const {
  return std::ranges::count(requests_, state, &Request::state);
}

std::int64_t AdmissionDesk::tickets_out() const {
  return count(granted) + count(moving);
}

std::optional<reactor::Instant> AdmissionDesk::due() const {
  std::optional<reactor::Instant> out;
  for (const Request& request : requests_)
    if (request.state == granted && request.expires_at)
      out = out ? std::min(*out, *request.expires_at) : *request.expires_at;
  return out;
}

std::optional<RequestState> AdmissionDesk::state_of(const VmId& vm) const {
  const auto found = std::ranges::find(requests_, vm, &Request::vm);
  return found == requests_.end() ? std::nullopt : std::optional{found->state};
}

std::vector<VmId> AdmissionDesk::newcomers() const {
  std::vector<VmId> out;
  for (const Request& request : requests_)
    if (request.state == settling) out.push_back(request.vm);
  return out;
}

AdmissionDesk::Request* AdmissionDesk::find(const VmId& vm) {
  const auto found = std::ranges::find(requests_, vm, &Request::vm);
  return found == requests_.end() || found->state == closed ? nullptr : &*found;
}

}  // namespace actors

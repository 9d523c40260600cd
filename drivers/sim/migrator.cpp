#include "drivers/sim/migrator.h"

#include <algorithm>
#include <utility>

namespace drivers::sim {

using actors::ports::DomainState;
using actors::ports::MigrationMode;
using actors::ports::News;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

constexpr std::int64_t kKilobyte = 1'000;
constexpr Duration kFaultsCounted{1'000};
constexpr std::int64_t kPageBytes = 4'096;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr Duration kBetweenEvents{10};  // of one end and the other
constexpr Duration kSourceEnds{300};    // precopy: after the target has resumed (LAB.md §5)

bool runs(const Domain* domain) {
  return domain && !domain->job &&
         (domain->state == DomainState::running || domain->state == DomainState::running_migrated);
}

}  // namespace

Migrator::Migrator(reactor::Scheduler& loop, World& world, const LinkModel& link)
    : loop_(loop),
      world_(world),
      link_(link),
      usable_bytes_s_(link.bytes_s * link.usable_pct / 100),
      network_(loop, usable_bytes_s_) {
  network_.on_rate([this](std::size_t host, std::int64_t bytes_s) {
    world_.spend_on_moving(host, link_.cpu_per_100mb_s * (bytes_s / kKilobyte) / (100 * kKilobyte));
  });
}

void Migrator::begin(std::size_t vm, std::size_t source, std::size_t target, MigrationMode mode,
                     Done done) {
  const std::string what = "migrating " + world_.vms()[vm].model.name + ": ";
  if (migrating(vm)) return done(Error{Errc::refused, what + "it is migrating already"});
  if (!runs(world_.domain(source, vm))) return done(Error{Errc::refused, what + "not running"});
  if (world_.hosts()[target].power != HostPower::awake)
    return done(Error{Errc::refused, what + "the target does not answer"});
  if (cut_.contains(source) || cut_.contains(target))
    return done(Error{Errc::outcome_unknown, what + "no connection to the target"});
  Move move{.vm = vm, .source = source, .target = target, .mode = mode, .done = std::move(done)};
  move.postcopy = is_switched(mode);
  move.began = loop_.now();
  move.serial = ++serial_;
  world_.set_state(source, vm, world_.domain(source, vm)->state, true);
  after(link_.setup, moves_.emplace(vm, std::move(move)).first->second, &Migrator::accepted);
}

Result<Unit> Migrator::abort(std::size_t vm) {
  const auto found = moves_.find(vm);
  if (found == moves_.end()) return Error{Errc::refused, "aborting: no migration is active"};
  Move& move = found->second;
  if (move.switched || move.broken)
    return Error{Errc::refused, "aborting: cannot abort in post-copy mode"};
  give_up(move, "migration was aborted");
  return Unit{};
}

// What is left of the pass under way comes after the switch, as does what was written since it
// began.
Result<Unit> Migrator::switch_over(std::size_t vm) {
  const auto found = moves_.find(vm);
  const bool can = found != moves_.end() && may_be_postcopy(found->second.mode) &&
                   found->second.passes > 0 && !found->second.switched && !found->second.broken;
  if (!can) return Error{Errc::refused, "switching: no postcopy, not copied yet, or switched"};
  Move& move = found->second;
  const std::int64_t left = network_.left(move.flow);
  stop(move);
  move.postcopy = true;
  stop_source(move);
  move.rest = std::min(move.rest + left, memory_of(move));
  return Unit{};
}

bool Migrator::involves(std::size_t host) const {
  return std::ranges::any_of(moves_, [&](const auto& entry) {
    const Move& move = entry.second;
    const bool died = move.broken && !world_.domain(host, move.vm);
    return !move.over && !died && (move.source == host || move.target == host);
  });
}

Migrator::Move* Migrator::find(std::size_t vm, int serial) {
  const auto found = moves_.find(vm);
  return found == moves_.end() || found->second.serial != serial ? nullptr : &found->second;
}

void Migrator::after(Duration delay, const Move& move, Step step) {
  loop_.after(delay, [this, vm = move.vm, serial = move.serial, step] {
    if (Move* still = find(vm, serial)) (this->*step)(*still);
  });
}

void Migrator::send(Move& move, std::int64_t bytes, Step then, std::int64_t most_bytes_s) {
  move.bytes += bytes;
  move.flow = network_.send(
      move.source, move.target, bytes,
      [this, vm = move.vm, serial = move.serial, then] {
        if (Move* still = find(vm, serial)) (this->*then)(*still);
      },
      most_bytes_s);
}

void Migrator::accepted(Move& move) {
  world_.appear(move.target, move.vm, DomainState::paused_migrating);
  world_.announce(move.target, move.vm, News::arriving);
  if (move.mode == MigrationMode::postcopy) return stop_source(move);
  pass(move, memory_of(move));
}

void Migrator::pass(Move& move, std::int64_t bytes) {
  ++move.passes;
  world_.counted(move.source);
  move.cpu_ns = world_.domain(move.source, move.vm)->cpu_ns;
  move.pass_began = loop_.now();
  send(move, bytes, &Migrator::pass_ended);
}

void Migrator::pass_ended(Move& move) {
  const std::int64_t rest = updated_since_pass_began(move);
  const bool little = rest * 1'000 <= usable_bytes_s_ * link_.downtime_limit.count();
  if (move.mode == MigrationMode::postcopy_after_precopy || little) return stop_source(move);
  pass(move, rest);
}

std::int64_t Migrator::updated_since_pass_began(Move& move) {
  world_.counted(move.source);
  const std::int64_t cpu_ns = world_.domain(move.source, move.vm)->cpu_ns - move.cpu_ns;
  const std::int64_t per_cpu_ms = world_.vms()[move.vm].model.dirty_bytes / 1'000;
  const std::int64_t updated = per_cpu_ms * (cpu_ns / (kNsPerSecond / 1'000));
  const std::int64_t ms = std::max((loop_.now() - move.pass_began).count(), std::int64_t{1});
  move.dirty_bytes_s = updated * 1'000 / ms;
  return std::min(updated, memory_of(move));
}

void Migrator::stop_source(Move& move) {
  const auto state = move.postcopy ? DomainState::paused_postcopy : DomainState::paused_migrating;
  const std::int64_t rest = move.passes > 0 ? updated_since_pass_began(move) : memory_of(move);
  move.switched = true;
  move.stopped = loop_.now();
  world_.set_state(move.source, move.vm, state, true);
  world_.announce(move.source, move.vm, News::suspended_migrating);
  if (!move.postcopy) return send(move, rest, &Migrator::all_arrived);
  world_.announce(move.source, move.vm, News::suspended_postcopy);
  move.rest = rest;
  after(link_.downtime, move, &Migrator::run_on_target);
}

void Migrator::run_on_target(Move& move) {
  if (network_.held(move.source) || network_.held(move.target))
    return after(link_.downtime, move, &Migrator::run_on_target);
  resumed(move);
  world_.set_state(move.target, move.vm, DomainState::running_postcopy, true);
  world_.announce(move.target, move.vm, News::resumed_postcopy);
  send(move, move.rest, &Migrator::all_arrived, usable_bytes_s_ * link_.background_pct / 100);
  fault_pages(move);
}

// Not when it goes on again, after a break in postcopy.
void Migrator::resumed(Move& move) {
  if (move.resumed != Instant{}) return;
  move.resumed = loop_.now();
  move.missed_ns = world_.vms()[move.vm].wants * (move.resumed - move.stopped).count();
}

// Hot pages come first (paper §III-A), so the share of missing pages is the most it can be.
void Migrator::fault_pages(Move& move) {
  if (move.arrived) return;
  const std::int64_t kib = network_.left(move.flow) / 1'024;
  const std::int64_t all_kib = world_.vms()[move.vm].model.memory.count;
  world_.slow_down(move.target, move.vm, link_.page_faults_pct * kib / all_kib);
  after(kFaultsCounted, move, &Migrator::fault_pages);
}

void Migrator::all_arrived(Move& move) {
  if (!move.postcopy) resumed(move);
  move.arrived = true;
  world_.slow_down(move.target, move.vm, 0);
  world_.set_state(move.target, move.vm, DomainState::running_migrated, false);
  world_.announce(move.target, move.vm, News::resumed_migrated);
  after(move.postcopy ? kBetweenEvents : kSourceEnds, move, &Migrator::source_gone);
}

void Migrator::source_gone(Move& move) {
  move.over = true;
  world_.vanish(move.source, move.vm);
  world_.announce(move.source, move.vm, News::stopped_migrated);
  after(kBetweenEvents, move, &Migrator::report);
}

void Migrator::report(Move& move) {
  if (on_stats_)
    on_stats_(move.source, {.source = world_.hosts()[move.source].model.plan.name,
                            .vm = world_.vms()[move.vm].id,
                            .total = loop_.now() - move.began,
                            .bytes = move.bytes,
                            .page_requests = move.postcopy ? 0 : -1,
                            .dirty_pages_s = move.dirty_bytes_s / kPageBytes,
                            .passes = move.passes});
  after(kBetweenEvents, move, &Migrator::call_returns);
}

// After all of its news, as both come by the source's one connection.
void Migrator::call_returns(Move& move) {
  finish(move, Unit{});
}

void Migrator::finish(Move& move, const Result<Unit>& result) {
  const Done done = std::move(move.done);
  const MigrationRecord record = record_of(move, result.ok());
  moves_.erase(move.vm);
  if (on_end_) on_end_(record);
  if (done) done(result);
}

// The call may return before its migration is over (LAB.md §6 C2, C3).
void Migrator::answer(Move& move, const Result<Unit>& result) {
  if (const Done done = std::exchange(move.done, nullptr)) done(result);
}

MigrationRecord Migrator::record_of(const Move& move, bool completed) const {
  return {.vm = move.vm,
          .source = move.source,
          .target = move.target,
          .mode = move.mode,
          .began = move.began.time_since_epoch(),
          .ended = loop_.now().time_since_epoch(),
          .downtime = move.resumed > move.stopped ? move.resumed - move.stopped : Duration{0},
          .missed_ns = move.missed_ns,
          .completed = completed};
}

std::int64_t Migrator::memory_of(const Move& move) const {
  return world_.vms()[move.vm].model.memory.count * 1'024;
}

}  // namespace drivers::sim

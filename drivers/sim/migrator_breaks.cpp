// How migrations break, and which of them heal; by the letters of LAB.md §6.
#include <utility>

#include "drivers/sim/migrator.h"

namespace drivers::sim {

using actors::ports::DomainState;
using actors::ports::News;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

constexpr Duration kTargetFails{5'000};  // after the source, where there is a way (LAB.md §6 C4)
constexpr Duration kGivesUp{7'000};      // keepalives and TCP of one end, when the other is silent

}  // namespace

// A precopy can go back until the target runs.
Migrator::Stage Migrator::stage_of(const Move& move) {
  if (move.arrived) return Stage::arrived;
  if (!move.switched || !move.postcopy) return Stage::before_switch;
  return move.resumed == Instant{} ? Stage::switched : Stage::resumed;
}

std::vector<std::size_t> Migrator::moves_at(std::size_t host) const {
  std::vector<std::size_t> out;
  for (const auto& [vm, move] : moves_)
    if (!move.over && !move.broken && (move.source == host || move.target == host))
      out.push_back(vm);
  return out;
}

/// Whatever was to follow does not.
void Migrator::stop(Move& move) {
  network_.cancel(move.flow);
  move.serial = ++serial_;
}

// The VM runs on at its source, and the half copy goes.
void Migrator::give_up(Move& move, const std::string& why) {
  stop(move);
  const Domain* source = world_.domain(move.source, move.vm);
  const bool stopped = source->state == DomainState::paused_migrating;
  world_.set_state(move.source, move.vm, stopped ? DomainState::running : source->state, false);
  target_gave_up(move);
  finish(move, Error{Errc::outcome_unknown, why});
}

void Migrator::target_gave_up(Move& move) {
  if (!world_.domain(move.target, move.vm)) return;
  world_.vanish(move.target, move.vm);
  world_.announce(move.target, move.vm, News::stopped_failed);
}

void Migrator::fail_source(Move& move, const std::string& why) {
  world_.set_state(move.source, move.vm, DomainState::paused_postcopy_failed, true);
  world_.announce(move.source, move.vm, News::postcopy_failed_source);
  answer(move, Error{Errc::outcome_unknown, why});
}

/// What is left of it stays where it is.
void Migrator::lose(Move& move) {
  world_.lose(move.vm);
  finish(move, Error{Errc::outcome_unknown, "the other end is gone"});
}

// As a source it had only watched: QEMU goes on, and after the switch so does the migration.
void Migrator::daemon_died(std::size_t host) {
  for (const std::size_t vm : moves_at(host)) {
    Move& move = moves_.at(vm);
    if (stage_of(move) == Stage::before_switch) {
      give_up(move, "end of file while reading data: client socket is closed");
    } else if (move.target == host) {
      daemon_of_target_died(move);
    }
  }
}

// C1: no guest without its daemon yet; C2: both ends complete by themselves.
void Migrator::daemon_of_target_died(Move& move) {
  const std::string why = "client socket is closed";
  if (stage_of(move) == Stage::arrived) return;
  if (stage_of(move) == Stage::resumed) return fail_source(move, why);
  stop(move);
  target_gave_up(move);
  fail_source(move, why);
  lose(move);
}

void Migrator::domain_destroyed(std::size_t vm) {
  const auto found = moves_.find(vm);
  if (found == moves_.end()) return;
  stop(found->second);
  finish(found->second, Error{Errc::outcome_unknown, "the domain is gone"});
}

// At its target once all of it has come, the source still ends as it always does.
void Migrator::guest_shut_down(std::size_t vm, std::size_t host) {
  const auto found = moves_.find(vm);
  if (found == moves_.end() || stage_of(found->second) == Stage::arrived) return;
  Move& move = found->second;
  const std::string why = "the guest has shut down";
  stop(move);
  if (host == move.source) target_gave_up(move);
  if (host == move.target && world_.domain(move.source, vm)) fail_source(move, why);
  finish(move, Error{Errc::outcome_unknown, why});
}

void Migrator::host_died(std::size_t host) {
  for (const std::size_t vm : moves_at(host)) {
    Move& move = moves_.at(vm);
    const Stage stage = stage_of(move);
    const bool whole =
        stage == Stage::arrived || (stage == Stage::before_switch && host != move.source);
    if (!whole) world_.lose(vm);
    if (stage == Stage::arrived && host == move.target) continue;
    stop(move);
    move.broken = true;
    after(kGivesUp, move,
          host == move.source ? &Migrator::target_noticed : &Migrator::source_noticed);
  }
}

// P2; but a target that runs only waits for pages, and never notices (C5).
void Migrator::target_noticed(Move& move) {
  const Stage stage = stage_of(move);
  if (stage == Stage::before_switch || stage == Stage::switched) target_gave_up(move);
  finish(move, Error{Errc::outcome_unknown, "the source is gone"});
}

void Migrator::source_noticed(Move& move) {
  const std::string why = "the target does not answer keepalives";
  if (!world_.domain(move.source, move.vm)) return finish(move, Error{Errc::outcome_unknown, why});
  if (stage_of(move) == Stage::before_switch) return give_up(move, why);
  fail_source(move, why);
  finish(move, Error{Errc::outcome_unknown, why});
}

Result<Unit> Migrator::pause(std::size_t vm) {
  const auto found = moves_.find(vm);
  if (found == moves_.end() || found->second.broken || found->second.failed ||
      stage_of(found->second) != Stage::resumed)
    return Error{Errc::refused, "stopping: the job is not in post-copy mode"};
  fail(found->second, "migration was paused");
  return Unit{};
}

void Migrator::break_postcopies(std::size_t host) {
  for (const std::size_t vm : moves_at(host)) {
    Move& move = moves_.at(vm);
    if (!move.failed && stage_of(move) == Stage::resumed) fail(move, "the connection broke");
  }
}

void Migrator::fail(Move& move, const std::string& why) {
  move.failed = true;
  move.rest = network_.left(move.flow);
  stop(move);
  fail_source(move, why);
  after(kTargetFails, move, &Migrator::fail_target);
}

void Migrator::fail_target(Move& move) {
  const bool hears = !network_.held(move.source) && !network_.held(move.target);
  const auto found = notice_.find(move.target);
  const Notices who = found == notice_.end() ? Notices::both : found->second;
  if (!hears || who == Notices::neither) return after(kTargetFails, move, &Migrator::fail_target);
  move.unaware = who == Notices::libvirt;
  target_failed(move);
}

void Migrator::target_failed(Move& move) {
  world_.set_state(move.target, move.vm, DomainState::running_postcopy_failed, true);
  world_.announce(move.target, move.vm, News::postcopy_failed_target);
}

// Of a source that has not failed, its end hears of it too.
Result<Unit> Migrator::end_incoming(std::size_t vm, std::size_t host) {
  const auto found = moves_.find(vm);
  const Domain* target = world_.domain(host, vm);
  const bool comes = found != moves_.end() && found->second.target == host && target != nullptr;
  if (comes && target->state == DomainState::running_postcopy_failed) return end_old(found->second);
  const bool runs = comes && target->state == DomainState::running_postcopy;
  if (!runs && !(comes && target->state == DomainState::paused_migrating))
    return Error{Errc::refused, "it waits for no source"};
  Move& move = found->second;
  const bool stands_still = move.failed || network_.held(move.source) || network_.held(host);
  if (!stands_still) return Error{Errc::refused, "data came by its connection 0 ms ago"};
  if (!runs) return end_before_resume(move);
  if (!move.failed) fail(move, "the connection was ended");
  stop(move);  // what was to tell the target later
  target_failed(move);
  return Unit{};
}

// Its libvirt said already that it failed.
Result<Unit> Migrator::end_old(Move& move) {
  if (!std::exchange(move.unaware, false))
    return Error{Errc::refused, "its process has no connection on the ports of migrations"};
  return Unit{};
}

// Its target ends; a source that has not switched runs on.
Result<Unit> Migrator::end_before_resume(Move& move) {
  const std::string why = "the connection was ended";
  if (stage_of(move) == Stage::before_switch) {
    give_up(move, why);
    return Unit{};
  }
  if (!move.failed) fail_source(move, why);
  stop(move);
  target_gave_up(move);
  lose(move);
  return Unit{};
}

void Migrator::resume(std::size_t vm, Done done) {
  const auto found = moves_.find(vm);
  const Domain* target = found == moves_.end() ? nullptr : world_.domain(found->second.target, vm);
  const bool can = target && found->second.failed && !found->second.unaware &&
                   target->state == DomainState::running_postcopy_failed;
  if (!can) return done(Error{Errc::refused, "resuming: QEMU reports migration is still running"});
  Move& move = found->second;
  if (network_.held(move.source) || network_.held(move.target))
    return done(Error{Errc::outcome_unknown, "resuming: no connection to the target"});
  move.failed = false;
  move.done = std::move(done);
  world_.set_state(move.source, vm, DomainState::paused_postcopy, true);
  world_.announce(move.source, vm, News::suspended_postcopy);
  run_on_target(move);
}

void Migrator::deafen(std::size_t host, Notices notices) {
  notice_.erase(host);
  if (notices != Notices::both) notice_.emplace(host, notices);
  if (notices == Notices::both)
    for (auto& [vm, move] : moves_)
      if (move.target == host) move.unaware = false;
}

void Migrator::hold(std::size_t host, bool held, bool cut) {
  network_.hold(host, held || cut);
  const bool begins = cut && cut_.insert(host).second;
  if (!cut) cut_.erase(host);
  if (!begins) return;
  for (const std::size_t vm : moves_at(host))
    after(kGivesUp, moves_.at(vm), &Migrator::ends_noticed);
}

// P2, C3: once it runs the rest follows as soon as there is a way again. Before that the source's
// QEMU gives up, and nothing can save it: the target waits for what never comes.
void Migrator::ends_noticed(Move& move) {
  if (!cut_.contains(move.source) && !cut_.contains(move.target)) return;
  if (move.failed) return;
  const std::string why = "received hangup event on socket";
  if (stage_of(move) == Stage::before_switch) return give_up(move, why);
  if (stage_of(move) == Stage::arrived) return;
  fail_source(move, why);
  if (stage_of(move) == Stage::resumed) return;
  stop(move);
  move.failed = true;
  world_.lose(move.vm);
}

}  // namespace drivers::sim

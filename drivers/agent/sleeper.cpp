#include "drivers/agent/sleeper.h"

#include <utility>

#include "drivers/agent/command_way.h"
#include "drivers/agent/logind_way.h"
#include "drivers/agent/wake_device.h"
#include "reactor/invariant.h"

namespace drivers::agent {

namespace {

constexpr reactor::Duration kCarrierAgain{50};

}  // namespace

std::unique_ptr<SuspendWay> suspend_way(reactor::Loop& loop, const AgentSettings& settings) {
  const bool command = !settings.suspend_command.empty();
  switch (settings.suspend) {
    case SuspendBy::logind: return std::make_unique<LogindWay>(loop, settings.sys, settings.bus);
    case SuspendBy::sys: return std::make_unique<SysWay>(loop, settings.sys);
    case SuspendBy::command:
      INVARIANT(command);
      return std::make_unique<CommandWay>(loop, settings.suspend_command);
    case SuspendBy::automatic: break;
  }
  if (command) return std::make_unique<CommandWay>(loop, settings.suspend_command);
  return std::make_unique<AutoWay>(loop, settings.sys, settings.bus);
}

Sleeper::Sleeper(reactor::Loop& loop, const AgentSettings& settings, Clocks clocks)
    : loop_(loop),
      settings_(settings),
      clocks_(std::move(clocks)),
      way_(suspend_way(loop, settings)),
      alarm_(settings.sys) {}

void Sleeper::check(WakeAfter wake_after, SuspendWay::Done done) {
  if (auto failure = look_at_host(wake_after))
    return loop_.post([done = std::move(done), failure = std::move(failure)] { done(failure); });
  way_->check(std::move(done));
}

Failure Sleeper::look_at_host(WakeAfter wake_after) {
  if (!settings_.wake_device.empty())
    if (auto failure = check_wake_device(settings_.sys, settings_.wake_device)) return failure;
  return wake_after ? alarm_.test(*wake_after) : std::nullopt;
}

void Sleeper::sleep(WakeAfter wake_after, std::function<void(SleepOutcome)> done) {
  INVARIANT(!done_);
  done_ = std::move(done);
  began_ = clocks_.boottime();
  if (way_->can_be_proved()) proof_.emplace(settings_.sys, clocks_);
  if (auto failure = wake_after ? alarm_.set(*wake_after) : std::nullopt)
    return loop_.post([this, failure = std::move(failure)] { woke(failure); });
  way_->sleep([this](Failure failure) { woke(std::move(failure)); });
}

// The kernel's word counts more than that of who was asked: a host that slept has slept.
void Sleeper::woke(Failure failure) {
  SleepOutcome outcome{std::move(failure), clocks_.boottime() - began_};
  if (proof_) {
    outcome.slept = proof_->slept();
    const Failure verdict = proof_->verdict();
    if (!verdict) outcome.failure.reset();
    if (verdict && !outcome.failure) outcome.failure = verdict;
  }
  proof_.reset();
  alarm_.clear();
  const bool wait = !outcome.failure && !settings_.wake_device.empty();
  wait_for_carrier(std::move(outcome),
                   loop_.now() + (wait ? settings_.carrier_limit : reactor::Duration{0}));
}

// So that Redis is found at the first try, instead of at the second one's time.
void Sleeper::wait_for_carrier(SleepOutcome outcome, reactor::Instant limit) {
  if (loop_.now() >= limit || has_carrier(settings_.sys, settings_.wake_device))
    return std::exchange(done_, nullptr)(std::move(outcome));
  loop_.after(kCarrierAgain,
              [this, outcome = std::move(outcome), limit] { wait_for_carrier(outcome, limit); });
}

}  // namespace drivers::agent

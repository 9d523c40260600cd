#include "actors/director/director.h"

#include <utility>

#include "reactor/invariant.h"

namespace actors {

using enum ReasonCode;
using reactor::Instant;

Director::Director(Settings settings) {
  stage_.pool.settings = std::move(settings);
  const bool known = moves_.use_policy();
  INVARIANT(known);
  ensure_hosts();
  stage_.touch_all();
}

Turn Director::turn(Instant now, const std::vector<Input>& inputs) {
  stage_.begin(now);
  ticked_ = false;
  for (const Input& input : inputs)
    std::visit([this](const auto& known) { take(known); }, input);
  settle();
  return std::exchange(stage_.out, {});
}

// Hosts last: a VM that has found its target by now keeps it from being put to sleep.
void Director::settle() {
  if (ticked_) tick();
  kept_moves_.settle();
  vms_.measure_desks();
  guard_.wait_for_hosts();
  if (guard_.may_act()) moves_.plan();
  if (guard_.may_act()) moves_.start_ready();
  if (stage_.pool.hosts.size() > stage_.pool.settings.hosts.size()) drop_unplanned();
  feed_hosts();
  guard_.weigh_silence();
  tell_people();
}

void Director::tick() {
  migrations_.tick();
  vms_.tick();
}

void Director::feed_hosts() {
  readiness_.choose_reserve();
  for (Host* host : stage_.agenda.take_hosts()) {
    moves_.forget_said(*host);
    hosts_.feed(*host);
    if (ticked_) tick(*host);
    note_due(*host);
  }
}

void Director::tick(Host& host) {
  hosts_.tell(host, reactor::Tick{});
  links_.ask_hello_again(host);
  sightings_.look_again(host);
}

// When it, its desk, a question to it or what a dry run says of it would go on by itself.
void Director::note_due(Host& host) {
  const auto at = [&](std::optional<Instant> when) {
    if (when) stage_.agenda.look_again(host, *when);
  };
  const Settings& settings = stage_.pool.settings;
  at(host.actor.due(host.plan, settings.power));
  at(host.desk.due());
  if (host.reading_hello) at(host.read_hello_again);
  if (!host.passing.empty()) at(host.look_again);
  const bool awake = host.actor.state() == HostState::awake;
  const bool may_sleep = awake && host.known && guard_.may_act();
  if (settings.dry_run && may_sleep && !host.said_idle)
    at(host.actor.idle_at(host.plan, settings.power));
}

void Director::take(const input::Leading& event) {
  guard_.take(event);
  kept_moves_.ask();
  for (auto& [id, host] : stage_.pool.hosts)
    meet(host);
}

void Director::meet(Host& host) {
  links_.ask_hello(host);
  readiness_.sync_wakes(host);
}

void Director::tell_people() {
  for (Alert& alert : alerts_.on(stage_.now, stage_.pool.settings.alerts, stage_.out.changes))
    stage_.ask(effect::SendAlert{std::move(alert)});
}

// Said once, till it works again.
void Director::take(const input::AlertDone& event) {
  const bool failing = event.failure.has_value();
  if (std::exchange(alert_failing_, failing) == failing) return;
  const PoolState state = pool_state();
  if (failing)
    return stage_.say_pool(state, state, {.code = alert_failed, .detail = event.failure->detail});
  stage_.say_pool(state, state, {.code = alert_works});
}

}  // namespace actors

#include "actors/director/hosts.h"

#include <utility>

#include "reactor/invariant.h"

namespace actors {

using enum ReasonCode;

namespace {

/// Of this boot, after the last hello, and not delivered late.
bool fresh(reactor::Instant now, const Host& host, const PowerSettings& settings) {
  const auto sampled = host.load.sampled_at();
  if (!sampled || !host.hello || host.hello->state == ports::AgentState::down) return false;
  if (host.hello->boot != host.load.boot()) return false;
  if (host.load.revision() < host.hello->hello.count()) return false;
  return now - *sampled < settings.silent_after;
}

}  // namespace

void Hosts::tell(Host& host, const HostEvent& event) {
  const bool heard = host.actor.heard_once();
  const reactor::Instant since = host.actor.since();
  const HostOutcome outcome = host.actor.on(stage_.now, host.plan, pool_.settings.power, event);
  if (outcome.change) put_on_record(host, *outcome.change);
  if (outcome.change || heard != host.actor.heard_once()) guard_.hosts_changed();
  if (outcome.change || !outcome.effects.empty()) stage_.touch_use(host);
  for (const HostEffect& effect : outcome.effects)
    act(host, effect);
  if (!outcome.change) return;
  readiness_.changed(host, *outcome.change, since);
  if (outcome.change->reason.code == suspend_in_use) links_.list_again(host);
}

void Hosts::put_on_record(const Host& host, const HostChanged& change) {
  const std::string& id = host.plan.name.text;
  stage_.say({ActorKind::host,
              id,
              id,
              std::string{name_of(change.from)},
              std::string{name_of(change.to)},
              change.reason,
              {},
              {}});
}

void Hosts::act(Host& host, const HostEffect& effect) {
  const HostId& id = host.plan.name;
  if (const auto* wake = std::get_if<Wake>(&effect)) {
    stage_.ask(effect::WakeHost{id, wake->way, wake->attempt});
  } else if (const auto* order = std::get_if<TellAgent>(&effect)) {
    give(host, order->kind);
  } else {
    stage_.ask(effect::ReadPower{id});
  }
}

void Hosts::give(Host& host, ports::OrderKind kind) {
  const PowerSettings& power = pool_.settings.power;
  ports::Order order{kind,
                     host.hello ? host.hello->boot : BootId{},
                     stage_.epoch,
                     power.order_ttl,
                     host.suspend_order,
                     {}};
  if (kind == ports::OrderKind::suspend) {
    INVARIANT(Pool::needed_by(host) == 0 && guard_.may_act());
    host.suspend_order.reset();
    order.of.reset();
    if (power.dead_man > Duration{}) order.wake_after = power.dead_man;
  }
  stage_.ask(effect::GiveOrder{host.plan.name, std::move(order)});
}

void Hosts::feed(Host& host) {
  tell(host, Linked{host.linked});
  if (fresh(stage_.now, host, pool_.settings.power)) tell(host, Sampled{host.load.sampled_at()});
  const bool down = host.hello && host.hello->state == ports::AgentState::down;
  if (down && host.use.residents.empty()) tell(host, SaidDown{});
  tell(host, readiness_.needs_of(host));
  if (pool_.settings.dry_run) only_say_idle(host);
}

// Said once for each time that it is empty.
void Hosts::only_say_idle(Host& host) {
  auto why = host.actor.idle(stage_.now, host.plan, pool_.settings.power);
  const bool idle = why && host.known && guard_.may_act();
  if (std::exchange(host.said_idle, idle) || !idle) return;
  why->code = dry_run_sleep;
  stage_.say_of(host, *std::move(why));
}

void Hosts::take(const input::AgentReply& event) {
  const ports::Reply& reply = event.reply;
  Host* host = pool_.find(reply.host);
  if (!host) return;
  const bool first_word = !host->suspend_order && reply.kind == ports::ReplyKind::accepted &&
                          host->actor.state() == HostState::suspending;
  if (first_word) host->suspend_order = reply.order;
  if (host->suspend_order != reply.order) return;
  if (reply.kind == ports::ReplyKind::going_down) {
    if (host->hello) host->hello->state = ports::AgentState::down;
    links_.went_down(*host);
  }
  stage_.touch_use(*host);
  tell(*host, OrderAnswered{reply.kind, reply.refusal, reply.detail});
}

void Hosts::take(const input::OrderDone& event) {
  Host* host = pool_.find(event.host);
  if (!host || event.order != ports::OrderKind::suspend) return;
  stage_.touch(*host);
  if (!event.id) return tell(*host, OrderLost{event.detail});
  host->suspend_order = event.id;
}

// Only its agent's hello says that it came up; that the request failed is worth a line.
void Hosts::take(const input::WakeDone& event) {
  Host* host = pool_.find(event.host);
  if (!host || !event.failure) return;
  stage_.say_of(*host, {.code = wake_failed,
                        .about = way_name(host->plan, host->actor.last_wake().way()),
                        .detail = event.failure->detail});
  tell(*host, WakeFailed{event.attempt});
}

void Hosts::take(const input::PowerDone& event) {
  Host* host = pool_.find(event.host);
  if (host && event.power) tell(*host, PowerSaid{*event.power});
}

}  // namespace actors

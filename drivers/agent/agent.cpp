#include "drivers/agent/agent.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "drivers/agent/clock.h"
#include "drivers/agent/commands.h"
#include "drivers/agent/host_facts.h"
#include "drivers/agent/incoming.h"
#include "drivers/redis/text.h"
#include "drivers/redis/wire.h"

namespace drivers::agent {

namespace {

using actors::ports::AgentState;
using actors::ports::HostSample;
using actors::ports::InventoryVm;
using actors::ports::OrderKind;
using actors::ports::RefusalKind;
using actors::ports::Reply;
using actors::ports::ReplyKind;
using reactor::Duration;
using reactor::Result;

constexpr Duration kInventoryLimit{5'000}, kInventoryAgain{1'000};
constexpr Duration kForeignSleep{
    1'000};  ///< the two clocks never jump apart by that much otherwise
constexpr Duration kLookAtEnd{20};

/// Readers refuse texts with line ends and broken UTF-8 in them; libvirt's may have them.
std::string printable(std::string text) {
  if (redis::is_text(text)) return text;
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, ' ');
  return text;
}

}  // namespace

Agent::Agent(reactor::Loop& loop, AgentSettings settings, const redis::Endpoint& endpoint,
             actors::BootId boot)
    : loop_(loop),
      settings_(std::move(settings)),
      keys_(settings_.pool),
      slept_so_far_(boottime() - steady_time()),
      gate_(boot),
      keeper_(settings_.ack_limit),
      libvirt_(loop, settings_.libvirt),
      sleeper_(loop, settings_),
      outbox_([this](const Words& words, redis::ReplyDone done) {
        redis_.command(words, std::move(done));
      }),
      sampling_(loop, settings_, libvirt_,
                {[this](HostSample sample) { have_sample(std::move(sample)); },
                 [this](const DomainList& domains) { have_domains(domains); }}),
      redis_(loop, endpoint, {[this] { redis_up(); }, [this](const auto&) { outbox_.down(); }}),
      orders_(loop, endpoint, keys_.orders(settings_.host),
              {[this] {
                 orders_heard_ = true;
                 open_outbox();
               },
               [this](const HeardOrder& order) { heard(order); }}) {
  const HostSize size = read_size(settings_);
  hello_.host = settings_.host;
  hello_.boot = std::move(boot);
  hello_.capacity = size.capacity;
  if (size.cores > 0) hello_.cores = size.cores;
  hello_.memory = size.memory;
  hello_.libvirt_uri = settings_.libvirt_uri;
  hello_.migration_address = settings_.migration_address;
  hello_.version = settings_.version;
  look_at_inventory();
}

// ---- Redis: found, or found again

void Agent::redis_up() {
  redis_.command({"HGETALL", keys_.host(settings_.host)},
                 [this](const auto& hash) { heard_own_hash(hash); });
}

// What an earlier agent of this host left: the epoch must not fall by our restart.
void Agent::heard_own_hash(const Result<redis::Value>& hash) {
  if (!hash.ok() && hash.error().code != reactor::Errc::refused) return;  // lost again
  const auto before = hash.ok() ? redis::decode_hello(hash.value()) : hash.error();
  if (before.ok()) {
    gate_.heard(before.value().epoch);
    if (before.value().boot == hello_.boot)
      hello_.revision = std::max(hello_.revision, before.value().revision);
  }
  hash_read_ = true;
  open_outbox();
}

// The hash is written at each connection: Redis may have lost it.
void Agent::open_outbox() {
  if (!orders_heard_ || !hash_read_ || !redis_.up()) return;
  if (watch_.known()) put_hello();
  outbox_.up();
}

// ---- libvirt

void Agent::look_at_inventory() {
  libvirt_.inventory(kInventoryLimit, [this](const auto& inventory) { have_inventory(inventory); });
}

void Agent::have_inventory(const Result<std::vector<InventoryVm>>& inventory) {
  const bool first = !watch_.known();
  if (!inventory.ok()) {
    if (!first) return;  // the next second asks again
    spdlog::warn("no hello yet: {}", inventory.error().detail);
    return loop_.after(kInventoryAgain, [this] { look_at_inventory(); });
  }
  auto vms = inventory.value();
  for (InventoryVm& vm : vms) {
    vm.name = printable(std::move(vm.name));
    if (vm.unmovable) vm.unmovable = printable(std::move(*vm.unmovable));
  }
  if (!watch_.put(std::move(vms))) return;
  if (first) hello_.hello = boottime();
  renew_hello();
  if (first) sampling_.start();
}

void Agent::have_domains(const DomainList& domains) {
  if (watch_.due(loop_.now(), domains)) look_at_inventory();
}

void Agent::have_sample(HostSample sample) {
  sample.host = hello_.host;
  sample.boot = hello_.boot;
  sample.revision = hello_.revision;
  outbox_.put_sample(write_sample(keys_, sample));
  notice_foreign_sleep();
}

// ---- the host's hash

void Agent::renew_hello() {
  hello_.revision = std::max<std::int64_t>(boottime().count(), hello_.revision + 1);
  put_hello();
}

void Agent::put_hello() {
  hello_.epoch = gate_.epoch();
  hello_.vms = watch_.inventory();
  hello_.facts = read_host_facts(settings_);
  outbox_.put_hello(write_hello(keys_, hello_));
}

// ---- orders

void Agent::heard(const HeardOrder& heard) {
  const auto epoch = gate_.epoch();
  const auto why_not = gate_.check(heard.order, heard.age);
  spdlog::info("order {}: {}", heard.id.text, actors::name_of(heard.order.kind));
  if (gate_.epoch() != epoch && watch_.known()) put_hello();
  if (why_not)
    refuse(heard, RefusalKind::stale_order, *why_not);
  else
    follow(heard);
}

void Agent::follow(const HeardOrder& heard) {
  switch (heard.order.kind) {
    case OrderKind::suspend: return power(SuspendAsked{heard.id, heard.order.wake_after});
    case OrderKind::cancel: return power(CancelAsked{heard.id, heard.order.of});
    case OrderKind::ack: return power(AckHeard{heard.order.of.value_or(actors::OrderId{})});
    case OrderKind::end_incoming: return end_incoming(heard);
    case OrderKind::identify: break;
  }
  if (watch_.known()) renew_hello();
  accept(heard);
}

// libvirt has as long as the order is good for: one that is late ends nothing, as the controller
// may have gone on to a new connection by then.
void Agent::end_incoming(const HeardOrder& heard) {
  const Duration limit = std::min(settings_.look_limit, heard.order.ttl - heard.age);
  const actors::VmId vm = *heard.order.vm;
  libvirt_.waiting(vm, limit, [this, heard, vm](const Result<std::string>& name) {
    const bool no = !name.ok() && name.error().code == reactor::Errc::refused;
    if (!name.ok())
      return refuse(heard, no ? RefusalKind::unable : RefusalKind::not_now, name.error().detail);
    const auto facts = hello_.facts.value_or(actors::ports::HostFacts{});
    const PortRange ports{facts.first_port, facts.last_port};
    if (auto failure = agent::end_incoming(settings_, name.value(), vm, ports))
      return refuse(heard, RefusalKind::unable, std::move(*failure));
    accept(heard);
  });
}

void Agent::accept(const HeardOrder& heard) {
  reply({{}, heard.id, ReplyKind::accepted, {}, {}, {}, heard.order.vm});
}

void Agent::refuse(const HeardOrder& heard, RefusalKind refusal, std::string detail) {
  spdlog::info("order {}: refused: {}", heard.id.text, detail);
  reply({{}, heard.id, ReplyKind::refused, refusal, std::move(detail), {}, heard.order.vm});
}

void Agent::reply(Reply reply) {
  reply.host = settings_.host;
  reply.detail = printable(std::move(reply.detail));
  outbox_.put_reply(write_reply(keys_, reply));
}

// ---- down and up again

void Agent::power(const PowerEvent& event) {
  const auto deadline = keeper_.deadline();
  for (const PowerAction& action : keeper_.on(loop_.now(), event))
    std::visit([this](const auto& held) { act(held); }, action);
  if (keeper_.deadline() && keeper_.deadline() != deadline)
    loop_.after(*keeper_.deadline() - loop_.now(), [this] { power(TimePassed{}); });
}

void Agent::act(const Look& action) {
  sleeper_.check(action.wake_after, [this, look = action.look](Failure failure) {
    if (failure) return power(Looked{look, Presence::unfit, std::move(*failure)});
    look_for_residents(look);
  });
}

void Agent::look_for_residents(int look) {
  libvirt_.residents(settings_.look_limit, [this, look](const auto& residents) {
    if (!residents.ok()) return power(Looked{look, Presence::unknown, residents.error().detail});
    if (residents.value().empty()) return power(Looked{look, Presence::quiet, ""});
    power(Looked{look, Presence::in_use, residents.value().front()});
  });
}

void Agent::act(const Say& action) {
  spdlog::info("order {}: {} {}", action.reply.order.text, actors::name_of(action.reply.kind),
               action.reply.detail);
  reply(action.reply);
}

void Agent::act(const GoDown& /*action*/) {
  sampling_.stop();
  hello_.state = AgentState::down;
  renew_hello();
}

void Agent::act(const Sleep& action) {
  sleeper_.sleep(action.wake_after, [this](SleepOutcome outcome) {
    power(SleepEnded{std::move(outcome.failure), outcome.slept});
  });
}

void Agent::act(const ComeUp& action) {
  if (action.slept) begin_after_sleep();
  hello_.state = AgentState::up;
  hello_.hello = boottime();
  renew_hello();
  if (!ending_) sampling_.start();
}

// The connections may be dead without knowing it, and orders from before are void. The outbox opens
// when the new end of the orders is known.
void Agent::begin_after_sleep() {
  slept_so_far_ = boottime() - steady_time();
  orders_heard_ = hash_read_ = false;
  outbox_.down();
  redis_.drop("the host slept");
  orders_.begin_anew();
}

// Somebody else put the host to sleep, and it is up again. What we know of Redis is void all the
// same.
void Agent::notice_foreign_sleep() {
  const Duration slept = boottime() - steady_time() - slept_so_far_;
  if (slept < kForeignSleep) return;
  spdlog::warn("this host slept for {} ms without an order", slept.count());
  sampling_.stop();
  act(ComeUp{true});
  reply({{}, {}, ReplyKind::resumed, {}, {}, slept});
}

// ---- the end

void Agent::end(std::function<void()> ended) {
  ending_ = true;
  sampling_.stop();
  power(Ending{});
  const auto limit = loop_.now() + settings_.exit_limit;
  const auto look = [this, limit, ended = std::move(ended)](const auto& again) -> void {
    if (outbox_.empty() || loop_.now() >= limit) return ended();
    loop_.after(kLookAtEnd, [again] { again(again); });
  };
  look(look);
}

}  // namespace drivers::agent

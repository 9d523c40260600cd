#include "drivers/sim/sim_agent.h"

#include <algorithm>
#include <utility>

namespace drivers::sim {

using actors::ports::AgentState;
using actors::ports::HostHello;

namespace {

constexpr Duration kAckLimit{10'000};  // drivers/agent/agent_settings.h
constexpr Duration kLooks{30};         // libvirt's answer on the host itself
constexpr Duration kKernelRefuses{500};
constexpr Duration kUpBefore{1'000'000};
constexpr Duration kBoots{20'000};   // till its agent runs
constexpr Duration kUpApart{1'000};  // one host and the next

}  // namespace

SimAgent::SimAgent(AgentWorld shared, std::size_t host)
    : shared_(shared),
      host_(host),
      boot_{"boot-of-" + model().plan.name.text},
      up_before_(kUpBefore + kUpApart * static_cast<std::int64_t>(host)),
      gate_(boot_),
      keeper_(kAckLimit) {}

void SimAgent::start() {
  state_ = model().asleep ? AgentState::down : AgentState::up;
  say_hello(true);
  if (!model().asleep) begin_samples();
}

// A process that ended knows of no order; its successor reads the epoch in the host's hash. One
// that stood still tells what changed meanwhile.
void SimAgent::check() {
  if (meets(FaultKind::agent_dead)) {
    if (!std::exchange(dead_, true)) end();
  } else if (std::exchange(dead_, false)) {
    begin_anew();
  }
  const bool awake = shared_.world.hosts()[host_].power == HostPower::awake;
  if (std::exchange(was_silent_, silent()) && !silent() && awake) say_hello(false);
}

void SimAgent::end() {
  ++samples_;
  keeper_ = agent::PowerKeeper{kAckLimit};
  told_to_sleep_.reset();
}

// What an earlier boot was told and heard is nothing to this one, but for the epoch in the hash.
void SimAgent::booted() {
  boot_.text = "boot-" + std::to_string(++boots_) + "-of-" + model().plan.name.text;
  up_before_ = kBoots - shared_.loop.now().time_since_epoch();
  const std::int64_t epoch = gate_.epoch();
  gate_ = agent::OrderGate{boot_};
  gate_.heard(epoch);
  revision_ = seq_ = 0;
  if (!dead_) begin_anew();
}

void SimAgent::begin_anew() {
  if (shared_.world.hosts()[host_].power != HostPower::awake) return;
  state_ = AgentState::up;
  say_hello(true);
  begin_samples();
}

Duration SimAgent::boottime() const {
  return up_before_ + shared_.loop.now().time_since_epoch();
}

void SimAgent::say_hello(bool fresh) {
  if (fresh) hello_ = boottime();
  revision_ = std::max(revision_ + 1, boottime().count());
  put_hello();
}

// The hash is written at each connection: Redis may have lost it.
void SimAgent::reconnected() {
  if (shared_.world.hosts()[host_].power == HostPower::awake) put_hello();
}

void SimAgent::put_hello() {
  HostHello hello{.host = model().plan.name,
                  .boot = boot_,
                  .state = state_,
                  .revision = revision_,
                  .hello = hello_,
                  .capacity = model().capacity,
                  .cores = model().cores,
                  .memory = model().memory,
                  .libvirt_uri = "sim://" + model().plan.name.text,
                  .migration_address = {},
                  .version = "sim",
                  .epoch = gate_.epoch(),
                  .vms = {},
                  .facts = {}};
  for (const Domain& domain : shared_.world.hosts()[host_].domains) {
    const Vm& vm = shared_.world.vms()[domain.vm];
    hello.vms.push_back({vm.id, vm.model.name, static_cast<std::int32_t>(vm.model.vcpus),
                         vm.model.memory, std::nullopt});
  }
  if (!silent()) shared_.outlet.write(std::move(hello));
}

void SimAgent::domains_changed() {
  if (!dead_ && !off_ && samples_ > 0) say_hello(false);
}

// The stream `orders:H` is read from its end after each start and resume: an order given meanwhile
// is not heard.
void SimAgent::hear(const actors::OrderId& id, const actors::ports::Order& order) {
  if (silent() || shared_.world.hosts()[host_].power != HostPower::awake) return;
  if (const auto wrong = gate_.check(order, Duration{0}))
    return act(agent::Say{{.host = {},
                           .order = id,
                           .kind = actors::ports::ReplyKind::refused,
                           .refusal = actors::ports::RefusalKind::stale_order,
                           .detail = *wrong,
                           .vm = order.vm}});
  switch (order.kind) {
    case actors::ports::OrderKind::suspend: return feed(agent::SuspendAsked{id});
    case actors::ports::OrderKind::cancel: return feed(agent::CancelAsked{id, order.of});
    case actors::ports::OrderKind::ack:
      if (order.of) feed(agent::AckHeard{*order.of});
      return;
    case actors::ports::OrderKind::end_incoming: return end_incoming(id, *order.vm);
    case actors::ports::OrderKind::identify: return;
  }
}

void SimAgent::end_incoming(const actors::OrderId& id, const actors::VmId& vm) {
  using actors::ports::RefusalKind;
  const auto refuse = [&](RefusalKind refusal, std::string detail) {
    act(agent::Say{
        {{}, id, actors::ports::ReplyKind::refused, refusal, std::move(detail), {}, vm}});
  };
  if (meets(FaultKind::libvirtd_killed))
    return refuse(RefusalKind::not_now, "libvirt does not answer");
  const auto place = shared_.world.find(vm);
  if (!place) return refuse(RefusalKind::unable, "it is not here");
  const auto ended = shared_.migrator.end_incoming(*place, host_);
  if (!ended.ok()) return refuse(RefusalKind::unable, ended.error().detail);
  act(agent::Say{{{}, id, actors::ports::ReplyKind::accepted, RefusalKind::none, {}, {}, vm}});
}

void SimAgent::feed(const agent::PowerEvent& event) {
  if (dead_ || off_) return;
  for (const agent::PowerAction& action : keeper_.on(shared_.loop.now(), event))
    std::visit([this](const auto& known) { act(known); }, action);
  watch_deadline();
}

void SimAgent::watch_deadline() {
  const auto deadline = keeper_.deadline();
  if (!deadline || *deadline < shared_.loop.now()) return;
  shared_.loop.after(*deadline - shared_.loop.now(), [this, deadline] {
    if (keeper_.deadline() == deadline) feed(agent::TimePassed{});
  });
}

void SimAgent::act(const agent::Look& look) {
  shared_.loop.after(kLooks, [this, number = look.look] { feed(this->look(number)); });
}

agent::Looked SimAgent::look(int number) const {
  if (meets(FaultKind::libvirtd_killed))
    return {number, agent::Presence::unknown, "libvirt does not answer"};
  const auto& domains = shared_.world.hosts()[host_].domains;
  if (!domains.empty())
    return {number, agent::Presence::in_use,
            "domain " + shared_.world.vms()[domains.front().vm].model.name + " is here"};
  if (shared_.migrator.involves(host_))
    return {number, agent::Presence::in_use, "a migration comes or goes"};
  return {number, agent::Presence::quiet, {}};
}

void SimAgent::act(const agent::Say& say) {
  actors::ports::Reply reply = say.reply;
  reply.host = model().plan.name;
  if (!silent()) shared_.outlet.reply(std::move(reply));
}

void SimAgent::act(const agent::GoDown&) {
  ++samples_;
  state_ = AgentState::down;
  say_hello(false);
}

void SimAgent::act(const agent::Sleep&) {
  if (!shared_.faults.now(FaultKind::suspend_refused, model().plan.name)) {
    told_to_sleep_ = shared_.loop.now();
    return shared_.world.suspend(host_);
  }
  shared_.loop.after(kKernelRefuses, [this] {
    feed(agent::SleepEnded{"writing mem to /sys/power/state: Device or resource busy", {}});
  });
}

void SimAgent::act(const agent::ComeUp&) {
  state_ = AgentState::up;
  say_hello(true);
  begin_samples();
}

// A host that slept from the beginning was put to sleep by an earlier controller's order, of which
// this agent's process knows no more.
void SimAgent::power_changed() {
  const HostPower power = shared_.world.hosts()[host_].power;
  if (power == HostPower::off) {
    end();
    off_ = true;
  }
  if (power != HostPower::awake) return;
  if (std::exchange(off_, false)) return booted();
  if (dead_) return;
  const auto slept_from = std::exchange(told_to_sleep_, std::nullopt);
  if (!slept_from) return act(agent::ComeUp{true});
  feed(agent::SleepEnded{std::nullopt, shared_.loop.now() - *slept_from});
}

}  // namespace drivers::sim

#include "drivers/sim/sim_agent.h"

#include <algorithm>
#include <utility>

namespace drivers::sim {

using actors::Mcores;
using actors::ports::AgentState;
using actors::ports::HostHello;
using actors::ports::HostSample;
using actors::ports::VmLetter;
using actors::ports::VmSample;

namespace {

constexpr Duration kInterval{1'000};
constexpr Duration kAckLimit{10'000};  // drivers/agent/agent_settings.h
constexpr Duration kLooks{30};         // libvirt's answer on the host itself
constexpr Duration kKernelRefuses{500};
constexpr Duration kUpBefore{1'000'000};
constexpr Duration kPhase{
    7};  // between the samples of one host and the next, so they don't coincide
constexpr actors::Kib kHostUses{256LL * 1024};
constexpr std::int64_t kNsPerUs = 1'000;

// Nanoseconds within milliseconds, as thousandths of a core.
Mcores mcores(std::int64_t cpu_ns, std::int64_t dt_ms) {
  return {(cpu_ns / kNsPerUs + dt_ms / 2) / dt_ms};
}

VmLetter letter(actors::ports::DomainState state) {
  using enum actors::ports::DomainState;
  const bool runs = state == running || state == running_migrated || state == running_postcopy;
  return runs ? VmLetter::running : VmLetter::paused;
}

}  // namespace

SimAgent::SimAgent(AgentWorld shared, std::size_t host)
    : shared_(shared),
      host_(host),
      boot_{"boot-of-" + model().plan.name.text},
      up_before_(kUpBefore + kInterval * static_cast<std::int64_t>(host)),
      gate_(boot_),
      keeper_(kAckLimit) {}

void SimAgent::start() {
  say_hello(model().asleep ? AgentState::down : AgentState::up, true);
  if (!model().asleep) begin_samples();
}

Duration SimAgent::boottime() const {
  return up_before_ + shared_.loop.now().time_since_epoch();
}

void SimAgent::say_hello(AgentState state, bool fresh) {
  if (fresh) hello_ = boottime();
  revision_ = std::max(revision_ + 1, boottime().count());
  HostHello hello{.host = model().plan.name,
                  .boot = boot_,
                  .state = state,
                  .revision = revision_,
                  .hello = hello_,
                  .capacity = model().capacity,
                  .memory = model().memory,
                  .libvirt_uri = "sim://" + model().plan.name.text,
                  .migration_address = {},
                  .version = "sim",
                  .epoch = gate_.epoch(),
                  .vms = {}};
  for (const Domain& domain : shared_.world.hosts()[host_].domains) {
    const Vm& vm = shared_.world.vms()[domain.vm];
    hello.vms.push_back({vm.id, vm.model.name, static_cast<std::int32_t>(vm.model.vcpus),
                         vm.model.memory, std::nullopt});
  }
  shared_.stream.write(std::move(hello));
}

void SimAgent::domains_changed() {
  if (silent() || samples_ == 0) return;
  say_hello(AgentState::up, false);
}

void SimAgent::begin_samples() {
  counted_.reset();
  counters_.clear();
  const int serial = ++samples_;
  const Duration phase = kPhase * static_cast<std::int64_t>(host_ % 100);
  shared_.loop.after(phase, [this, serial] { sample_again(serial); });
}

void SimAgent::sample_again(int serial) {
  if (serial != samples_) return;
  shared_.loop.after(kInterval, [this, serial] { sample_again(serial); });
  if (!silent()) send_sample();
}

void SimAgent::send_sample() {
  const Host& host = shared_.world.counted(host_);
  const Instant now = shared_.loop.now();
  const std::int64_t spent = host.cpu_ns - std::exchange(host_cpu_ns_, host.cpu_ns);
  const auto before = std::exchange(counted_, now);
  const std::int64_t dt_ms = before ? (now - *before).count() : 1;
  std::vector<VmSample> vms = vm_samples(host, dt_ms);
  if (!before) return;
  HostSample sample{.host = model().plan.name,
                    .boot = boot_,
                    .seq = ++seq_,
                    .revision = revision_,
                    .t = boottime(),
                    .wall = shared_.wall + now.time_since_epoch(),
                    .dt = Duration{dt_ms},
                    .use = {.cpu = mcores(spent, dt_ms), .memory = kHostUses},
                    .vms = std::move(vms)};
  for (const VmSample& vm : sample.vms)
    sample.use.memory = sample.use.memory + vm.use.memory;
  shared_.stream.add(std::move(sample));
}

// A VM is left out of the second in which it was first seen, as the real agent does.
std::vector<VmSample> SimAgent::vm_samples(const Host& host, std::int64_t dt_ms) {
  std::vector<VmSample> out;
  std::vector<Counter> counters;
  for (const Domain& domain : host.domains) {
    counters.push_back({domain.vm, domain.cpu_ns});
    const auto before = std::ranges::find(counters_, domain.vm, &Counter::vm);
    if (before == counters_.end() || before->cpu_ns > domain.cpu_ns) continue;
    const Vm& vm = shared_.world.vms()[domain.vm];
    out.push_back(
        {vm.id,
         {.cpu = mcores(domain.cpu_ns - before->cpu_ns, dt_ms), .memory = vm.model.memory},
         static_cast<std::int32_t>(vm.model.vcpus),
         letter(domain.state)});
  }
  counters_ = std::move(counters);
  return out;
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
                           .detail = *wrong}});
  switch (order.kind) {
    case actors::ports::OrderKind::suspend: return feed(agent::SuspendAsked{id});
    case actors::ports::OrderKind::cancel: return feed(agent::CancelAsked{id, order.of});
    case actors::ports::OrderKind::ack:
      if (order.of) feed(agent::AckHeard{*order.of});
      return;
    case actors::ports::OrderKind::identify: return;
  }
}

void SimAgent::feed(const agent::PowerEvent& event) {
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
  shared_.stream.reply(std::move(reply));
}

void SimAgent::act(const agent::GoDown&) {
  ++samples_;
  say_hello(AgentState::down, false);
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
  say_hello(AgentState::up, true);
  begin_samples();
}

// A host that slept from the beginning was put to sleep by an earlier controller's order, of which
// this agent's process knows no more.
void SimAgent::power_changed() {
  if (shared_.world.hosts()[host_].power != HostPower::awake) return;
  const auto slept_from = std::exchange(told_to_sleep_, std::nullopt);
  if (!slept_from) return act(agent::ComeUp{true});
  feed(agent::SleepEnded{std::nullopt, shared_.loop.now() - *slept_from});
}

}  // namespace drivers::sim

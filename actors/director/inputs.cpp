// The director's inputs: what each means for whom.
#include <algorithm>
#include <utility>

#include "actors/director/director.h"

namespace actors {

using enum ReasonCode;
using ports::DomainState;

namespace {

constexpr Duration kHelloAgain{1'000};

}  // namespace

// Windows first, VMs after the whole batch: after a gap an old average is no reason to act.
void Director::take(const input::Stats& stats) {
  Agenda::Hosts heard;
  for (const ports::HostSample& sample : stats.samples)
    if (Host* host = find_host(sample.host); host && take_sample(*host, sample)) heard.insert(host);
  for (Host* host : heard)
    measure_vms(*host);
}

bool Director::take_sample(Host& host, const ports::HostSample& sample) {
  if (!believed(host, sample) || !host.load.take(now_, sample, pool_.settings)) return false;
  agenda_.touch(host);
  const auto& hello = host.hello;
  const bool known = hello && hello->boot == sample.boot && hello->revision >= sample.revision;
  if (!known && !host.reading_hello) ask_hello(host);
  return true;
}

// One that is not believed changes nothing but what the host's actor says if it falls silent.
bool Director::believed(Host& host, const ports::HostSample& sample) {
  const auto cores = host.hello ? host.hello->cores : std::nullopt;
  const auto code = [&] {
    return host.guard.wrong() ? std::optional{host.guard.wrong()->code} : std::nullopt;
  };
  const auto before = code();
  const auto verdict = host.guard.judge(now_, sample, cores, pool_.settings.guard);
  if (code() != before) tell(host, Doubted{host.guard.wrong()});
  if (verdict == SampleGuard::Verdict::anew) host.load.forget();
  return verdict == SampleGuard::Verdict::good || verdict == SampleGuard::Verdict::anew;
}

void Director::measure_vms(Host& host) {
  const std::vector<VmId> listening(host.use.listening.begin(), host.use.listening.end());
  for (const VmId& vm : listening)
    tell(vm, Measure{host.load.average(vm, pool_.settings), pool_.vms.at(vm).vcpus});
}

void Director::ask_hello(Host& host) {
  host.reading_hello = true;
  host.read_hello_again = now_ + kHelloAgain * 5;
  out_.effects.emplace_back(effect::ReadHello{host.plan.name});
}

void Director::take(const input::Hello& event) {
  Host* host = find_host(event.host);
  if (!host) return;
  if (!event.hello) {
    host->read_hello_again = now_ + kHelloAgain;
    return agenda_.touch(*host);  // it is due sooner
  }
  host->reading_hello = false;
  note_boot(*host, *event.hello);
  const bool other_facts = host->hello && host->hello->facts != event.hello->facts;
  host->hello = event.hello;
  touch_use(*host);
  if (other_facts) refresh_all_facts();
  epoch_ = std::max(epoch_, event.hello->epoch);
  const std::set<VmId> residents = pool_.residents(event.host);
  for (const VmId& vm : residents)
    refresh_facts(vm);
  if (event.hello->state == ports::AgentState::down) return went_down(*host);
  if (!std::exchange(host->link_open, true))
    out_.effects.emplace_back(effect::OpenLink{event.host, libvirt_uri_of(*host)});
}

// One that slept comes up in its old boot.
void Director::note_boot(const Host& host, const ports::HostHello& hello) {
  const HostState state = host.actor.state();
  const bool was_down = state == HostState::asleep || state == HostState::waking;
  if (was_down && host.hello && host.hello->boot != hello.boot)
    say_of(host, {.code = came_up_anew});
}

// Its libvirt is left alone while it sleeps: a client of a frozen host only waits.
void Director::went_down(Host& host) {
  if (std::exchange(host.link_open, false))
    out_.effects.emplace_back(effect::CloseLink{host.plan.name});
  host.linked = host.known = false;
  host.met = true;
  agenda_.touch(host);
}

void Director::take(const input::AgentReply& event) {
  const ports::Reply& reply = event.reply;
  Host* host = find_host(reply.host);
  if (!host) return;
  const bool first_word = !host->suspend_order && reply.kind == ports::ReplyKind::accepted &&
                          host->actor.state() == HostState::suspending;
  if (first_word) host->suspend_order = reply.order;
  if (host->suspend_order != reply.order) return;
  if (reply.kind == ports::ReplyKind::going_down) {
    if (host->hello) host->hello->state = ports::AgentState::down;
    went_down(*host);
  }
  touch_use(*host);
  tell(*host, OrderAnswered{reply.kind, reply.refusal, reply.detail});
}

void Director::take(const input::Linked& event) {
  Host* host = find_host(event.host);
  if (!host || !host->link_open) return;
  host->linked = host->known = host->met = true;
  agenda_.touch(*host);
  for (const ports::DomainLook& look : event.domains)
    place(event.host, look);
  unlisted(event.host, event.domains);
  survey(*host, event.domains);
}

// What a complete list does not name is not there.
void Director::unlisted(const HostId& host, const std::vector<ports::DomainLook>& domains) {
  std::set<VmId> missing = pool_.residents(host);
  for (const auto& [id, migration] : pool_.migrations)
    if (migration.plan().target == host) missing.insert(migration.plan().vm);
  for (const ports::DomainLook& look : domains)
    missing.erase(look.vm);
  for (const VmId& vm : missing)
    place(host, {.vm = vm, .state = DomainState::absent});
}

void Director::take(const input::Unlinked& event) {
  Host* host = find_host(event.host);
  if (!host) return;
  host->linked = host->known = false;
  agenda_.touch(*host);
  std::vector<std::pair<MigrationId, End>> ends;
  for (const auto& [id, migration] : pool_.migrations) {
    if (migration.plan().source == event.host) ends.emplace_back(id, End::source);
    if (migration.plan().target == event.host) ends.emplace_back(id, End::target);
  }
  for (const auto& [id, end] : ends)
    tell(id, EndUnlinked{end});
}

void Director::take(const input::News& event) {
  const auto& [host, vm, news] = event.news;
  if (!find_host(host)) return;
  if (const auto migration = migration_at(host, vm)) {
    const bool source = pool_.migrations.at(*migration).plan().source == host;
    return tell(*migration, Heard{source ? End::source : End::target, news});
  }
  if (news == ports::News::suspended_migrating) return;
  if (news == ports::News::changed || news == ports::News::started) survey(host, vm);
  out_.effects.emplace_back(effect::LookAt{host, vm});
}

void Director::take(const input::Counted& event) {
  if (const auto migration = migration_at(event.stats.source, event.stats.vm))
    tell(*migration, Counted{event.stats});
}

void Director::take(const input::LookDone& event) {
  if (const auto migration = migration_at(event.host, event.vm)) {
    const bool source = pool_.migrations.at(*migration).plan().source == event.host;
    const End end = source ? End::source : End::target;
    if (!event.look) return tell(*migration, Looked{end, std::nullopt});
    return tell(*migration, Looked{end, event.look->state, event.look->job});
  }
  if (event.look && find_host(event.host)) place(event.host, *event.look);
}

// Where a VM is, by libvirt's word. While a migration of ours moves it, the record judges.
void Director::place(const HostId& host, const ports::DomainLook& look) {
  if (const auto migration = migration_at(host, look.vm)) {
    const bool source = pool_.migrations.at(*migration).plan().source == host;
    return tell(*migration, Looked{source ? End::source : End::target, look.state, look.job});
  }
  note_passing(*find_host(host), look);
  if (is_gone(look.state) && pool_.residents(host).contains(look.vm))
    return tell(look.vm, Vanished{{.code = stopped, .about = host.text}});
  if (runs_here(look.state) && !look.job) {  // else not to be moved a second time
    describe(look);
    const bool migrated = look.state == DomainState::running_migrated;
    tell(look.vm, Placed{host, find_host(host)->plan.role, migrated});
    refresh_facts(look.vm);
  }
  adopt(look);
}

Vm& Director::describe(const ports::DomainLook& look) {
  Vm& vm = pool_.vms[look.vm];
  vm.name = look.name;
  vm.vcpus = look.vcpus;
  vm.max_memory = look.max_memory;
  return vm;
}

// Until an agent has listed it, nobody knows whether it can be moved, and it stays `unknown`.
void Director::refresh_facts(const VmId& id) {
  Vm& vm = pool_.vms.at(id);
  const Host* host = find_host(vm.actor.host());
  const auto& list = host && host->hello ? host->hello->vms : std::vector<ports::InventoryVm>{};
  const auto found = std::ranges::find(list, id, &ports::InventoryVm::vm);
  if (found != list.end()) {
    vm.listed = true;
    vm.unmovable = found->unmovable;
  }
  const auto& excluded_vms = pool_.settings.excluded;
  const bool left_alone = std::ranges::count(excluded_vms, vm.name) > 0 ||
                          std::ranges::count(excluded_vms, id.text()) > 0;
  if (!vm.listed && !left_alone) return;
  std::optional<Reason> why;
  if (left_alone) why = Reason{.code = excluded};
  if (!left_alone && vm.unmovable) why = Reason{.code = unmovable, .detail = *vm.unmovable};
  if (!why)
    if (auto nowhere = pool_.why_nowhere(id))
      why = Reason{.code = no_host_can_take, .detail = *std::move(nowhere)};
  tell(id, Movable{std::move(why)});
}

void Director::take(const input::OrderDone& event) {
  Host* host = find_host(event.host);
  if (!host || event.order != ports::OrderKind::suspend) return;
  agenda_.touch(*host);
  if (!event.id) return tell(*host, OrderLost{event.detail});
  host->suspend_order = event.id;
}

// Only its agent's hello says that it came up; that the request failed is worth a line.
void Director::take(const input::WakeDone& event) {
  Host* host = find_host(event.host);
  if (!host || !event.failure) return;
  say_of(*host, {.code = wake_failed,
                 .about = way_name(host->plan, host->actor.last_wake().way()),
                 .detail = event.failure->detail});
  tell(*host, WakeFailed{event.attempt});
}

void Director::take(const input::PowerDone& event) {
  Host* host = find_host(event.host);
  if (host && event.power) tell(*host, PowerSaid{*event.power});
}

// Said once, till it works again.
void Director::take(const input::AlertDone& event) {
  const bool failing = event.failure.has_value();
  if (std::exchange(alert_failing_, failing) == failing) return;
  const std::string state = pool_state();
  if (failing)
    return say_pool(state, state, {.code = alert_failed, .detail = event.failure->detail});
  say_pool(state, state, {.code = alert_works});
}

void Director::take(const input::Leading& event) {
  epoch_ = std::max(epoch_, event.epoch);
  const std::string from = pool_state();
  blind_.reset();
  if (!led_since_) led_since_ = now_;
  leads_since_ = now_;
  recount_ = true;
  say_pool(from, pool_state(), {.code = leading_pool, .values = {event.epoch}});
  touch_all();
  for (auto& [id, host] : pool_.hosts) {
    ask_hello(host);
    ask_wakes(host);
  }
}

void Director::take(const input::Blind& event) {
  if (blind_ == event.why) return;
  say_pool(pool_state(), "blind", {.code = blind_pool, .detail = event.why});
  blind_ = event.why;
  touch_all();
}

}  // namespace actors

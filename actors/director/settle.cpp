// What follows from a turn's inputs, for actors and hosts, in this order: deadlines, desks, the
// policy's intents, migrations that can begin, what hosts are needed for.
#include <algorithm>
#include <utility>

#include "actors/director/director.h"
#include "reactor/invariant.h"

namespace actors {

using enum ReasonCode;

void Director::tick_all() {
  std::vector<MigrationId> moving;
  for (const auto& [id, migration] : pool_.migrations)
    moving.push_back(id);
  for (const MigrationId& id : moving)
    tell(id, reactor::Tick{});
  std::set<VmId> timed = pool_.in_state(VmState::holding);
  timed.insert(pool_.flapping().begin(), pool_.flapping().end());
  for (const VmId& vm : timed)
    tell(vm, reactor::Tick{});
}

// One that is touched by another's desk on the way has its turn too, if its name comes later.
void Director::feed_desks() {
  agenda_.begin_looks();
  for (Host* host : agenda_.hosts())
    if (host->plan.role == Role::warehouse) tell_desk(*host, measure(*host));
}

// A sleeping warehouse has nothing on it; one that just woke must be measured first.
Measured Director::measure(const Host& host) const {
  const HostState state = host.actor.state();
  Measured out{.awake = state == HostState::awake,
               .usable = state != HostState::silent && state != HostState::faulty};
  const auto average = out.awake ? host.load.average(pool_.settings) : std::optional{Mcores{}};
  if (average && host.hello) out.used = Load{*average, host.use.memory};
  for (const VmId& vm : host.desk.newcomers()) {
    const HostLoad::Share share = host.load.share(vm, pool_.settings);
    out.newcomers.push_back({vm, share.cpu, share.full});
  }
  return out;
}

// Another controller may have begun something a moment ago that shows at one end only. A host that
// is not heard is not waited for without end.
void Director::survey() {
  if (!led_since_) return;
  const bool waited = now_ - *led_since_ >= pool_.settings.start_patience;
  if (!waited && !met_all()) return;
  surveyed_ = true;
  touch_all();
}

bool Director::met_all() const {
  return std::ranges::all_of(pool_.hosts, [&](const auto& entry) {
    return entry.second.met && !leaves_for_nowhere(entry.second);
  });
}

void Director::plan() {
  const auto& touched = agenda_.hosts();
  const Scope scope{{touched.begin(), touched.end()}, agenda_.any_server_changed()};
  agenda_.planned();
  for (const Intent& intent : policy_->plan(now_, pool_, scope))
    std::visit([this](const auto& known) { follow_one(known); }, intent);
}

void Director::follow_one(const DistributeIntent& intent) {
  const VmActor& vm = pool_.vms.at(intent.vm).actor;
  const bool anew = vm.state() != VmState::departing;
  if (const auto spent = budget_spent(); anew && spent)
    return follow_one(SayIntent{vm.host(), *spent});
  if (anew) reserve_.demanded(now_, pool_.settings.power);
  tell(intent.vm, DistributeTo{intent.to, intent.why});
  if (pool_.settings.dry_run) only_say(intent.vm);
}

void Director::follow_one(const CallOffIntent& intent) {
  tell(intent.vm, CallOff{intent.why});
}

void Director::follow_one(const ReturnIntent& intent) {
  if (pool_.vms.at(intent.vm).actor.state() != VmState::queued) return;
  if (const auto spent = budget_spent()) return tell(intent.vm, NotAdmitted{*spent});
  const Load need{pool_.average(intent.vm).value_or(Mcores{}), pool_.vms.at(intent.vm).max_memory};
  tell_desk(intent.to, Asked{intent.vm, need});
  if (pool_.settings.dry_run) only_say(intent.vm);
}

void Director::follow_one(const NoRoomIntent& intent) {
  tell(intent.vm, NotAdmitted{intent.why});
}

// Tried again each turn, said once.
void Director::follow_one(const SayIntent& intent) {
  Host& host = pool_.hosts.at(intent.host);
  const std::string name{text_of(intent.why.code).name};
  if (std::exchange(host.said, name) == name) return;
  say_of(host, intent.why);
}

void Director::start_ready() {
  if (pool_.waiting().empty()) return;
  for (const VmState state : {VmState::departing, VmState::returning}) {
    const std::set<VmId> waiting = pool_.waiting();
    for (const VmId& vm : waiting) {
      const auto found = pool_.vms.find(vm);
      if (found == pool_.vms.end() || found->second.actor.state() != state) continue;
      if (!ready(found->second.actor)) continue;
      const HostId target = found->second.actor.target();
      pool_.obstacle(pool_.hosts.at(target), vm) ? turn_away(vm, target) : start(vm);
    }
  }
}

bool Director::ready(const VmActor& vm) const {
  const auto awake = [&](const HostId& host) {
    const auto found = pool_.hosts.find(host);
    return found != pool_.hosts.end() && found->second.actor.state() == HostState::awake;
  };
  return !vm.began() && awake(vm.host()) && awake(vm.target()) && answered(vm.target());
}

void Director::start(const VmId& id) {
  if (pool_.settings.dry_run) return only_say(id);
  const VmActor& vm = pool_.vms.at(id).actor;
  const HostId target = vm.target();
  if (vm.state() == VmState::returning) tell_desk(target, Starting{id});
  if (vm.state() != VmState::departing && vm.state() != VmState::returning) return;
  MigrationPlan plan{.id = next_migration(),
                     .vm = id,
                     .source = vm.host(),
                     .target = target,
                     .mode = pool_.settings.migration.mode,
                     .memory = pool_.vms.at(id).max_memory};
  INVARIANT(pool_.migration_of(id) == nullptr);
  const MigrationId migration = plan.id;
  if (pool_.settings.flapping.moves_per_hour > 0) moves_.push_back(now_);
  follow(Migration{std::move(plan)});
  tell(id, MigrationBegan{});
  tell(migration, Begin{});
}

// Before a host is woken for it: a dry run touches nothing.
void Director::only_say(const VmId& id) {
  const VmActor& vm = pool_.vms.at(id).actor;
  if (vm.state() != VmState::departing && vm.state() != VmState::returning) return;
  const HostId target = vm.target();
  const Host* to = find_host(target);
  std::string way{name_of(pool_.settings.migration.mode)};
  if (to && to->actor.state() == HostState::asleep) way += ", once it is awake";
  if (vm.state() == VmState::returning) tell_desk(target, Starting{id});
  tell(id, Stayed{{.code = dry_run_only, .about = target.text, .detail = way}});
  tell_desk(target, Ended{id, false});
}

// Said once for each time that it is empty.
void Director::only_say_idle(Host& host) {
  auto why = host.actor.idle(now_, host.plan, pool_.settings.power);
  const bool idle = why && host.known && may_act();
  if (std::exchange(host.said_idle, idle) || !idle) return;
  why->code = dry_run_sleep;
  say_of(host, *std::move(why));
}

void Director::feed_hosts() {
  choose_reserve();
  for (Host* host : agenda_.take_hosts()) {
    feed(*host);
    note_due(*host);
  }
}

void Director::feed(Host& host) {
  if (!pool_.overloaded(host)) host.said.reset();
  tell(host, Linked{host.linked});
  if (fresh(host)) tell(host, Sampled{host.load.sampled_at()});
  const bool down = host.hello && host.hello->state == ports::AgentState::down;
  if (down && host.use.residents.empty()) tell(host, SaidDown{});
  tell(host, needs_of(host));
  if (pool_.settings.dry_run) only_say_idle(host);
  if (!ticked_) return;
  tell(host, reactor::Tick{});
  if (host.reading_hello && now_ >= host.read_hello_again) ask_hello(host);
  if (!host.passing.empty() && now_ >= host.look_again) look_at_passing(host);
}

// When it, its desk, a question to it or what a dry run says of it would go on by itself.
void Director::note_due(Host& host) {
  const auto at = [&](std::optional<reactor::Instant> when) {
    if (when) agenda_.look_again(host, *when);
  };
  at(host.actor.due(host.plan, pool_.settings.power));
  at(host.desk.due());
  if (host.reading_hello) at(host.read_hello_again);
  if (!host.passing.empty()) at(host.look_again);
  const bool awake = host.actor.state() == HostState::awake;
  const bool to_say = pool_.settings.dry_run && awake && host.known && may_act() && !host.said_idle;
  if (to_say) at(host.actor.idle_at(host.plan, pool_.settings.power));
}

// Of this boot, after the last hello, and not delivered late.
bool Director::fresh(const Host& host) const {
  const auto sampled = host.load.sampled_at();
  if (!sampled || !host.hello || host.hello->state == ports::AgentState::down) return false;
  if (host.hello->boot != host.load.boot()) return false;
  if (host.load.revision() < host.hello->hello.count()) return false;
  return now_ - *sampled < pool_.settings.power.silent_after;
}

}  // namespace actors

// How the world moves and answers: the bodies of World (world.h).
#pragma once

#include "tests/actors/world.h"  // IWYU pragma: keep

inline void World::run(actors::Duration time) {
  for (const reactor::Instant end = now + time; now < end;)
    step();
}

inline bool World::run_until(const std::function<bool()>& reached, actors::Duration limit) {
  for (const reactor::Instant end = now + limit; now < end && !reached();)
    step();
  return reached();
}

inline void World::step() {
  now += 100ms;
  while (!later_.empty() && later_.begin()->first <= now) {
    const auto work = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    work();
  }
  if (now.time_since_epoch() % 1s == 0ms) sample_all();
  give(actors::input::Ticked{});
  const actors::Turn turn = witness.turn(now, std::exchange(inbox_, {}));
  for (const actors::Effect& effect : turn.effects)
    std::visit([this](const auto& known) { carry(known); }, effect);
  if (now.time_since_epoch() % 20s == 0ms) witness.keep_state(now);
}

inline void World::sample_all() {
  const actors::StreamId id{std::to_string(++batches_)};
  actors::input::Stats batch{.first = id, .last = id};
  for (auto& [name, one] : hosts)
    if (one.up && one.answers && one.reachable) batch.samples.push_back(sample(name, one));
  give(std::move(batch));
}

// More is asked for than there is: each gets its share.
inline actors::ports::HostSample World::sample(const actors::HostId& id, WorldHost& host) {
  actors::ports::HostSample out{.host = id, .boot = {std::to_string(host.boots)}};
  out.seq = ++host.seq;
  out.revision = host.revision;
  out.t = now.time_since_epoch();
  out.dt = 1s;
  std::int64_t wanted = 0;
  for (const auto& [name, one] : vms)
    wanted += one.host == id ? one.mcores : 0;
  const std::int64_t most = std::max(wanted, host.capacity.count);
  for (const auto& [name, one] : vms)
    if (one.host == id)
      out.vms.push_back({.vm = name, .use = {.cpu = {one.mcores * host.capacity.count / most}}});
  out.use.cpu = {std::min(wanted, host.capacity.count)};
  out.use.memory = {512 * 1024 + out.seq};  // as no host's memory stays the same
  return out;
}

inline actors::ports::HostHello World::hello(const actors::HostId& id) const {
  const WorldHost& host = hosts.at(id);
  actors::ports::HostHello out{.host = id, .boot = {std::to_string(host.boots)}};
  out.state = host.is_down ? actors::ports::AgentState::down : actors::ports::AgentState::up;
  out.revision = host.revision;
  out.hello = actors::Duration{host.hello_ms};
  out.capacity = host.capacity;
  out.memory = host.memory;
  out.libvirt_uri = "qemu+tcp://" + id.text + "/system";
  for (const auto& [uuid, vm] : vms)
    if (vm.host == id) out.vms.push_back({uuid, vm.name, vm.vcpus, vm.memory, vm.unmovable});
  return out;
}

inline void World::link(const actors::HostId& id) {
  const WorldHost& host = hosts.at(id);
  if (!host.up || !host.link_open || !host.reachable) return;
  std::vector<actors::ports::DomainLook> domains;
  for (const auto& [name, vm] : vms)
    if (vm.host == id || vm.target == id) domains.push_back(look(id, name));
  give(actors::input::Linked{id, std::move(domains)});
}

inline actors::ports::DomainLook World::look(const actors::HostId& host,
                                             const actors::VmId& id) const {
  using actors::ports::DomainState;
  const auto found = vms.find(id);
  if (found == vms.end()) return {.vm = id};
  const WorldVm& vm = found->second;
  const auto whole = vm.moved_at ? DomainState::running_migrated : DomainState::running;
  actors::ports::DomainLook out{id, whole, vm.target.has_value(), vm.name, vm.vcpus, vm.memory};
  const bool left = vm.target && vm.stage >= WorldVm::switched;
  if (vm.host == host && left)
    out.state = vm.broken ? DomainState::paused_postcopy_failed : DomainState::paused_postcopy;
  if (vm.host == host) return out;
  if (vm.target != host || vm.stage == WorldVm::called) return {.vm = id};
  out.state =
      vm.stage == WorldVm::resumed ? DomainState::running_postcopy : DomainState::paused_migrating;
  if (vm.broken) out.state = DomainState::running_postcopy_failed;
  return out;
}

inline void World::come_up(const actors::HostId& id) {
  WorldHost& host = hosts.at(id);
  if (host.up) return;
  host.up = true;
  host.is_down = false;
  host.hello_ms = host.revision = now.time_since_epoch().count();
  after(200ms, [this, id] { link(id); });
}

inline void World::news(const actors::HostId& host, const actors::VmId& vm,
                        actors::ports::News what) {
  if (hosts.at(host).up && hosts.at(host).link_open) give(actors::input::News{{host, vm, what}});
}

inline void World::carry(const actors::effect::ReadHello& effect) {
  after(100ms, [this, id = effect.host] {
    const bool kept = hosts.at(id).said_hello;
    give(actors::input::Hello{id, kept ? std::optional{hello(id)} : std::nullopt});
  });
}

inline void World::carry(const actors::effect::OpenLink& effect) {
  hosts.at(effect.host).link_open = true;
  after(100ms, [this, id = effect.host] { link(id); });
}

inline void World::carry(const actors::effect::LookAt& effect) {
  after(100ms, [this, effect] {
    const WorldHost& host = hosts.at(effect.host);
    const bool there = host.up && host.link_open && host.reachable;
    give(actors::input::LookDone{
        effect.host, effect.vm,
        there ? std::optional{look(effect.host, effect.vm)} : std::nullopt});
  });
}

inline void World::carry(const actors::effect::Survey& effect) {
  const WorldHost& host = hosts.at(effect.call.host);
  if (!host.up || !host.reachable || !host.survey_takes) return;
  actors::ports::Survey out;
  out.offers = {.libvirt_version = 9'000'000,
                .qemu_version = 7'002'000,
                .uuid = effect.call.host.text,
                .memory = host.memory,
                .free = host.memory,
                .guests = {{"kvm", "x86_64", host.machines}}};
  for (const actors::VmId& id : effect.call.vms)
    if (const auto vm = vms.find(id); vm != vms.end())
      out.vms.push_back(
          {id, vm->second.name, vm->second.memory, "kvm", "x86_64", vm->second.machine});
  after(*host.survey_takes, [this, to = effect.call.host, out] {
    give(actors::input::Surveyed{to, out});
  });
}

inline void World::carry(const actors::effect::ReadPower& effect) {
  using actors::ports::Power;
  after(100ms, [this, id = effect.host] {
    const WorldHost& host = hosts.at(id);
    if (!host.reachable) return give(actors::input::PowerDone{id, std::nullopt, "no answer"});
    give(actors::input::PowerDone{id, host.up ? Power::on : Power::asleep, {}});
  });
}

inline void World::carry(const actors::effect::WakeHost& effect) {
  WorldHost& host = hosts.at(effect.host);
  ++host.wake_calls;
  give(actors::input::WakeDone{effect.host, effect.attempt, std::nullopt});
  if (host.wakes) after(host.wake_takes, [this, id = effect.host] { come_up(id); });
}

inline void World::carry(const actors::effect::ReadWakes& effect) {
  const auto kept = kept_wakes.find(effect.host);
  give(actors::input::WakesRead{
      effect.host, kept == kept_wakes.end() ? std::nullopt : std::optional{kept->second}, {}});
}

inline void World::carry(const actors::effect::GiveOrder& effect) {
  using actors::ports::OrderKind;
  WorldHost& host = hosts.at(effect.host);
  const actors::OrderId id{effect.host.text + "-" + std::to_string(++host.orders)};
  give(actors::input::OrderDone{effect.host, effect.order.kind, id, {}});
  if (!host.up || !host.answers || !host.reachable) return;
  if (effect.order.kind == OrderKind::suspend) host.wake_after = effect.order.wake_after;
  if (effect.order.kind == OrderKind::suspend)
    after(100ms, [this, effect, id] { reply(effect, id); });
  if (effect.order.kind == OrderKind::ack && host.goes_down)
    after(100ms, [this, on = effect.host] { go_down(on); });
}

inline void World::reply(const actors::effect::GiveOrder& effect, const actors::OrderId& id) {
  using actors::ports::RefusalKind;
  using actors::ports::ReplyKind;
  WorldHost& host = hosts.at(effect.host);
  const auto refusal = in_use(effect.host) ? std::optional{RefusalKind::in_use} : host.refuses;
  if (refusal)
    return give(actors::input::AgentReply{
        {effect.host, id, ReplyKind::refused, *refusal, "it says no", {}}});
  give(
      actors::input::AgentReply{{effect.host, id, ReplyKind::accepted, RefusalKind::none, {}, {}}});
  host.is_down = true;
  after(10s, [this, id = effect.host] { think_better_of_it(id); });
  give(actors::input::AgentReply{
      {effect.host, id, ReplyKind::going_down, RefusalKind::none, {}, {}}});
}

// Its agent looks at its domains once more.
inline void World::go_down(const actors::HostId& id) {
  if (!in_use(id)) hosts.at(id).up = false;
}

inline void World::think_better_of_it(const actors::HostId& id) {
  WorldHost& host = hosts.at(id);
  if (!host.up || !std::exchange(host.is_down, false)) return;
  ++host.revision;
}

inline bool World::in_use(const actors::HostId& host) const {
  return std::ranges::any_of(vms, [&](const auto& entry) {
    return entry.second.host == host || entry.second.target == host;
  });
}

inline void World::carry(const actors::effect::KeepDefinition& effect) {
  kept_moves[effect.move.vm] = effect.move;
  after(100ms, [this, id = effect.migration] {
    give(actors::input::DefinitionDone{id, std::nullopt});
  });
}

inline void World::carry(const actors::effect::MarkDefinition& effect) {
  using actors::input::Failure;
  const auto kept = kept_moves.find(effect.move.vm);
  const bool none = kept == kept_moves.end();
  if (!none) kept->second = effect.move;
  give(actors::input::DefinitionDone{
      effect.migration,
      none ? std::optional{Failure{reactor::Errc::refused, "none is kept"}} : std::nullopt});
}

inline void World::carry(const actors::effect::ReadMoves&) {
  actors::input::MovesRead read;
  for (const auto& [vm, move] : kept_moves)
    read.moves.push_back(move);
  after(reading_moves_takes, [this, read] { give(read); });
}

inline void World::carry(const actors::effect::Migrate& effect) {
  using Stage = WorldVm::Stage;
  const auto& call = effect.call;
  migrations.push_back(effect);
  const auto found = vms.find(call.vm);
  if (found == vms.end() || found->second.host != call.source || !hosts.at(call.target).up ||
      hosts.at(call.target).refuses_migrations)
    return after(100ms, [this, effect] { fail(effect, reactor::Errc::refused, "it says no"); });
  REQUIRE_FALSE(found->second.target);
  const auto& moved_at = found->second.moved_at;
  const bool held =
      moved_at && now - *moved_at < std::min(settings_.hold_server, settings_.hold_warehouse);
  REQUIRE_FALSE(held);
  found->second.target = call.target;
  found->second.stage = WorldVm::called;
  for (const Stage stage : {WorldVm::arriving, WorldVm::switched, WorldVm::resumed})
    after(stage * 100ms, [this, effect, stage] { advance(effect, stage); });
  after(300ms + copy_takes, [this, effect] { finish(effect); });
}

// What became of it in between shows in the VM itself: stopped, or broken.
inline void World::advance(const actors::effect::Migrate& effect, WorldVm::Stage stage) {
  using actors::ports::News;
  const auto& call = effect.call;
  const auto found = vms.find(call.vm);
  if (found == vms.end() || found->second.target != call.target) return;
  found->second.stage = stage;
  if (stage == WorldVm::arriving) news(call.target, call.vm, News::arriving);
  if (stage == WorldVm::switched) news(call.source, call.vm, News::suspended_postcopy);
  if (stage == WorldVm::resumed) news(call.target, call.vm, News::resumed_postcopy);
}

inline void World::finish(const actors::effect::Migrate& effect) {
  using actors::ports::News;
  const auto& call = effect.call;
  const auto found = vms.find(call.vm);
  if (found == vms.end() || found->second.target != call.target)
    return fail(effect, reactor::Errc::outcome_unknown, "the domain is gone");
  if (found->second.broken)
    return fail(effect, reactor::Errc::outcome_unknown, "the connection broke");
  found->second.host = call.target;
  found->second.target.reset();
  found->second.moved_at = now;
  inventory_changed(call.source.text);
  inventory_changed(call.target.text);
  news(call.target, call.vm, News::resumed_migrated);
  news(call.source, call.vm, News::stopped_migrated);
  give(actors::input::Counted{{.source = call.source, .vm = call.vm, .bytes = 1 << 30}});
  give(actors::input::MigrateDone{effect.migration, std::nullopt});
}

inline void World::fail(const actors::effect::Migrate& effect, reactor::Errc code,
                        std::string detail) {
  give(actors::input::MigrateDone{effect.migration,
                                  actors::input::Failure{code, std::move(detail)}});
}

inline void World::stop(const std::string& name) {
  const auto found = vms.find(vm_id(name));
  if (found == vms.end()) return;
  const WorldVm gone = found->second;
  vms.erase(found);
  inventory_changed(gone.host.text);
  news(gone.host, vm_id(name), actors::ports::News::stopped);
  if (gone.target) news(*gone.target, vm_id(name), actors::ports::News::stopped_failed);
}

inline void World::start(const std::string& name, const std::string& host) {
  add(name, host, 50);
  inventory_changed(host);
  news({host}, vm_id(name), actors::ports::News::started);
}

inline void World::heal(const std::string& name) {
  WorldVm& vm = vms.at(vm_id(name));
  vm.host = *std::exchange(vm.target, std::nullopt);
  vm.broken = false;
  vm.moved_at = now;
}

inline void World::reach(const std::string& host) {
  hosts.at({host}).reachable = true;
  after(200ms, [this, host] { link({host}); });
}

inline void World::move(const std::string& name, const std::string& to) {
  const auto found = vms.find(vm_id(name));
  if (found == vms.end() || found->second.target || found->second.host.text == to) return;
  const std::string from = found->second.host.text;
  found->second.host = {to};
  found->second.moved_at = now;
  inventory_changed(from);
  inventory_changed(to);
  news({to}, vm_id(name), actors::ports::News::resumed_migrated);
  news({from}, vm_id(name), actors::ports::News::stopped_migrated);
}

inline void World::under_way(const std::string& name, const std::string& to, WorldVm::Stage stage) {
  WorldVm& vm = vms.at(vm_id(name));
  vm.target = {to};
  vm.stage = stage;
  const actors::effect::Migrate theirs{
      {.call = {.vm = vm_id(name), .source = vm.host, .target = {to}}}};
  for (int next = stage + 1; next <= WorldVm::resumed; ++next)
    after(next * 100ms,
          [this, theirs, next] { advance(theirs, static_cast<WorldVm::Stage>(next)); });
  after(300ms + copy_takes, [this, theirs] { finish(theirs); });
}

inline void World::set(actors::Settings settings) {
  settings_ = settings;
  for (const actors::HostPlan& plan : settings_.hosts)
    hosts[plan.name].plan = plan;
  give(actors::input::NewSettings{std::move(settings), "by the test"});
}

inline bool is_of(const actors::Change& change, const std::string& id) {
  return change.id == (change.kind == actors::ActorKind::vm ? vm_id(id).text() : id);
}

inline std::vector<std::string> World::path(const std::string& id) const {
  std::vector<std::string> out;
  for (const actors::Change& change : witness.changes())
    if (is_of(change, id) && change.from != change.to) out.push_back(change.from + ">" + change.to);
  return out;
}

inline std::int64_t World::count(const std::string& id, actors::ReasonCode code) const {
  return std::ranges::count_if(witness.changes(), [&](const actors::Change& change) {
    return is_of(change, id) && change.reason.code == code;
  });
}

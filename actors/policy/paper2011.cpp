#include "actors/policy/paper2011.h"

#include <algorithm>
#include <array>

#include "actors/pool/doubt.h"

namespace actors {

using reactor::Instant;

namespace {

bool is(const Host& host, HostState state) {
  return host.actor.state() == state;
}

/// Best first: awake, then asleep, then on its way down or up; others can't be used.
std::optional<int> rank(const Host& host) {
  switch (host.actor.state()) {
    case HostState::awake: return 0;
    case HostState::asleep: return 1;
    case HostState::waking: return 2;
    case HostState::suspending: return 3;
    case HostState::silent:
    case HostState::faulty: return std::nullopt;
  }
  return std::nullopt;
}

/// One plan() call.
class Planner {
 public:
  Planner(Instant now, const Pool& pool, const Scope& scope)
      : now_(now), pool_(pool), scope_(scope) {}

  std::vector<Intent> run() {
    for (const VmId& vm : pool_.waiting())
      reconsider(vm);
    for (const Host* warehouse : warehouses())
      if (is(*warehouse, HostState::awake)) distribute(*warehouse);
    for (const VmId& vm : pool_.asking(now_))
      bring_back(vm);
    return std::move(intents_);
  }

 private:
  // In conf.yaml's order. A server node that can be used, or not any more, matters to all.
  std::vector<const Host*> warehouses() const {
    if (scope_.server_nodes) return pool_.in_order(Role::warehouse);
    std::vector<const Host*> out;
    std::ranges::copy_if(scope_.hosts, std::back_inserter(out), [](const Host* host) {
      return host->plan.role == Role::warehouse && host->order;
    });
    std::ranges::sort(out, {}, &Host::order);
    return out;
  }

  // A distribution whose server node is not there yet.
  void reconsider(const VmId& id) {
    const VmActor& vm = pool_.vms.at(id).actor;
    if (vm.state() != VmState::departing) return;
    const Host& source = pool_.hosts.at(vm.host());
    const auto pct = pool_.load_pct(source);
    const std::int64_t limit = pool_.settings.distribution_threshold_pct;
    if (auto doubt = why_in_doubt(pool_, vm.host())) return call_off(id, *std::move(doubt));
    const auto target = pool_.hosts.find(vm.target());
    auto no = target == pool_.hosts.end() ? std::nullopt : why_not_to(target->second, id);
    if (!no && target != pool_.hosts.end() && is(target->second, HostState::awake)) return;
    if (pct && *pct < limit)
      return call_off(
          id,
          {.code = ReasonCode::load_fell, .values = {*pct, limit}, .about = source.plan.name.text});
    if (no) return find_another(id, *std::move(no));
    if (target == pool_.hosts.end() || !rank(target->second))
      find_another(id, {.code = ReasonCode::target_unusable, .about = vm.target().text});
  }

  std::optional<Reason> why_not_to(const Host& target, const VmId& vm) const {
    if (auto doubt = why_in_doubt(pool_, target.plan.name)) return doubt;
    const auto no = pool_.obstacle(target, vm);
    return no ? std::optional{cannot_take(target.plan.name, *no)} : std::nullopt;
  }

  void find_another(const VmId& vm, Reason why) {
    if (const Host* other = free_server_node(vm)) return distribute_to(vm, *other, std::move(why));
    call_off(vm, std::move(why));
  }

  void call_off(const VmId& vm, Reason why) {
    intents_.emplace_back(CallOffIntent{vm, std::move(why)});
  }

  void distribute(const Host& warehouse) {
    if (!pool_.overloaded(warehouse) || underway(warehouse) >= pool_.settings.distribution_parallel)
      return;
    if (auto doubt = why_in_doubt(pool_, warehouse.plan.name))
      return say(warehouse, *std::move(doubt));
    const auto top = greediest(warehouse);
    if (!top) return say(warehouse, overload(ReasonCode::held_back_top, warehouse, {}));
    const Host* target = free_server_node(*top);
    if (!target) return say(warehouse, overload(ReasonCode::no_server_node, warehouse, {}));
    distribute_to(*top, *target, overload(ReasonCode::warehouse_overloaded, warehouse, top));
  }

  void distribute_to(const VmId& vm, const Host& target, Reason why) {
    taken_.insert(target.plan.name);
    intents_.emplace_back(DistributeIntent{vm, target.plan.name, std::move(why)});
  }

  void say(const Host& host, Reason why) {
    intents_.emplace_back(SayIntent{host.plan.name, std::move(why)});
  }

  std::int64_t underway(const Host& warehouse) const {
    return std::ranges::count_if(pool_.in_state(VmState::departing), [&](const VmId& vm) {
      return pool_.vms.at(vm).actor.host() == warehouse.plan.name;
    });
  }

  // The one that uses most is probably racing to halt (paper §III-C). If it can't go, the next one
  // that may is worth a move only if it gives some relief.
  std::optional<VmId> greediest(const Host& warehouse) const {
    std::vector<std::pair<std::int64_t, VmId>> by_use;
    for (const VmId& vm : warehouse.use.residents)
      if (const auto average = warehouse.load.average(vm, pool_.settings))
        by_use.emplace_back(-average->count, vm);
    std::ranges::sort(by_use);
    const std::int64_t relief =
        pool_.capacity(warehouse).count * pool_.settings.distribution_min_relief_pct / 100;
    for (std::size_t i = 0; i < by_use.size(); ++i) {
      const auto& [use, vm] = by_use[i];
      if (i > 0 && -use < relief) break;
      if (!pool_.vms.at(vm).actor.fixed(now_)) return vm;
    }
    return std::nullopt;
  }

  const Host* free_server_node(const VmId& vm) const {
    const Host* best = nullptr;
    for (const Host* host : pool_.in_order(Role::server)) {
      if (!rank(*host) || !has_room(*host, vm) || taken_.contains(host->plan.name)) continue;
      if (why_in_doubt(pool_, host->plan.name) || pool_.obstacle(*host, vm)) continue;
      if (!best || merit(*host) < merit(*best)) best = host;
    }
    return best;
  }

  // Lower is better: one that is there before one that has to be woken, and of these the one that
  // wakes more surely; conf.yaml's order in the end.
  std::array<std::int64_t, 3> merit(const Host& host) const {
    const bool awake = is(host, HostState::awake);
    return {*rank(host), awake ? 0 : host.wakes.grade(),
            !awake && pool_.settings.power.rotate ? host.wakes.sleeps() : 0};
  }

  bool has_room(const Host& host, const VmId& vm) const {
    if (Pool::needed_by(host) >= pool_.settings.vms_per_server_node || !host.hello) return false;
    const Kib need = host.use.memory + pool_.vms.at(vm).max_memory;
    return need + pool_.settings.memory_reserve <= host.hello->memory;
  }

  Reason overload(ReasonCode code, const Host& warehouse, const std::optional<VmId>& vm) const {
    Reason why{.code = code,
               .values = {pool_.load_pct(warehouse).value_or(0), pool_.settings.window.count(),
                          pool_.settings.distribution_threshold_pct},
               .about = warehouse.plan.name.text};
    if (vm) why.values.push_back(pool_.average(*vm).value_or(Mcores{}).count);
    return why;
  }

  // In conf.yaml's order: an awake warehouse node that fits and has a ticket free, else one that
  // fits, else one that can be woken.
  void bring_back(const VmId& id) {
    const auto cpu = pool_.average(id);
    if (!cpu) return;
    auto doubt = why_in_doubt(pool_, pool_.vms.at(id).actor.host());
    if (doubt) return turn_away(id, *std::move(doubt));
    const Load need{*cpu, pool_.vms.at(id).max_memory};
    const Host* best = nullptr;
    int best_cost = 0;
    for (const Host* host : pool_.in_order(Role::warehouse)) {
      const auto cost = return_cost(*host, need);
      if (!cost || (best && *cost >= best_cost) || pool_.obstacle(*host, id)) continue;
      if (auto there = why_in_doubt(pool_, host->plan.name)) {
        doubt = std::move(there);
        continue;
      }
      best = host;
      best_cost = *cost;
    }
    if (best) {
      intents_.emplace_back(ReturnIntent{id, best->plan.name});
    } else {
      turn_away(id, doubt.value_or(Reason{.code = ReasonCode::nowhere_to_return,
                                          .values = {pool_.settings.return_retry.count()}}));
    }
  }

  void turn_away(const VmId& vm, Reason why) {
    intents_.emplace_back(NoRoomIntent{vm, std::move(why)});
  }

  std::optional<int> return_cost(const Host& host, const Load& need) const {
    const DeskLimits limits = pool_.desk_limits(host);
    if (!rank(host) || !host.hello || host.desk.misfit(limits, need)) return std::nullopt;
    const bool ticket = host.desk.tickets_out() < limits.tickets;
    if (!is(host, HostState::awake)) return 2 + *rank(host);
    return ticket ? 0 : 1;
  }

  Instant now_;
  const Pool& pool_;
  const Scope& scope_;
  std::vector<Intent> intents_;
  std::set<HostId> taken_;  ///< by this very plan
};

}  // namespace

std::vector<Intent> Paper2011::plan(Instant now, const Pool& pool, const Scope& scope) const {
  return Planner{now, pool, scope}.run();
}

}  // namespace actors

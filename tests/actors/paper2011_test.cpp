// The policy alone, on pools made by hand.
#include "actors/policy/paper2011.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/vm_id.h"

using namespace actors;
using namespace std::chrono_literals;
using reactor::Instant;

namespace {

constexpr Instant kNow{1h};
const HostId kWarehouse{"wh1"}, kSecond{"wh2"}, kServer{"s1"}, kOther{"s2"};

/// A pool put together piece by piece, each actor brought to its state by events.
struct Bench {
  Pool pool;

  Host& add(const HostId& id, Role role, HostState state = HostState::awake) {
    const HostPlan plan{.name = id, .role = role};
    pool.settings.hosts.push_back(plan);
    Host& host = pool.hosts[id];
    host.plan = plan;
    host.desk = AdmissionDesk{id};
    host.hello = ports::HostHello{.host = id, .capacity = {1'000}, .memory = {16LL << 20}};
    pool.order_hosts();
    bring(host, state);
    return host;
  }

  void bring(Host& host, HostState state) {
    const auto on = [&](Instant now, const HostEvent& event) {
      host.actor.on(now, host.plan, pool.settings.power, event);
    };
    if (state == HostState::silent) return;
    if (state == HostState::asleep) return on(kNow, SaidDown{});
    on(kNow, Linked{true});
    on(kNow, Sampled{});
    if (state == HostState::suspending || state == HostState::faulty) on(kNow, Needed{0, true});
    if (state == HostState::faulty) on(kNow, OrderAnswered{ports::ReplyKind::refused, {}, {}});
    REQUIRE(host.actor.state() == state);
  }

  void vm(const std::string& name, const HostId& on, std::int64_t mcores) {
    Vm& vm = pool.vms[vm_id(name)];
    vm.name = name;
    vm.max_memory = {2LL << 20};
    tell(name, Placed{on, pool.hosts.at(on).plan.role});
    tell(name, Movable{});
    tell(name, Measure{Mcores{mcores}, 1});
    use_[on][name] = mcores;
    measure(on);
  }

  void tell(const std::string& name, const VmEvent& event, Instant now = kNow) {
    VmActor& actor = pool.vms.at(vm_id(name)).actor;
    actor.on(now, pool.settings, event);
    pool.index(vm_id(name));
  }

  void strand(const std::string& name, const HostId& target) {
    tell(name, DistributeTo{target, {}});
    tell(name, MigrationBegan{});
    tell(name, Broke{});
    REQUIRE(pool.in_state(VmState::stranded).contains(vm_id(name)));
  }

  void measure(const HostId& id) {
    Host& host = pool.hosts.at(id);
    host.load = {};
    ports::HostSample sample{.host = id, .t = 10s, .dt = 10s};
    for (const auto& [name, mcores] : use_[id]) {
      sample.vms.push_back({.vm = vm_id(name), .use = {.cpu = {mcores}}});
      sample.use.cpu.count += mcores;
    }
    host.load.take(kNow, sample, pool.settings);
    const DeskLimits limits = pool.desk_limits(host);
    host.desk.on(kNow, limits,
                 Measured{.used = Load{sample.use.cpu, host.use.memory},
                          .awake = host.actor.state() == HostState::awake,
                          .usable = true});
  }

  std::vector<Intent> plan(Instant now = kNow) const { return Paper2011{}.plan(now, pool, {}); }

 private:
  std::map<HostId, std::map<std::string, std::int64_t>> use_;
};

/// wh1 at 95 %: `a` uses 0.6 cores, `b` 0.35; no server node yet.
Bench overloaded() {
  Bench bench;
  bench.add(kWarehouse, Role::warehouse);
  bench.vm("a", kWarehouse, 600);
  bench.vm("b", kWarehouse, 350);
  return bench;
}

template <class T>
T only(const std::vector<Intent>& intents) {
  REQUIRE(intents.size() == 1);
  const T* intent = std::get_if<T>(intents.data());
  REQUIRE(intent != nullptr);
  return *intent;
}

/// `c`, on a server node, asks to go back.
void asking(Bench& bench) {
  bench.add(kServer, Role::server);
  bench.vm("c", kServer, 300);
  bench.tell("c", Measure{Mcores{300}, 1});
  REQUIRE(bench.pool.vms.at(vm_id("c")).actor.state() == VmState::queued);
}

}  // namespace

TEST_CASE("paper2011: overloaded: the VM that uses most goes to a server node, with the figures") {
  Bench bench = overloaded();
  bench.add(kServer, Role::server);
  const auto intent = only<DistributeIntent>(bench.plan());
  CHECK(intent.vm == vm_id("a"));
  CHECK(intent.to == kServer);
  CHECK(intent.why.values == std::vector<std::int64_t>{95, 10'000, 90, 600});
}

TEST_CASE("paper2011: below the threshold: nothing; at it: overloaded") {
  Bench bench;
  bench.add(kWarehouse, Role::warehouse);
  bench.add(kServer, Role::server);
  bench.vm("a", kWarehouse, 899);
  CHECK(bench.plan().empty());
  bench.vm("a", kWarehouse, 900);
  CHECK(bench.plan().size() == 1);
}

TEST_CASE("paper2011: server nodes: awake before asleep before on its way down, in conf's order") {
  Bench bench = overloaded();
  bench.add({"s1"}, Role::server, HostState::suspending);
  bench.add({"s2"}, Role::server, HostState::asleep);
  bench.add({"s3"}, Role::server, HostState::asleep);
  CHECK(only<DistributeIntent>(bench.plan()).to == HostId{"s2"});
  bench.add({"s4"}, Role::server, HostState::awake);
  CHECK(only<DistributeIntent>(bench.plan()).to == HostId{"s4"});
}

TEST_CASE("paper2011: server nodes: silent, faulty, in use, unknown or too small ones are none") {
  Bench bench = overloaded();
  bench.add({"s1"}, Role::server, HostState::silent);
  bench.add({"s2"}, Role::server, HostState::faulty);
  bench.add({"s3"}, Role::server);
  bench.vm("x", {"s3"}, 900);
  bench.add({"s4"}, Role::server).hello.reset();
  bench.add({"s5"}, Role::server).hello->memory = {2LL << 20};
  CHECK(only<SayIntent>(bench.plan()).why.code == ReasonCode::no_server_node);
}

TEST_CASE("paper2011: the top VM is held: the next one goes if it gives relief") {
  Bench bench = overloaded();
  bench.add(kServer, Role::server);
  bench.tell("a", Movable{Reason{.code = ReasonCode::unmovable}});
  CHECK(only<DistributeIntent>(bench.plan()).vm == vm_id("b"));
  bench.pool.settings.distribution_min_relief_pct = 36;
  CHECK(only<SayIntent>(bench.plan()).why.code == ReasonCode::held_back_top);
}

TEST_CASE("paper2011: one distribution at a time per warehouse") {
  Bench bench = overloaded();
  bench.add(kServer, Role::server, HostState::asleep);
  bench.add(kOther, Role::server, HostState::asleep);
  bench.tell("a", DistributeTo{kServer, {}});
  CHECK(bench.plan().empty());
  bench.pool.settings.distribution_parallel = 2;
  CHECK(only<DistributeIntent>(bench.plan()).vm == vm_id("b"));
  CHECK(only<DistributeIntent>(bench.plan()).to == kOther);
}

TEST_CASE("paper2011: two warehouses overloaded in one plan: two server nodes") {
  Bench bench = overloaded();
  bench.add(kSecond, Role::warehouse);
  bench.vm("c", kSecond, 950);
  bench.add(kServer, Role::server);
  bench.add(kOther, Role::server);
  const auto intents = bench.plan();
  REQUIRE(intents.size() == 2);
  CHECK(std::get<DistributeIntent>(intents[0]).to == kServer);
  CHECK(std::get<DistributeIntent>(intents[1]).to == kOther);
}

TEST_CASE("paper2011: its server node is not there yet: called off when the load has fallen") {
  Bench bench = overloaded();
  bench.add(kServer, Role::server, HostState::asleep);
  bench.tell("a", DistributeTo{kServer, {}});
  bench.vm("b", kWarehouse, 100);
  CHECK(only<CallOffIntent>(bench.plan()).why.code == ReasonCode::load_fell);
}

TEST_CASE("paper2011: its server node is awake: it goes, whatever the load does") {
  Bench bench = overloaded();
  bench.add(kServer, Role::server);
  bench.tell("a", DistributeTo{kServer, {}});
  bench.vm("b", kWarehouse, 100);
  CHECK(bench.plan().empty());
}

TEST_CASE("paper2011: its server node can't be used any more: another one, else called off") {
  Bench bench = overloaded();
  bench.add(kServer, Role::server, HostState::faulty);
  bench.tell("a", DistributeTo{kServer, {}});
  CHECK(only<CallOffIntent>(bench.plan()).why.code == ReasonCode::target_unusable);
  bench.add(kOther, Role::server, HostState::asleep);
  CHECK(only<DistributeIntent>(bench.plan()).to == kOther);
}

TEST_CASE("paper2011: asks to go back: the first warehouse node with room") {
  Bench bench;
  bench.add(kWarehouse, Role::warehouse);
  bench.vm("a", kWarehouse, 600);
  bench.add(kSecond, Role::warehouse);
  bench.measure(kSecond);
  asking(bench);
  CHECK(only<ReturnIntent>(bench.plan()).to == kSecond);
  bench.vm("a", kWarehouse, 550);
  CHECK(only<ReturnIntent>(bench.plan()).to == kWarehouse);
}

TEST_CASE("paper2011: asks to go back: an awake one with a ticket before one without") {
  Bench bench;
  Host& first = bench.add(kWarehouse, Role::warehouse);
  bench.measure(kWarehouse);
  bench.add(kSecond, Role::warehouse);
  bench.measure(kSecond);
  asking(bench);
  first.desk.on(kNow, bench.pool.desk_limits(first), Asked{vm_id("x"), {}});
  CHECK(only<ReturnIntent>(bench.plan()).to == kSecond);
  Host& second = bench.pool.hosts.at(kSecond);
  second.desk.on(kNow, bench.pool.desk_limits(second), Asked{vm_id("y"), {}});
  CHECK(only<ReturnIntent>(bench.plan()).to == kWarehouse);
}

TEST_CASE("paper2011: asks to go back: fits nowhere awake: a sleeping warehouse node is taken") {
  Bench bench;
  bench.add(kWarehouse, Role::warehouse);
  bench.vm("a", kWarehouse, 800);
  bench.add(kSecond, Role::warehouse, HostState::asleep);
  bench.measure(kSecond);
  asking(bench);
  CHECK(only<ReturnIntent>(bench.plan()).to == kSecond);
}

TEST_CASE("paper2011: asks to go back: no room at all: told so, with the retry") {
  Bench bench;
  bench.add(kWarehouse, Role::warehouse);
  bench.vm("a", kWarehouse, 800);
  bench.add(kSecond, Role::warehouse, HostState::faulty);
  asking(bench);
  const auto intent = only<NoRoomIntent>(bench.plan());
  CHECK(intent.why.code == ReasonCode::nowhere_to_return);
  CHECK(intent.why.values == std::vector<std::int64_t>{1'000});
}

TEST_CASE("paper2011: a migration broke: its target is no server node, though it has room") {
  Bench bench = overloaded();
  bench.pool.settings.vms_per_server_node = 2;
  bench.add(kServer, Role::server);
  bench.add(kSecond, Role::warehouse);
  bench.vm("x", kSecond, 10);
  bench.strand("x", kServer);
  CHECK(only<SayIntent>(bench.plan()).why.code == ReasonCode::no_server_node);
  bench.add(kOther, Role::server, HostState::asleep);
  CHECK(only<DistributeIntent>(bench.plan()).to == kOther);
}

TEST_CASE("paper2011: a migration broke as another waits for its host: called off, or elsewhere") {
  for (const bool at_source : {true, false}) {
    Bench bench = overloaded();
    bench.add(kServer, Role::server, HostState::asleep);
    bench.add(kOther, Role::server, HostState::asleep);
    bench.add(kSecond, Role::warehouse);
    bench.vm("x", at_source ? kWarehouse : kSecond, 10);
    bench.tell("a", DistributeTo{kServer, {}});
    bench.strand("x", at_source ? kOther : kServer);
    const auto intents = bench.plan();
    if (at_source) {
      CHECK(only<CallOffIntent>(intents).why.code == ReasonCode::end_in_doubt);
    } else {
      CHECK(only<DistributeIntent>(intents).to == kOther);
    }
  }
}

TEST_CASE("paper2011: asks to go back: not to an end of a migration that broke, nor from one") {
  for (const bool from : {true, false}) {
    Bench bench;
    bench.pool.settings.tickets = 2;
    bench.add(kWarehouse, Role::warehouse);
    bench.vm("x", kWarehouse, 10);
    bench.add(kOther, Role::server);
    asking(bench);
    bench.strand("x", from ? kServer : kOther);
    CHECK(only<NoRoomIntent>(bench.plan()).why.code == ReasonCode::end_in_doubt);
    bench.add(kSecond, Role::warehouse);
    bench.measure(kSecond);
    const auto intents = bench.plan();
    if (from) {
      CHECK(only<NoRoomIntent>(intents).why.about == kServer.text);
    } else {
      CHECK(only<ReturnIntent>(intents).to == kSecond);
    }
  }
}

TEST_CASE("paper2011: waits at a desk already: left there") {
  Bench bench;
  bench.add(kWarehouse, Role::warehouse);
  bench.measure(kWarehouse);
  asking(bench);
  bench.tell("c", Queued{kWarehouse, {}});
  CHECK(bench.plan().empty());
}

TEST_CASE("policies: known by name, and only those") {
  for (const std::string_view name : policy_names())
    CHECK(make_policy(name) != nullptr);
  CHECK(make_policy("paper2012") == nullptr);
}

#include "tools/experiments/baselines.h"

#include <algorithm>
#include <numeric>

#include "drivers/sim/power.h"
#include "reactor/virtual_loop.h"
#include "tools/experiments/first_fit.h"
#include "tools/experiments/recorder.h"

namespace experiments {

using namespace drivers::sim;

namespace {

constexpr Duration kSecond{1'000};
constexpr std::int64_t kNsPerUcoreSecond = 1'000;
constexpr Ucores kUcoresPerCore = 1'000 * kUcoresPerMcore;

bool is_server(const HostModel& host) {
  return host.plan.role == actors::Role::server;
}

/// Packs all VMs anew at each look.
class Packer {
 public:
  Packer(const Scenario& scenario, World& world) : world_(world) {
    for (const HostModel& host : scenario.hosts)
      rooms_.push_back({host.capacity.count * kUcoresPerMcore - host.overhead,
                        host.memory.count - scenario.settings.memory_reserve.count});
    most_ = std::ranges::max_element(rooms_, {}, &Room::cpu)->cpu;
    second_.hosts.resize(rooms_.size());
    for (const SwitchModel& each : scenario.switches)
      second_.switches.push_back(each.milliwatts);
    wanted_.resize(world.vms().size(), -1);
  }

  const Second& look(Instant now) {
    second_.at = now.time_since_epoch();
    if (wants_changed()) pack();
    if (second_.at > Duration{0}) second_.sla += each_second_;
    return second_;
  }

 private:
  bool wants_changed() {
    bool changed = false;
    for (std::size_t vm = 0; vm < wanted_.size(); ++vm) {
      const Ucores before = std::exchange(wanted_[vm], world_.vms()[vm].wants);
      changed = changed || before != wanted_[vm];
    }
    return changed;
  }

  void pack() {
    FirstFit fit{rooms_};
    for (HostSecond& host : second_.hosts)
      host.vms.clear();
    for (std::size_t vm = 0; vm < wanted_.size(); ++vm) {
      const Room need{std::min(wanted_[vm], most_), world_.vms()[vm].model.memory.count};
      second_.hosts[fit.put(need).value_or(roomiest())].vms.push_back({vm, wanted_[vm]});
    }
    sum_up();
  }

  // Where nothing fits any more, it is a full host that gets it, and it lacks CPU there.
  std::size_t roomiest() const {
    const auto load = [](const HostSecond& host) { return cpu_of(host); };
    return static_cast<std::size_t>(std::ranges::min_element(second_.hosts, {}, load) -
                                    second_.hosts.begin());
  }

  static Ucores cpu_of(const HostSecond& host) {
    const auto add = [](Ucores sum, const VmCpu& vm) { return sum + vm.got; };
    return std::accumulate(host.vms.begin(), host.vms.end(), Ucores{0}, add);
  }

  void sum_up() {
    second_.wanted = std::accumulate(wanted_.begin(), wanted_.end(), Ucores{0});
    second_.hosts_on = second_.lost_ns = 0;
    each_second_ = {};
    second_.milliwatts =
        std::accumulate(second_.switches.begin(), second_.switches.end(), std::int64_t{0});
    for (std::size_t place = 0; place < rooms_.size(); ++place)
      sum_up(second_.hosts[place], world_.hosts()[place].model);
  }

  // What VMs want beyond the host's cores is lost; its own overhead comes first, as in the world.
  void sum_up(HostSecond& host, const HostModel& model) {
    const bool on = !host.vms.empty();
    const Ucores wanted = cpu_of(host);
    const Ucores got = std::min(wanted, model.cores * kUcoresPerCore - model.overhead);
    host.power = on ? HostPower::awake : HostPower::asleep;
    second_.hosts_on += on ? 1 : 0;
    second_.lost_ns += (wanted - got) * kNsPerUcoreSecond;
    if (on) each_second_.awake += kSecond;
    if (got < wanted) each_second_.lacking += kSecond;
    each_second_.asked_ns += wanted * kNsPerUcoreSecond;
    host.idle_milliwatts = model.power.awake.front();
    host.milliwatts = on ? power_at(model, model.overhead + got) : model.power.asleep;
    second_.milliwatts += host.milliwatts;
  }

  static std::int64_t power_at(const HostModel& model, Ucores used) {
    return awake_power(model.power, used, model.capacity.count * kUcoresPerMcore);
  }

  World& world_;
  std::vector<Room> rooms_;
  Ucores most_ = 0;  ///< no host has room for more; who wants it gets this
  std::vector<Ucores> wanted_;
  Second second_;
  Sla each_second_;  ///< from the last look on
};

}  // namespace

Scenario each_on_its_own(const Scenario& scenario) {
  std::vector<HostModel> kinds;
  std::ranges::copy_if(scenario.hosts, std::back_inserter(kinds), is_server);
  if (kinds.empty()) kinds = scenario.hosts;
  Scenario out = scenario;
  out.hosts.clear();
  for (std::size_t vm = 0; vm < out.vms.size(); ++vm) {
    HostModel host = kinds[vm % kinds.size()];
    host.plan.name.text = "host-of-" + out.vms[vm].name;
    host.asleep = false;
    out.vms[vm].on = host.plan.name;
    out.hosts.push_back(std::move(host));
  }
  return out;
}

void run_none(const Scenario& scenario, Audience& audience) {
  reactor::VirtualLoop loop;
  World world{loop, each_on_its_own(scenario)};
  const Migrator nobody_moves{loop, world, scenario.link};
  Recorder recorder{world, nobody_moves, scenario.switches, audience};
  for (Instant now{}; now <= Instant{scenario.length}; now += kSecond) {
    loop.run_until(now);
    recorder.look(now);
  }
}

void run_ideal(const Scenario& scenario, Audience& audience) {
  reactor::VirtualLoop loop;
  World world{loop, scenario};
  Packer packer{scenario, world};
  for (Instant now{}; now <= Instant{scenario.length}; now += kSecond) {
    loop.run_until(now);
    audience.second_over(packer.look(now));
  }
}

}  // namespace experiments

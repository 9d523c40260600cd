// What a scenario says of loads, groups and values set from outside, and what a VM makes of it.
#include <doctest/doctest.h>

#include "drivers/sim/world.h"
#include "reactor/virtual_loop.h"

namespace drivers::sim {
namespace {

constexpr const char* kGroups = R"(
length: 60s
link: {bandwidth_mb_s: 100}
hosts:
  - {name: "wh{n}", count: 2, role: warehouse, cores: 8, memory: 64GiB}
  - {name: pm0, role: server, cores: 1, memory: 4GiB, asleep: true}
vms:
  - {name: "vm{n}", count: 3, on: [wh0, wh1], memory: 1GiB, intensity: 60%, load: {active_share: 42%}}
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

std::string faults_of(const std::string& text, const std::vector<Override>& overrides = {}) {
  const auto read = read_scenario(text, overrides);
  std::string out;
  if (const auto* faults = std::get_if<config::Faults>(&read))
    for (const config::Fault& fault : *faults)
      out += config::to_text(fault, "s") + "\n";
  return out;
}

Scenario scenario_of(const std::string& text, const std::vector<Override>& overrides = {}) {
  INFO(faults_of(text, overrides));
  return std::get<Scenario>(read_scenario(text, overrides));
}

struct Drawn {
  std::vector<LoadStep> steps;
  std::int64_t active_ms = 0, all_ms = 0;
};

Drawn draw(const LoadModes& modes, int times) {
  LoadTape tape{reactor::Random{7}};
  Drawn out;
  out.steps.push_back(*tape.next(LoadModel{modes}));
  for (int i = 0; i < times; ++i) {
    const LoadStep step = *tape.next(LoadModel{modes});
    const auto lasted = (step.at - out.steps.back().at).count();
    out.all_ms += lasted;
    if (out.steps.back().cpu >= modes.active_from) out.active_ms += lasted;
    out.steps.push_back(step);
  }
  return out;
}

TEST_CASE("load: random modes: the share asked for, within the paper's ranges") {
  const Drawn drawn = draw({.active_pct = 42}, 20'000);
  CHECK(drawn.active_ms * 100 / drawn.all_ms >= 41);
  CHECK(drawn.active_ms * 100 / drawn.all_ms <= 43);
  for (std::size_t i = 1; i < drawn.steps.size(); ++i) {
    const Duration lasted = drawn.steps[i].at - drawn.steps[i - 1].at;
    REQUIRE((lasted >= Duration{30'000} && lasted <= Duration{60'000}));
    const Ucores cpu = drawn.steps[i].cpu;
    REQUIRE((cpu <= 300'000 || (cpu >= 700'000 && cpu <= 1'000'000)));
  }
}

TEST_CASE("load: a VM's chance is its own and its seed's") {
  const auto loads_of = [](std::int64_t seed) {
    reactor::VirtualLoop loop;
    Scenario scenario = scenario_of(kGroups);
    scenario.seed = seed;
    World world{loop, scenario};
    std::vector<Ucores> wants;
    for (int minute = 0; minute < 5; ++minute) {
      for (const Vm& vm : world.vms())
        wants.push_back(vm.wants);
      loop.advance(Duration{60'000});
    }
    return wants;
  };
  const auto one = loads_of(1);
  CHECK(one == loads_of(1));
  CHECK(one != loads_of(2));
  CHECK(one[0] != one[1]);
}

TEST_CASE("scenario: groups: numbered from 0, VMs on their hosts in turn") {
  const Scenario scenario = scenario_of(kGroups);
  std::string said;
  for (const HostModel& host : scenario.hosts)
    said += host.plan.name.text + " ";
  for (const VmModel& vm : scenario.vms)
    said += vm.name + "@" + vm.on.text + " ";
  CHECK(said == "wh0 wh1 pm0 vm0@wh0 vm1@wh1 vm2@wh0 ");
  CHECK(scenario.settings.hosts.size() == 3);
  CHECK(scenario.vms[2].dirty_bytes == 200'000'000);
}

TEST_CASE("scenario: groups: what does not fit together is a fault") {
  CHECK(faults_of(with(kGroups, "\"vm{n}\"", "vm")).find("vms[1].count: is for a group") !=
        std::string::npos);
  CHECK(faults_of(with(kGroups, "count: 3, ", "")).find("vms[1].name: has {n} in it") !=
        std::string::npos);
  CHECK(faults_of(with(kGroups, "pm0", "wh1")).find("hosts[2].name: 'wh1' is given twice") !=
        std::string::npos);
  CHECK(faults_of(with(kGroups, "wh1]", "pm0]")).find("vms[1].on: 'pm0' begins asleep") !=
        std::string::npos);
  CHECK(faults_of(with(kGroups, "intensity", "dirty_mb_s: 1, intensity")).find("give either") !=
        std::string::npos);
}

TEST_CASE("scenario: random modes: what can't be is a fault") {
  const auto modes = [](const std::string& text) {
    return faults_of(with(kGroups, "active_share: 42%", text));
  };
  CHECK(modes("active_from: 80%").find("vms[1].load.active_share: is missing") !=
        std::string::npos);
  CHECK(modes("active_share: 142%").find("142% is out of range") != std::string::npos);
  CHECK(modes("active_share: 1%, active_to: 60%").find("whose end is below") != std::string::npos);
  CHECK(modes("active_share: 1%, active_to: 160%").find("more than its vCPUs") !=
        std::string::npos);
  CHECK(modes("active_share: 1%, lasts_from: 0s").find("lasts_from: is no time") !=
        std::string::npos);
  CHECK(modes("share: 1%").find("vms[1].load.share: unknown key") != std::string::npos);
}

TEST_CASE("scenario: a value set from outside: as if it stood in the file") {
  const Scenario scenario = scenario_of(kGroups, {{"link.bandwidth_mb_s", "50"},
                                                  {"hosts.pm0.overhead", "25%"},
                                                  {"vms.vm{n}.load.active_share", "75%"},
                                                  {"conf.migration.mode", "precopy"}});
  CHECK(scenario.link.bytes_s == 50'000'000);
  CHECK(scenario.hosts[2].overhead == 250'000);
  CHECK(std::get<LoadModes>(scenario.vms[0].load).active_pct == 75);
  CHECK(scenario.settings.migration.mode == actors::ports::MigrationMode::precopy);
}

TEST_CASE("scenario: a value set from outside: what is wrong with it is said of it") {
  const auto set = [](const std::string& key, const std::string& value) {
    return faults_of(kGroups, {{key, value}});
  };
  CHECK(set("link.bandwith_mb_s", "5")
            .find("s: --set link.bandwith_mb_s=5: unknown key; did you mean 'bandwidth_mb_s'?") ==
        0);
  CHECK(set("link.bandwidth_mb_s", "five").find("s: --set link.bandwidth_mb_s=five: ") == 0);
  CHECK(set("hosts.pm9.overhead", "1%").find("no entry of that list is named 'pm9'") !=
        std::string::npos);
  CHECK(set("hosts.pm0.overhead", "1").find("s: --set hosts.pm0.overhead=1: '1' is no share") == 0);
  CHECK(set("lenght", "5s").find("s: --set lenght=5s: unknown key") == 0);
  CHECK(set("hosts", "5").find("is no single value") != std::string::npos);
  CHECK(set("length.max", "5").find("there is nothing below '60s'") != std::string::npos);
  CHECK(set("", "5").find("expected key=value") != std::string::npos);
}

}  // namespace
}  // namespace drivers::sim

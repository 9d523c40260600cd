#include "tools/sim/pictures.h"

namespace sim_tool {

using drivers::sim::MigrationRecord;
using drivers::sim::RunKind;
using drivers::sim::Scenario;
using experiments::HostSecond;
using experiments::Second;

namespace {

constexpr std::int64_t kMilliwattsPerDeciwatt = 100;

template <class T>
std::int32_t small(T count) {
  return static_cast<std::int32_t>(count);
}

std::int32_t deciwatts(std::int64_t milliwatts) {
  return small(milliwatts / kMilliwattsPerDeciwatt);
}

}  // namespace

report::Pool pool_of(const Scenario& scenario) {
  report::Pool out;
  for (const drivers::sim::HostModel& host : scenario.hosts)
    out.hosts.push_back({.name = host.plan.name.text,
                         .role = std::string{actors::name_of(host.plan.role)},
                         .capacity_mcores = host.capacity.count});
  for (const drivers::sim::SwitchModel& each : scenario.switches)
    out.switches.push_back(each.name);
  for (const drivers::sim::VmModel& vm : scenario.vms)
    out.vms.push_back(vm.name);
  return out;
}

Pictures::Pictures(const Scenario& scenario, RunKind kind)
    : sums_only_(kind == RunKind::none),
      recorder_(pool_of(scenario), scenario.length.count() / 1'000) {}

void Pictures::second_over(const Second& second) {
  if (second.at == drivers::sim::Duration{0}) return;
  hosts_.clear();
  vms_.clear();
  switches_.clear();
  for (std::size_t place = 0; place < second.hosts.size() && !sums_only_; ++place)
    add_host(second.hosts[place], place);
  for (const std::int64_t milliwatts : second.switches)
    switches_.push_back(deciwatts(milliwatts));
  recorder_.add(report::Second{.hosts_on = small(second.hosts_on),
                               .deciwatts = deciwatts(second.milliwatts),
                               .hosts = hosts_,
                               .switch_deciwatts = switches_,
                               .vms = vms_});
}

void Pictures::add_host(const HostSecond& host, std::size_t place) {
  drivers::sim::Ucores all = host.own;
  for (const experiments::VmCpu& vm : host.vms) {
    all += vm.got;
    vms_.push_back({.vm = small(vm.vm), .host = small(place), .ucores = small(vm.got)});
  }
  hosts_.push_back({.ucores = small(all), .deciwatts = deciwatts(host.milliwatts)});
}

void Pictures::migration_over(const MigrationRecord& migration) {
  recorder_.add(report::Move{.vm = small(migration.vm),
                             .source = small(migration.source),
                             .target = small(migration.target),
                             .from_s = migration.began.count() / 1'000,
                             .to_s = migration.ended.count() / 1'000});
}

}  // namespace sim_tool

#include "tools/experiments/bookkeeper.h"

#include <algorithm>
#include <utility>

namespace experiments {

using namespace drivers::sim;

using actors::Account;
using actors::Cause;

namespace {

constexpr Duration kLongestGap{1'500};  // readings come each second
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kMilli = 1'000;

// A second in which the host left or reached sleep is one of its way.
Cause state_of(HostPower before, HostPower now) {
  if (before == HostPower::awake && now == HostPower::awake) return Cause::idle;
  const auto sleeps = [](HostPower power) {
    return power == HostPower::asleep || power == HostPower::off;
  };
  if (sleeps(before) && sleeps(now)) return Cause::sleep;
  return Cause::transition;
}

std::optional<std::int64_t> p99_ms(std::vector<Duration> times) {
  if (times.empty()) return std::nullopt;
  std::ranges::sort(times);
  return times[(times.size() * 99 + 99) / 100 - 1].count();
}

}  // namespace

void Bookkeeper::open(const Second& first) {
  const Account account{Instant{first.at}, kLongestGap};
  hosts_.assign(first.hosts.size(), account);
  switches_.assign(first.switches.size(), account);
  for (const HostSecond& host : first.hosts)
    powers_.push_back(host.power);
}

void Bookkeeper::second_over(const Second& second) {
  if (hosts_.empty()) open(second);
  last_ = Instant{second.at};
  sla_ = second.sla;
  for (std::size_t i = 0; i < hosts_.size(); ++i)
    book(hosts_[i], second.hosts[i], std::exchange(powers_[i], second.hosts[i].power), last_);
  for (std::size_t i = 0; i < switches_.size(); ++i)
    switches_[i].book(last_, second.switches[i], {.state = Cause::network});
  if (second.at == Duration{0}) return;
  ++seconds_;
  hosts_on_ += second.hosts_on;
  lost_ns_ += second.lost_ns;
}

void Bookkeeper::book(Account& account, const HostSecond& host, HostPower before, Instant t) {
  shares_.clear();
  for (const VmCpu& vm : host.vms)
    shares_.push_back({vm_id(vm.vm), {vm.got / kUcoresPerMcore}});
  account.book(t, host.milliwatts,
               {.state = state_of(before, host.power),
                .idle_mw = host.idle_milliwatts,
                .migration_mw = host.migration_milliwatts,
                .own = {std::max(host.own - host.moving, Ucores{0}) / kUcoresPerMcore},
                .vms = shares_});
}

void Bookkeeper::migration_over(const MigrationRecord& migration) {
  missed_ns_ += migration.missed_ns;
  if (!migration.completed) return;
  ++completed_;
  downtimes_.push_back(migration.downtime);
}

RunSummary Bookkeeper::summary() const {
  RunSummary out;
  for (const auto* accounts : {&hosts_, &switches_})
    for (const Account& account : *accounts)
      out.energy += account.energy(last_);
  out.lost_cpu_ms = lost_ns_ / kNsPerMs;
  Sla sla = sla_;
  sla += {.asked_ns = missed_ns_, .lacked_migrating_ns = missed_ns_};
  out.slatah_pct = sla.slatah_pct();
  out.pdm_pct = sla.pdm_pct();
  out.migrations = completed_;
  out.hosts_on_milli = seconds_ > 0 ? hosts_on_ * kMilli / seconds_ : 0;
  out.downtime_ms_p99 = p99_ms(downtimes_);
  return out;
}

std::int64_t Bookkeeper::energy_of(std::size_t vm) const {
  std::int64_t out = 0;
  for (const Account& account : hosts_) {
    const auto at = std::ranges::find(account.vms(), vm_id(vm), &Account::VmEnergy::vm);
    if (at != account.vms().end()) out += at->mj;
  }
  return out;
}

}  // namespace experiments

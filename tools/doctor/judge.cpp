#include <algorithm>

#include "tools/doctor/pool_seen.h"

namespace doctor {

using actors::ports::GuestCpu;
using actors::ports::MigrationMode;
using actors::ports::VmNeeds;
using actors::preflight::HostSide;
using actors::preflight::Move;
using actors::preflight::Severity;

namespace {

HostSide side_of(const HostSeen& host) {
  return {.host = host.host,
          .offers = &host.survey.offers,
          .hello = host.hello ? &*host.hello : nullptr,
          .running = &host.running,
          .silent_port = host.silent_port,
          .clock_ahead = host.clock_ahead};
}

const GuestCpu* cpu_of(const HostSeen& host, const VmNeeds& vm) {
  const auto& cpus = host.survey.cpus;
  const auto found = vm.cpu ? std::ranges::find(cpus, *vm.cpu, &GuestCpu::id) : cpus.end();
  return found == cpus.end() ? nullptr : &*found;
}

Cell judge(const HostSeen& source, const VmNeeds& vm, const HostSeen& target, MigrationMode mode) {
  if (&source == &target) return {target.host, Answer::here, {}};
  if (!target.seen()) return {target.host, Answer::unseen, {}};
  const auto fit = vm.cpu ? target.fits.find(*vm.cpu) : target.fits.end();
  const Move move{.vm = vm,
                  .source = side_of(source),
                  .target = side_of(target),
                  .cpu = cpu_of(source, vm),
                  .fit = fit == target.fits.end() ? nullptr : &fit->second,
                  .mode = mode};
  Cell cell{target.host, Answer::yes, examine(move)};
  if (!cell.findings.empty())  // each no stands before the warnings
    cell.answer = cell.findings.front().severity == Severity::no ? Answer::no : Answer::warning;
  return cell;
}

}  // namespace

std::vector<Row> judge(const PoolSeen& pool, MigrationMode mode) {
  std::vector<Row> rows;
  for (const HostSeen& source : pool.hosts) {
    const std::size_t first = rows.size();
    for (const VmNeeds& vm : source.survey.vms) {
      Row row{vm.name, vm.vm, source.host, {}};
      for (const HostSeen& target : pool.hosts)
        row.cells.push_back(judge(source, vm, target, mode));
      rows.push_back(std::move(row));
    }
    std::sort(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(),
              [](const Row& a, const Row& b) { return a.name < b.name; });
  }
  return rows;
}

}  // namespace doctor

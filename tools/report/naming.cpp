#include "tools/report/naming.h"

#include <algorithm>
#include <numeric>

namespace report {
namespace {

using Totals = std::vector<std::int64_t>;

std::vector<std::int32_t> largest(const Totals& totals, std::size_t count) {
  std::vector<std::int32_t> places(totals.size());
  std::iota(places.begin(), places.end(), 0);
  std::ranges::stable_sort(places, std::greater{},
                           [&](std::int32_t i) { return totals[static_cast<std::size_t>(i)]; });
  places.resize(std::min(count, places.size()));
  std::ranges::sort(places);
  return places;
}

void add_hosts(const Recording& shown, Totals& totals) {
  for (std::size_t i = 0; i < shown.host_ucores.size(); ++i) {
    const auto& mean = shown.host_ucores[i].mean;
    totals[i] += std::accumulate(mean.begin(), mean.end(), std::int64_t{0});
  }
}

}  // namespace

Naming choose_names(const Report& report) {
  Totals hosts(report.pool.hosts.size()), vms(report.pool.vms.size());
  for (const Mode& mode : report.modes) {
    if (!mode.shown) continue;
    add_hosts(*mode.shown, hosts);
    for (const Share& share : mode.shown->shares)
      vms[static_cast<std::size_t>(share.vm)] += share.ucores;
  }
  return {largest(hosts, kNamedHosts), largest(vms, kNamedVms)};
}

}  // namespace report

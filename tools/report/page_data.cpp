#include "tools/report/page_data.h"

#include <algorithm>
#include <map>

#include "tools/report/naming.h"

namespace report {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::int32_t>;

Json differences(const Row& row) {
  Json out = Json::array();
  std::int32_t before = 0;
  for (const std::int32_t value : row) {
    out.push_back(value - before);
    before = value;
  }
  return out;
}

Json track(const Track& track) {
  Json out{{"mean", differences(track.mean)}};
  if (track.high.empty()) return out;
  out["low"] = differences(track.low);
  out["high"] = differences(track.high);
  return out;
}

constexpr std::int32_t kUcoresPerMcore = 1'000;

Row mcores(const Row& ucores) {
  Row out = ucores;
  for (std::int32_t& value : out)
    value = (value + kUcoresPerMcore / 2) / kUcoresPerMcore;
  return out;
}

void add(Row& to, const Row& row) {
  to.resize(std::max(to.size(), row.size()));
  std::ranges::transform(row, to, to.begin(), std::plus{});
}

/// CPU of one host, or of all unnamed ones: whose it is.
struct HostCpu {
  Row own, rest, peak;
  std::map<std::int32_t, Row> vms;  ///< by place in Naming::vms
};

Json json(const HostCpu& cpu) {
  Json out{{"own", differences(mcores(cpu.own))}, {"vms", Json::array()}};
  if (std::ranges::any_of(cpu.rest, [](std::int32_t use) { return use > 0; }))
    out["rest"] = differences(mcores(cpu.rest));
  if (!cpu.peak.empty()) out["peak"] = differences(mcores(cpu.peak));
  for (const auto& [vm, row] : cpu.vms)
    out["vms"].push_back({vm, differences(mcores(row))});
  return out;
}

/// From places in Pool to places in what is named; one past them for all others.
std::vector<std::int32_t> places(const std::vector<std::int32_t>& named, std::size_t all) {
  std::vector<std::int32_t> out(all, static_cast<std::int32_t>(named.size()));
  for (std::size_t i = 0; i < named.size(); ++i)
    out[static_cast<std::size_t>(named[i])] = static_cast<std::int32_t>(i);
  return out;
}

class Pictures {
 public:
  Pictures(const Pool& pool, const Naming& naming)
      : named_(naming.hosts.size()),
        host_place_(places(naming.hosts, pool.hosts.size())),
        vm_place_(places(naming.vms, pool.vms.size())),
        vms_(naming.vms.size()) {}

  Json json(const Recording& shown) const {
    Json out{{"on", track(shown.hosts_on)}, {"watts", track(shown.deciwatts)}};
    out["hostWatts"] = Json::array();
    for (const Row& row : watts(shown))
      out["hostWatts"].push_back(differences(row));
    out["switchWatts"] = Json::array();
    for (const Row& row : shown.switch_deciwatts)
      out["switchWatts"].push_back(differences(row));
    out["cpu"] = Json::array();
    for (const HostCpu& host : cpu(shown))
      out["cpu"].push_back(report::json(host));
    out["moves"] = moves(shown);
    return out;
  }

 private:
  std::size_t rows(const Recording& shown) const {
    if (shown.host_ucores.empty()) return 0;
    return named_ + (host_place_.size() > named_ ? 1 : 0);
  }
  std::size_t place(std::size_t host) const { return static_cast<std::size_t>(host_place_[host]); }

  std::vector<Row> watts(const Recording& shown) const {
    std::vector<Row> out(rows(shown));
    for (std::size_t i = 0; i < shown.host_deciwatts.size(); ++i)
      add(out[place(i)], shown.host_deciwatts[i]);
    return out;
  }

  std::vector<HostCpu> cpu(const Recording& shown) const {
    std::vector<HostCpu> out(rows(shown));
    for (std::size_t i = 0; i < shown.host_ucores.size(); ++i) {
      const Track& ucores = shown.host_ucores[i];
      HostCpu& host = out[place(i)];
      add(host.own, ucores.mean);
      host.rest.resize(ucores.mean.size());
      if (place(i) < named_) host.peak = ucores.high;  // peaks of several hosts do not add up
    }
    for (const Share& share : shown.shares)
      give(out[place(static_cast<std::size_t>(share.host))], share);
    return out;
  }

  void give(HostCpu& host, const Share& share) const {
    const auto bucket = static_cast<std::size_t>(share.bucket);
    host.own[bucket] = std::max(0, host.own[bucket] - share.ucores);
    const std::int32_t vm = vm_place_[static_cast<std::size_t>(share.vm)];
    Row& row = static_cast<std::size_t>(vm) < vms_ ? host.vms[vm] : host.rest;
    row.resize(host.own.size());
    row[bucket] += share.ucores;
  }

  /// [vm, source, target, from, to]; vm and hosts one past the named ones for any other.
  Json moves(const Recording& shown) const {
    Json out = Json::array();
    for (const Move& move : shown.moves)
      out.push_back({vm_place_[static_cast<std::size_t>(move.vm)],
                     place(static_cast<std::size_t>(move.source)),
                     place(static_cast<std::size_t>(move.target)), move.from_s, move.to_s});
    return out;
  }

  std::size_t named_;
  std::vector<std::int32_t> host_place_, vm_place_;
  std::size_t vms_;
};

template <class Number>
Json json(const std::optional<Number>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json json(const Spread& spread) {
  return {spread.low, spread.median, spread.high};
}
Json json(const std::optional<Spread>& spread) {
  return spread ? json(*spread) : Json(nullptr);
}

Json json(const Spreads& all) {
  return {{"energy_j", json(all.energy_j)},
          {"saved_pct", json(all.saved_pct)},
          {"eliminated_pct", json(all.eliminated_pct)},
          {"lost_cpu_s", json(all.lost_cpu_s)},
          {"migrations", json(all.migrations)},
          {"hosts_on_mean", json(all.hosts_on_mean)},
          {"downtime_ms_p99", json(all.downtime_ms_p99)},
          {"slatah_pct", json(all.slatah_pct)},
          {"pdm_pct", json(all.pdm_pct)}};
}

Json json(const Figures& run) {
  return {{"seed", run.seed},
          {"energy_j", run.energy_j},
          {"saved_pct", json(run.saved_pct)},
          {"eliminated_pct", json(run.eliminated_pct)},
          {"lost_cpu_s", run.lost_cpu_s},
          {"migrations", run.migrations},
          {"hosts_on_mean", run.hosts_on_mean},
          {"downtime_ms_p99", json(run.downtime_ms_p99)},
          {"slatah_pct", json(run.slatah_pct)},
          {"pdm_pct", json(run.pdm_pct)}};
}

Json json(const Mode& mode, const Pictures& pictures) {
  Json out{{"name", mode.name}, {"command", mode.command}, {"all", json(mode.all)}};
  out["runs"] = Json::array();
  for (const Figures& run : mode.runs)
    out["runs"].push_back(json(run));
  if (mode.reference)
    out["reference"] = {{"energy_j", mode.reference->energy_j},
                        {"saved_pct", json(mode.reference->saved_pct)},
                        {"eliminated_pct", json(mode.reference->eliminated_pct)}};
  for (const Booked& part : mode.booked)
    out["booked"].push_back({part.cause, part.energy_j});
  if (mode.shown) out["shown"] = pictures.json(*mode.shown);
  return out;
}

void name_pool(Json& out, const Pool& pool, const Naming& naming) {
  out["hosts"] = Json::array();
  for (const std::int32_t i : naming.hosts) {
    const Host& host = pool.hosts[static_cast<std::size_t>(i)];
    out["hosts"].push_back(
        {{"name", host.name}, {"role", host.role}, {"capacity", host.capacity_mcores}});
  }
  out["otherHosts"] = pool.hosts.size() - naming.hosts.size();
  out["switches"] = pool.switches;
  out["vms"] = Json::array();
  for (const std::int32_t i : naming.vms)
    out["vms"].push_back(pool.vms[static_cast<std::size_t>(i)]);
  out["otherVms"] = pool.vms.size() - naming.vms.size();
}

void time_axis(Json& out, const Report& report) {
  out["seconds"] = 0;
  out["bucket"] = 1;
  for (const Mode& mode : report.modes) {
    if (!mode.shown) continue;
    out["seconds"] = mode.shown->seconds;
    out["bucket"] = mode.shown->bucket_s;
  }
}

}  // namespace

Json page_data(const Report& report) {
  const Naming naming = choose_names(report);
  Json out{{"scenario", report.scenario},
           {"version", report.version},
           {"command", report.command},
           {"seed", report.seed},
           {"reference", report.reference}};
  time_axis(out, report);
  name_pool(out, report.pool, naming);
  const Pictures pictures{report.pool, naming};
  out["modes"] = Json::array();
  for (const Mode& mode : report.modes)
    out["modes"].push_back(json(mode, pictures));
  return out;
}

}  // namespace report

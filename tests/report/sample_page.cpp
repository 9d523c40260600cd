// Writes a hand-made page for the tests in a browser: sample_page simple|seeds|many FILE.
#include <cstdio>
#include <fstream>
#include <numbers>

#include "tests/report/sample.h"
#include "tools/report/page.h"

namespace tests {
namespace {

using report::HostSecond;
using report::VmSecond;

/// What each VM uses on its host; hosts without VMs sleep.
struct Seconds {
  std::vector<HostSecond> hosts;
  std::vector<VmSecond> vms;
  std::vector<std::int32_t> switches{250, 250};

  explicit Seconds(std::size_t count) : hosts(count) {}

  void use(int vm, int host, int mcores) {
    HostSecond& on = hosts[static_cast<std::size_t>(host)];
    if (on.ucores == 0) on.ucores = 250'000;
    vms.push_back({vm, host, 1'000 * mcores});
    on.ucores += 1'000 * mcores;
  }
  report::Second finished() {
    int on = 0, all = switches[0] + switches[1];
    for (HostSecond& host : hosts) {
      host.deciwatts = host.ucores > 0 ? 530 + std::min(host.ucores / 1'000, 1'000) * 47 / 100 : 70;
      on += host.ucores > 0 ? 1 : 0;
      all += host.deciwatts;
    }
    return {on, all, hosts, switches, vms};
  }
};

// The paper's simple scenario as one mode moves vm0: away at 18 s, back by `back_s`.
report::Recording simple_run(const report::Pool& pool, int back_s) {
  report::Recorder recorder{pool, 300};
  for (int s = 0; s < 300; ++s) {
    Seconds now{pool.hosts.size()};
    const bool away = (s >= 18 && s < back_s) || s > 195;
    now.use(0, away ? 1 : 0, s < 75 ? 800 : 400);
    if (s >= back_s && s < back_s + 10) now.use(0, 1, 0);  // its pages are still there
    now.use(1, 0, s < 175 ? 1 : 300);
    for (int vm = 2; vm < 5; ++vm)
      now.use(vm, 0, 1);
    recorder.add(now.finished());
  }
  recorder.add({0, 0, 1, 14, 28});
  recorder.add({0, 1, 0, 85, back_s + 10});
  recorder.add({0, 0, 1, 191, 206});
  return recorder.take();
}

report::Mode baseline(const std::string& name, double energy_j) {
  report::Mode out{.name = name,
                   .command = "",
                   .runs = {},
                   .all = {},
                   .reference = {},
                   .shown = {},
                   .booked = {}};
  out.runs.push_back({.seed = 7,
                      .energy_j = energy_j,
                      .saved_pct = {},
                      .eliminated_pct = {},
                      .downtime_ms_p99 = {},
                      .slatah_pct = {},
                      .pdm_pct = {}});
  out.all.energy_j = {energy_j, energy_j, energy_j};
  return out;
}

// Only sums: all hosts on, or as few as hold the load.
report::Recording sums(int hosts, int deciwatts) {
  report::Recording out{.seconds = 300,
                        .bucket_s = 1,
                        .hosts_on = {},
                        .deciwatts = {},
                        .host_ucores = {},
                        .host_deciwatts = {},
                        .switch_deciwatts = {},
                        .shares = {},
                        .moves = {}};
  out.hosts_on.mean.assign(300, hosts * 100);
  out.deciwatts.mean.assign(300, deciwatts);
  return out;
}

report::Mode run_mode(const std::string& name, const report::Figures& run) {
  return {.name = name,
          .command = "nemuri sim tests/scenarios/paper_simple --seed 7 --migration " + name,
          .runs = {run},
          .all = spreads(run, 0),
          .reference = {},
          .shown = {},
          .booked = {}};
}

report::Report simple() {
  report::Report out{.scenario = "paper_simple",
                     .version = "0.1.0",
                     .command = "nemuri sim tests/scenarios/paper_simple --seed 7 --migration all",
                     .seed = 7,
                     .reference = "",
                     .pool = pool_of(1, 5, 5),
                     .modes = {}};
  out.modes = {baseline("none", 390'175), run_mode("ideal", figures(7, 294'033, 24.6, 100)),
               run_mode("postcopy", figures(7, 344'204, 11.8, 48)),
               run_mode("precopy", figures(7, 369'877, 5.2, 21))};
  out.modes[2].booked = {{"vms", 61'000},       {"idle", 210'404},    {"sleep", 36'000},
                         {"transition", 4'600}, {"migration", 2'200}, {"network", 30'000}};
  out.modes[3].booked = {{"vms", 62'000},       {"idle", 238'777},    {"sleep", 28'000},
                         {"transition", 5'100}, {"migration", 5'992}, {"network", 30'000}};
  out.modes[0].shown = sums(6, 3'900);
  out.modes[1].shown = sums(1, 1'630);
  out.modes[2].shown = simple_run(out.pool, 88);
  out.modes[3].shown = simple_run(out.pool, 150);
  return out;
}

void many_seeds(report::Mode& mode, double saved) {
  mode.runs.clear();
  for (int seed = 1; seed <= 200; ++seed) {
    const double off = 1.6 * std::sin(seed * 12.9898) + std::sin(seed * 78.233);
    mode.runs.push_back(
        figures(seed, 390'175 - 3'900 * (saved + off), saved + off, 4 * (saved + off)));
  }
  mode.all = spreads(figures(7, 390'175 - 3'900 * saved, saved, 4 * saved), 1.9);
}

report::Report seeds() {
  report::Report out = simple();
  out.scenario = "<b>seeds</b></script>";
  out.reference = "the paper's Table IV";
  many_seeds(out.modes[1], 24.1);
  many_seeds(out.modes[2], 11.1);
  many_seeds(out.modes[3], 5.8);
  out.modes[1].reference = {294'033, 24.6, {}};
  out.modes[2].reference = {344'204, 11.8, 48};
  out.modes[3].reference = {369'877, 5.2, 21};
  return out;
}

// Two hours of 1 000 VMs on 40 hosts; one second in it is far above all others.
report::Recording two_hours(const report::Pool& pool, int shift) {
  constexpr int kLength = 7'200;
  report::Recorder recorder{pool, kLength};
  for (int s = 0; s < kLength; ++s) {
    Seconds now{pool.hosts.size()};
    for (int vm = 0; vm < 1'000; ++vm) {
      const double wave =
          vm >= 36 ? 0 : std::sin(2 * std::numbers::pi * (s + shift + 33 * vm) / kLength);
      const bool active = vm < 36 && wave > .3;
      const int host = active ? 4 + vm : vm % 4;
      now.use(vm, host, active ? static_cast<int>(700 * wave) : 1 + vm % 3);
    }
    if (s == 3'333) now.hosts[0].ucores = 1'400'000;
    recorder.add(now.finished());
  }
  for (int vm = 0; vm < 36; ++vm)
    recorder.add({vm, vm % 4, 4 + vm, 600 + 33 * vm, 640 + 33 * vm});
  return recorder.take();
}

report::Report many() {
  report::Report out{.scenario = "many",
                     .version = "0.1.0",
                     .command = "nemuri sim tests/scenarios/paper_simple --seed 7 --migration all",
                     .seed = 1,
                     .reference = "",
                     .pool = pool_of(4, 36, 1'000),
                     .modes = {}};
  out.modes = {run_mode("postcopy", figures(1, 240e6, 31, 70)),
               run_mode("precopy", figures(1, 280e6, 20, 45))};
  out.modes[0].shown = two_hours(out.pool, 0);
  out.modes[1].shown = two_hours(out.pool, 250);
  return out;
}

report::Report sample(const std::string& name) {
  if (name == "simple") return simple();
  if (name == "seeds") return seeds();
  return many();
}

}  // namespace
}  // namespace tests

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: sample_page simple|seeds|many FILE\n", stderr);
    return 2;
  }
  std::ofstream{argv[2]} << report::page(tests::sample(argv[1]));
}

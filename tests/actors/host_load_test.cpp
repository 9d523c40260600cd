#include "actors/host/host_load.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/actors/dice.h"
#include "tests/actors/snapshot.h"
#include "tests/vm_id.h"

using namespace actors;
using namespace std::chrono_literals;
using reactor::Duration;
using reactor::Instant;

namespace {

const VmId kA = vm_id("a"), kB = vm_id("b"), kC = vm_id("c");
const Settings kSettings;
constexpr Duration kSkew = 5h;  // the host booted so much before the controller started

ports::HostSample sample(Duration t, std::int64_t mcores,
                         std::vector<std::pair<VmId, std::int64_t>> vms = {}) {
  ports::HostSample out{.host = {"s1"}, .boot = {"boot1"}, .revision = 7, .t = kSkew + t, .dt = 1s};
  out.use.cpu = {mcores};
  for (const auto& [vm, cpu] : vms)
    out.vms.push_back({.vm = vm, .use = {.cpu = {cpu}}});
  return out;
}

/// Read so much after it was taken.
bool take(HostLoad& load, const ports::HostSample& one, Duration delay = 0ms) {
  return load.take(Instant{one.t - kSkew + delay}, one, kSettings);
}

HostLoad with_samples(int seconds, std::int64_t mcores,
                      const std::vector<std::pair<VmId, std::int64_t>>& vms = {}) {
  HostLoad load;
  for (int second = 1; second <= seconds; ++second)
    take(load, sample(second * 1s, mcores, vms));
  return load;
}

}  // namespace

TEST_CASE("host load: averages of the host and of its VMs once 80 % are covered") {
  CHECK_FALSE(with_samples(7, 700, {{kA, 300}}).average(kSettings));
  const HostLoad load = with_samples(8, 700, {{kA, 300}, {kB, 400}});
  CHECK(load.average(kSettings) == Mcores{700});
  CHECK(load.average(kA, kSettings) == Mcores{300});
  CHECK(load.average(kB, kSettings) == Mcores{400});
  CHECK_FALSE(load.average(kC, kSettings));
  CHECK(load.latest(kB) == Mcores{400});
  CHECK(load.latest(kC) == Mcores{});
}

TEST_CASE("host load: a sample doubled, or older than the newest: changes nothing") {
  HostLoad load = with_samples(8, 700);
  const Json before = to_json(load);
  CHECK_FALSE(take(load, sample(8s, 100)));
  CHECK_FALSE(take(load, sample(3s, 100)));
  CHECK(to_json(load) == before);
}

TEST_CASE("host load: samples delivered late fill the window, and count as old") {
  HostLoad load;
  take(load, sample(1s, 700));
  for (int second = 2; second <= 8; ++second)
    take(load, sample(second * 1s, 700), Duration{(20 - second) * 1'000});
  CHECK(load.average(kSettings) == Mcores{700});
  CHECK(load.sampled_at() == Instant{8'001ms});  // 1 ms for drift
}

TEST_CASE("host load: the smallest delay seen stands for the clocks' offset") {
  HostLoad load;
  take(load, sample(1s, 700), 400ms);
  CHECK(load.sampled_at() == Instant{1'400ms});
  take(load, sample(2s, 700), 50ms);
  CHECK(load.sampled_at() == Instant{2'050ms});
  take(load, sample(3s, 700), 900ms);
  CHECK(load.sampled_at() == Instant{3'050ms});
}

// A host's clock that runs 100 ppm slow would look ever older, but for the drift that is allowed.
TEST_CASE("host load: clocks that drift apart: a sample of now does not come to count as old") {
  HostLoad load;
  for (int second = 1; second <= 200'000; ++second)
    take(load, sample(second * 1s, 700), Duration{second / 10});
  CHECK(load.sampled_at() == Instant{200'000s + 20s});
}

TEST_CASE("host load: another boot: everything begins anew, its clock too") {
  HostLoad load = with_samples(8, 700, {{kA, 300}});
  ports::HostSample fresh = sample(0s, 100);
  fresh.boot = {"boot2"};
  fresh.t = 12s;
  CHECK(load.take(Instant{60s}, fresh, kSettings));
  CHECK(load.boot() == BootId{"boot2"});
  CHECK(load.sampled_at() == Instant{60s});
  CHECK_FALSE(load.average(kSettings));
  CHECK_FALSE(load.average(kA, kSettings));
}

TEST_CASE("host load: a VM that left keeps no window: one that comes back begins anew") {
  HostLoad load = with_samples(8, 700, {{kA, 300}, {kB, 400}});
  take(load, sample(9s, 700, {{kB, 400}}));
  CHECK_FALSE(load.average(kA, kSettings));
  CHECK(load.average(kB, kSettings) == Mcores{400});
  take(load, sample(10s, 700, {{kA, 300}, {kB, 400}}));
  CHECK_FALSE(load.average(kA, kSettings));
  CHECK(load.average(kB, kSettings) == Mcores{400});
}

TEST_CASE("host load: restarted: of one VM, of the host") {
  HostLoad load = with_samples(8, 700, {{kA, 300}, {kB, 400}});
  load.restart(kA);
  CHECK_FALSE(load.average(kA, kSettings));
  CHECK(load.average(kB, kSettings));
  load.restart();
  CHECK_FALSE(load.average(kSettings));
  CHECK(load.average(kB, kSettings));
}

TEST_CASE(
    "host load: share: of the host's average, as long as that reaches back to before it came") {
  HostLoad load = with_samples(10, 0);
  for (int second = 11; second <= 14; ++second)
    take(load, sample(second * 1s, 500, {{kA, 500}}));
  CHECK(load.average(kSettings) == Mcores{200});
  CHECK(load.share(kA, kSettings).cpu == Mcores{200});
  CHECK_FALSE(load.share(kA, kSettings).full);
  for (int second = 15; second <= 20; ++second)
    take(load, sample(second * 1s, 500, {{kA, 500}}));
  CHECK(load.share(kA, kSettings).cpu == Mcores{500});
  CHECK(load.share(kA, kSettings).full);
  CHECK(load.share(kB, kSettings).cpu == Mcores{});
}

TEST_CASE("host load: share: the host's window began anew after it came: its own average") {
  HostLoad load = with_samples(10, 500, {{kA, 300}});
  load.restart();
  CHECK_FALSE(load.share(kA, kSettings).full);
  for (int second = 11; second <= 18; ++second)
    take(load, sample(second * 1s, 500, {{kA, 300}}));
  CHECK(load.share(kA, kSettings).cpu == Mcores{300});
  CHECK(load.share(kA, kSettings).full);
}

TEST_CASE("host load: whatever order the VMs come in: each keeps its own window") {
  Dice dice{11};
  HostLoad load;
  std::vector<std::pair<VmId, std::int64_t>> vms;
  for (int i = 0; i < 12; ++i)
    vms.emplace_back(vm_id("vm" + std::to_string(i)), 100 * i);
  for (int second = 1; second <= 500; ++second) {
    for (std::size_t i = vms.size(); i > 1; --i)
      std::swap(vms[i - 1], vms[static_cast<std::size_t>(dice.roll(static_cast<int>(i)))]);
    take(load, sample(second * 1s, 700, vms));
  }
  for (const auto& [vm, cpu] : vms)
    CHECK(load.average(vm, kSettings) == Mcores{cpu});
}

TEST_CASE("host load: one VM twice in a sample: nothing breaks") {
  HostLoad load = with_samples(9, 700, {{kA, 300}, {kA, 100}, {kB, 200}});
  CHECK(load.average(kA, kSettings) == Mcores{300});
  CHECK(load.average(kB, kSettings) == Mcores{200});
}

TEST_CASE("host load: snapshot: goes on as the live one does") {
  HostLoad live;
  for (int second = 1; second <= 30; ++second) {
    HostLoad again = restored(live);
    const auto one = sample(second * 1s, second * 10, {{second % 3 ? kA : kB, second}});
    CHECK(take(live, one, Duration{second % 7}) == take(again, one, Duration{second % 7}));
    CHECK(to_json(live) == to_json(again));
  }
}

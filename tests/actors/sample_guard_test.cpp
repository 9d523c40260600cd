#include "actors/host/sample_guard.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/actors/snapshot.h"
#include "tests/vm_id.h"

using namespace actors;
using namespace std::chrono_literals;
using reactor::Duration;
using reactor::Instant;
using Verdict = SampleGuard::Verdict;

namespace {

constexpr GuardSettings kSettings;
constexpr std::int64_t kCores = 4;
constexpr Duration kSkew = 5h;  // the host booted so much before the controller started

/// The n-th sample of an agent, a second apart; its memory moves, as a real host's does.
ports::HostSample sample(std::int64_t n, std::int64_t mcores = 700) {
  ports::HostSample out{.host = {"s1"}, .boot = {"boot1"}, .seq = n, .t = kSkew + n * 1s, .dt = 1s};
  out.use = {.cpu = {mcores}, .memory = {100'000 + n}};
  out.vms = {{.vm = vm_id("a"), .use = {.cpu = {mcores / 2}, .memory = {50'000}}}};
  return out;
}

ports::HostSample zero(std::int64_t n) {
  ports::HostSample out = sample(n, 0);
  out.use = {};
  out.vms.front().use = {};
  return out;
}

ports::HostSample frozen(std::int64_t n, std::int64_t mcores) {
  ports::HostSample out = sample(n, mcores);
  out.use.memory = {100'000};
  return out;
}

/// Of a host whose clock is by so much off since its boot.
ports::HostSample shifted(ports::HostSample one, Duration by) {
  one.t += by;
  return one;
}

class Host {
 public:
  /// Read on time: at its second on the loop's clock.
  Verdict hears(const ports::HostSample& one) { return hears_at(one.seq * 1s, one); }
  Verdict hears_at(Duration loop, const ports::HostSample& one) {
    return guard_.judge(Instant{1h + loop}, one, cores, kSettings);
  }
  std::optional<ReasonCode> wrong() const {
    return guard_.wrong() ? std::optional{guard_.wrong()->code} : std::nullopt;
  }
  SampleGuard& guard() { return guard_; }

  std::optional<std::int64_t> cores = kCores;

 private:
  SampleGuard guard_;
};

Host after(std::int64_t samples) {
  Host host;
  for (std::int64_t n = 1; n <= samples; ++n)
    REQUIRE(host.hears(sample(n)) == Verdict::good);
  return host;
}

}  // namespace

TEST_CASE("sample guard: all zero: wrong from the first one on, good as soon as it ends") {
  Host host = after(3);
  CHECK(host.hears(zero(4)) == Verdict::wrong);
  CHECK(host.wrong() == ReasonCode::samples_zero);
  CHECK(host.hears(zero(5)) == Verdict::wrong);
  CHECK(host.hears(sample(6)) == Verdict::good);
  CHECK_FALSE(host.wrong());
}

TEST_CASE("sample guard: an idle host, without CPU time for minutes: good") {
  Host host = after(3);
  for (std::int64_t n = 4; n < 300; ++n)
    CHECK(host.hears(frozen(n, 0)) == Verdict::good);
}

TEST_CASE("sample guard: frozen with CPU time in it: wrong from the tenth on, till it moves") {
  Host host = after(3);
  for (std::int64_t n = 4; n < 13; ++n)
    CHECK(host.hears(frozen(n, 700)) == Verdict::good);
  CHECK(host.hears(frozen(13, 700)) == Verdict::wrong);
  CHECK(host.wrong() == ReasonCode::samples_frozen);
  CHECK(host.hears(frozen(14, 700)) == Verdict::wrong);
  CHECK(host.hears(sample(15)) == Verdict::good);
}

TEST_CASE("sample guard: frozen: any one figure that moves makes it good") {
  Host host = after(3);
  for (std::int64_t n = 4; n < 100; ++n) {
    ports::HostSample one = frozen(n, 700);
    one.vms.front().use.rx = n % 2;
    CHECK(host.hears(one) == Verdict::good);
  }
}

TEST_CASE("sample guard: frozen: 0 in conf.yaml: not judged") {
  GuardSettings settings;
  settings.frozen_samples = 0;
  SampleGuard guard;
  for (std::int64_t n = 1; n < 100; ++n)
    CHECK(guard.judge(Instant{n * 1s}, frozen(n, 700), kCores, settings) == Verdict::good);
}

TEST_CASE("sample guard: more CPU than all cores give, of the host or of a VM: wrong") {
  Host host = after(3);
  CHECK(host.hears(sample(4, 6'000)) == Verdict::good);  // 150 % of four cores
  CHECK(host.hears(sample(5, 6'001)) == Verdict::wrong);
  CHECK(host.wrong() == ReasonCode::samples_too_much);
  ports::HostSample of_vm = sample(6);
  of_vm.vms.front().use.cpu = {6'001};
  CHECK(host.hears(of_vm) == Verdict::wrong);
  host.cores.reset();
  CHECK(host.hears(sample(7, 60'000)) == Verdict::good);  // an agent that does not say its cores
}

TEST_CASE("sample guard: doubled or late: old, and no fault") {
  Host host = after(5);
  CHECK(host.hears(sample(5)) == Verdict::old);
  CHECK(host.hears(sample(2)) == Verdict::old);
  CHECK_FALSE(host.wrong());
}

TEST_CASE("sample guard: samples lost or late by minutes, or a long pause of the agent: good") {
  Host host = after(5);
  CHECK(host.hears_at(100s, sample(6)) == Verdict::good);    // late by 94 s
  CHECK(host.hears_at(100s, sample(60)) == Verdict::good);   // the backlog
  CHECK(host.hears_at(100s, sample(100)) == Verdict::good);  // on time again
  ports::HostSample paused = shifted(sample(101), 300s);
  paused.dt = 301s;
  CHECK(host.hears_at(401s, paused) == Verdict::good);
}

TEST_CASE("sample guard: an agent started anew counts from 1: good") {
  Host host = after(50);
  CHECK(host.hears_at(60s, shifted(sample(1), 60s)) == Verdict::good);
  CHECK(host.hears_at(61s, shifted(sample(2), 60s)) == Verdict::good);
  CHECK(host.hears_at(61s, sample(49)) == Verdict::wrong);  // of before: numbered later, yet older
  CHECK(host.hears_at(62s, shifted(sample(3), 60s)) == Verdict::good);
}

TEST_CASE("sample guard: a clock that steps ahead: believed anew after five steady samples") {
  Host host = after(5);
  for (std::int64_t n = 6; n < 10; ++n) {
    CHECK(host.hears(shifted(sample(n), 60s)) == Verdict::wrong);
    CHECK(host.wrong() == ReasonCode::clock_ahead);
  }
  CHECK(host.hears(shifted(sample(10), 60s)) == Verdict::anew);
  CHECK(host.hears(shifted(sample(11), 60s)) == Verdict::good);
}

TEST_CASE("sample guard: a clock that steps back, or stands: wrong; believed once it is steady") {
  Host host = after(5);
  CHECK(host.hears(shifted(sample(6), -1s)) == Verdict::wrong);  // as the fifth
  CHECK(host.wrong() == ReasonCode::clock_back);
  for (std::int64_t n = 7; n < 20; ++n)  // stands still
    CHECK(host.hears(shifted(sample(n), -1s * (n - 5))) == Verdict::wrong);
  for (std::int64_t n = 20; n < 24; ++n)
    CHECK(host.hears(shifted(sample(n), -1h)) == Verdict::wrong);
  CHECK(host.hears(shifted(sample(24), -1h)) == Verdict::anew);
  CHECK(host.hears(shifted(sample(25), -1h)) == Verdict::good);
}

TEST_CASE(
    "sample guard: a clock at a new place: one with wrong figures is none of the steady ones") {
  Host host = after(5);
  for (std::int64_t n = 6; n < 10; ++n)
    CHECK(host.hears(shifted(sample(n), -1h)) == Verdict::wrong);
  CHECK(host.hears(shifted(zero(10), -1h)) == Verdict::wrong);
  CHECK(host.hears(shifted(sample(11), -1h)) == Verdict::anew);  // windows have to begin anew
}

TEST_CASE("sample guard: a clock that jumps to and fro: never believed") {
  Host host = after(5);
  for (std::int64_t n = 6; n < 100; ++n)
    CHECK(host.hears(shifted(sample(n), n % 2 == 0 ? 600s : 7200s)) == Verdict::wrong);
}

TEST_CASE("sample guard: samples that were wrong in between: a good one begins the count anew") {
  Host host = after(5);
  for (std::int64_t n = 6; n < 100; n += 2) {
    CHECK(host.hears(shifted(sample(n), 60s)) == Verdict::wrong);
    CHECK(host.hears(sample(n + 1)) == Verdict::good);
  }
}

TEST_CASE("sample guard: a new boot: judged by itself") {
  Host host = after(50);
  ports::HostSample other = shifted(sample(1), -kSkew);
  other.boot = {"boot2"};
  CHECK(host.hears_at(51s, other) == Verdict::good);
}

TEST_CASE("sample guard: cut at any sample and restored: goes on as before") {
  Host host = after(3);
  for (std::int64_t n = 4; n < 40; ++n) {
    SampleGuard other = restored(host.guard());
    const auto one = n < 16 ? frozen(n, 700) : shifted(sample(n), n < 30 ? 60s : 0s);
    const auto verdict = other.judge(Instant{1h + n * 1s}, one, kCores, kSettings);
    CHECK(host.hears(one) == verdict);
    CHECK(to_json(host.guard()) == to_json(other));
  }
}

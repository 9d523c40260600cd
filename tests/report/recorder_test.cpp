#include <doctest/doctest.h>

#include "tests/report/sample.h"

namespace tests {
namespace {

using report::HostSecond;
using report::Recorder;
using report::Recording;
using report::Second;
using report::VmSecond;

const report::Pool kPool = pool_of(1, 1, 2);

struct One {
  std::vector<HostSecond> hosts{{300, 600}, {0, 70}};
  std::vector<std::int32_t> switches{100, 100};
  std::vector<VmSecond> vms{{0, 0, 200}};
  int hosts_on = 1, deciwatts = 870;
  operator Second() const { return {hosts_on, deciwatts, hosts, switches, vms}; }
};

TEST_CASE("recorder: a short run: each second as it was") {
  Recorder recorder{kPool, 2};
  recorder.add(One{});
  One later;
  later.hosts[1] = {500, 900};
  later.hosts_on = 2;
  later.deciwatts = 1'700;
  later.vms.push_back({1, 1, 450});
  recorder.add(later);
  const Recording out = recorder.take();

  CHECK(out.bucket_s == 1);
  CHECK(out.hosts_on.mean == std::vector{100, 200});
  CHECK(out.hosts_on.high.empty());
  CHECK(out.deciwatts.mean == std::vector{870, 1'700});
  CHECK(out.host_ucores[1].mean == std::vector{0, 500});
  CHECK(out.host_deciwatts[1] == std::vector{70, 900});
  CHECK(out.switch_deciwatts[0] == std::vector{100, 100});
  REQUIRE(out.shares.size() == 3);
  CHECK(out.shares[2].bucket == 1);
  CHECK(out.shares[2].vm == 1);
  CHECK(out.shares[2].ucores == 450);
}

TEST_CASE("recorder: a day: as many buckets as a screen has room for, one high second not lost") {
  constexpr int kDay = 86'400;
  Recorder recorder{kPool, kDay};
  for (int s = 0; s < kDay; ++s) {
    One now;
    if (s == 50'000) {
      now.hosts[0] = {990, 1'000};
      now.deciwatts = 1'270;
    }
    recorder.add(now);
  }
  const Recording out = recorder.take();

  CHECK(out.bucket_s == 58);
  CHECK(out.deciwatts.mean.size() == 1'490);
  const std::size_t bucket = 50'000 / 58;
  CHECK(out.host_ucores[0].high[bucket] == 990);
  CHECK(out.host_ucores[0].mean[bucket] == 300 + 12);  // 690 in 58 s
  CHECK(out.host_ucores[0].high[bucket + 1] == 300);
  CHECK(out.deciwatts.low[bucket] == 870);
  CHECK(out.deciwatts.high[bucket] == 1'270);
}

TEST_CASE("recorder: a run that ended early: what there was, the last bucket by its own length") {
  Recorder recorder{kPool, 3'000};
  for (int s = 0; s < 5; ++s)
    recorder.add(One{});
  const Recording out = recorder.take();
  CHECK(out.seconds == 5);
  CHECK(out.bucket_s == 2);
  CHECK(out.host_ucores[0].mean == std::vector{300, 300, 300});
  CHECK(out.shares.back().ucores == 200);
}

TEST_CASE("recorder: more seconds than it was told of: they are left out") {
  Recorder recorder{kPool, 1};
  recorder.add(One{});
  recorder.add(One{});
  CHECK(recorder.take().deciwatts.mean.size() == 1);
}

TEST_CASE("recorder: a baseline of which only sums are known: sums, and no hosts") {
  Recorder recorder{kPool, 1};
  recorder.add({.hosts_on = 3, .deciwatts = 1'500, .hosts = {}, .switch_deciwatts = {}, .vms = {}});
  const Recording out = recorder.take();
  CHECK(out.hosts_on.mean == std::vector{300});
  CHECK(out.deciwatts.mean == std::vector{1'500});
  CHECK(out.host_ucores.empty());
  CHECK(out.host_deciwatts.empty());
  CHECK(out.switch_deciwatts.empty());
}

TEST_CASE("recorder: a bucket in which a VM moved: its mean use on each host is over the bucket") {
  Recorder recorder{kPool, 2'000};
  One first, second;
  first.vms = {{0, 0, 400}};
  second.vms = {{0, 1, 300}};
  recorder.add(first);
  recorder.add(second);
  const Recording out = recorder.take();
  REQUIRE(out.shares.size() == 2);
  CHECK(out.shares[0].ucores == 200);
  CHECK(out.shares[1].host == 1);
  CHECK(out.shares[1].ucores == 150);
}

}  // namespace
}  // namespace tests

#include "drivers/agent/sleeper.h"

#include "drivers/agent/sys_way.h"
#include "drivers/agent/wake_device.h"
#include "tests/agent/fake_kernel.h"

using namespace drivers::agent;
using reactor::Duration;

namespace {

const std::string kAlarm = "class/rtc/rtc0/wakealarm";

struct Bench {
  FakeKernel kernel;
  AgentSettings settings;
  RunningLoop running;
  std::optional<Sleeper> sleeper;

  Bench() {
    settings.sys = kernel.sys();
    settings.suspend = SuspendBy::sys;
  }
  Sleeper& it() {
    if (!sleeper) sleeper.emplace(running.loop, settings, kernel.clocks());
    return *sleeper;
  }

  /// What is in the way; empty: nothing.
  std::string check(Sleeper::WakeAfter wake_after = {}) {
    std::optional<std::string> said;
    it().check(wake_after, [&](const Failure& failure) { said = failure.value_or(""); });
    CHECK(!said);  // never from inside the call
    REQUIRE(running.until([&] { return said.has_value(); }));
    return *said;
  }
  SleepOutcome sleep(Sleeper::WakeAfter wake_after = {}) {
    std::optional<SleepOutcome> outcome;
    it().sleep(wake_after, [&](SleepOutcome got) { outcome = std::move(got); });
    CHECK(!outcome);
    REQUIRE(running.until([&] { return outcome.has_value(); }));
    return *outcome;
  }
};

}  // namespace

// ---- /sys/power/state

TEST_CASE("sleep: by sys: mem is written, and the time slept is the clocks'") {
  Bench bench;
  CHECK(bench.check().empty());
  const auto outcome = bench.sleep();
  CHECK(!outcome.failure);
  CHECK(outcome.slept == Duration{5'000});
  CHECK(bench.kernel.read("power/state") == "mem");
}

TEST_CASE("sleep: by sys: deep is not offered: refused, with what is there") {
  Bench bench;
  bench.kernel.write("power/mem_sleep", "[s2idle]\n");
  CHECK(without(bench.check(), "mem_sleep has \"[s2idle]\", no deep") == "");
  CHECK(bench.sleep().failure->find("no deep") != std::string::npos);
  CHECK(bench.kernel.read("power/state") == "freeze mem disk\n");
}

TEST_CASE("sleep: by sys: deep is offered and does not get selected: refused") {
  Bench bench;
  bench.kernel.write("power/mem_sleep", "[s2idle] deep\n");  // this file takes it word for word
  CHECK(without(bench.check(), "has \"deep\" after deep was written") == "");
}

TEST_CASE("sleep: by sys: a kernel without mem: refused; one without mem_sleep: good") {
  Bench bench;
  bench.kernel.remove("power/mem_sleep");
  CHECK(bench.check().empty());
  bench.kernel.write("power/state", "freeze disk\n");
  CHECK(without(bench.check(), "no mem") == "");
}

// ---- the proof

TEST_CASE("sleep: accepted, but the clocks did not part: no sleep, and the device that refused") {
  Bench bench;
  bench.kernel.sleeps = Duration{0};
  bench.kernel.counts = false;
  const auto outcome = bench.sleep();
  REQUIRE(outcome.failure);
  CHECK(without(*outcome.failure, "accepted, but the host did not sleep: clocks apart by 0 ms") ==
        "");
  CHECK(without(*outcome.failure, "fail 1, last_failed_dev 0000:00:1f.2") == "");
}

TEST_CASE("sleep: woken within half a second: no sleep, and why") {
  Bench bench;
  bench.kernel.sleeps = Duration{500};
  CHECK(without(bench.sleep().failure.value_or(""), "500 ms only: something woke it at once") ==
        "");
  bench.kernel.woke = false;
  bench.kernel.write("power/state", "freeze mem disk\n");
  bench.kernel.write("power/suspend_stats/success", "3\n");
  bench.kernel.sleeps = Duration{1'100};
  CHECK(!bench.sleep().failure);
}

TEST_CASE("sleep: the clocks parted and the kernel counted no success: no sleep") {
  Bench bench;
  bench.kernel.counts = false;
  CHECK(without(bench.sleep().failure.value_or(""), "did not sleep") == "");
}

TEST_CASE("sleep: a kernel that does not count: the clocks alone tell") {
  Bench bench;
  bench.kernel.remove("power/suspend_stats");
  bench.kernel.counts = false;
  CHECK(!bench.sleep().failure);
}

TEST_CASE("sleep: by a command: nothing is proved here, and the time is the command's") {
  Bench bench;
  bench.settings.suspend = SuspendBy::automatic;
  bench.settings.suspend_command = {"/bin/true"};
  CHECK(bench.check().empty());
  const auto outcome = bench.sleep();
  CHECK(!outcome.failure);
  CHECK(outcome.slept >= Duration{1'000});
  CHECK(bench.kernel.read("power/state") == "freeze mem disk\n");
}

TEST_CASE("sleep: by a command that fails: its name and exit status") {
  Bench bench;
  bench.settings.suspend = SuspendBy::command;
  bench.settings.suspend_command = {"/bin/false"};
  CHECK(bench.sleep().failure == "suspend command /bin/false: exit status 1");
}

// ---- the host's own clock

TEST_CASE("sleep: wake_after: the alarm is set while it sleeps, and off afterwards") {
  Bench bench;
  const Duration half_a_day = std::chrono::hours{12};
  CHECK(bench.check(half_a_day).empty());
  CHECK(bench.kernel.read(kAlarm) == "0");  // tried, and off again
  CHECK(!bench.sleep(half_a_day).failure);
  CHECK(bench.kernel.alarm == "1700043200");
  CHECK(bench.kernel.read(kAlarm) == "0");
}

TEST_CASE("sleep: wake_after, and no clock that could: refused, with the way out") {
  Bench bench;
  bench.kernel.remove("class/rtc");
  CHECK(bench.check().empty());
  CHECK(without(bench.check(Duration{60'000}), "rtc0 is missing (mend it, or set power.dead_man") ==
        "");
  CHECK(without(bench.sleep(Duration{60'000}).failure.value_or(""), "power.dead_man: 0s") == "");
  CHECK(bench.kernel.read("power/state") == "freeze mem disk\n");
}

TEST_CASE("sleep: wake_after, and the clock does not take it: refused") {
  Bench bench;
  std::filesystem::remove(bench.kernel.folder.path / kAlarm);
  std::filesystem::create_symlink("/dev/null", bench.kernel.folder.path / kAlarm);
  CHECK(without(bench.check(Duration{60'000}), "has nothing after 1700000060 was written") == "");
}

TEST_CASE("sleep: wake_after: somebody's alarm that comes sooner stays; a later one does not") {
  Bench bench;
  bench.kernel.write(kAlarm, "1700000030\n");
  CHECK(!bench.sleep(Duration{60'000}).failure);
  CHECK(bench.kernel.alarm == "1700000030\n");
  CHECK(bench.kernel.read(kAlarm) == "1700000030\n");
  bench.kernel.write(kAlarm, "1700000090\n");
  CHECK(bench.check(Duration{60'000}).empty());
  CHECK(bench.kernel.read(kAlarm) == "0");
}

// ---- the device that wakes it

TEST_CASE("sleep: the wake device is not armed: refused, with the command to type") {
  Bench bench;
  bench.settings.wake_device = "nemuri-test0";  // no such device but in our files
  CHECK(without(bench.check(), "nemuri-test0 cannot wake this host: there is no ") == "");
  bench.kernel.write("class/net/nemuri-test0/device/power/wakeup", "disabled\n");
  CHECK(without(bench.check(), "is disabled; ethtool -s nemuri-test0 wol g") == "");
  bench.kernel.write("class/net/nemuri-test0/device/power/wakeup", "enabled\n");
  CHECK(bench.check().empty());
}

TEST_CASE("sleep: after it the wake device's carrier is waited for, and not for ever") {
  Bench bench;
  bench.settings.wake_device = "nemuri-test0";
  bench.settings.carrier_limit = Duration{200};
  bench.kernel.write("class/net/nemuri-test0/carrier", "0\n");
  const auto before = bench.running.loop.now();
  CHECK(!bench.sleep().failure);
  CHECK(bench.running.loop.now() - before >= Duration{200});
}

TEST_CASE("sleep: the wake device has its carrier: no wait") {
  Bench bench;
  bench.settings.wake_device = bench.kernel.carrier_of = "nemuri-test0";
  bench.settings.carrier_limit = std::chrono::hours{1};
  CHECK(!bench.sleep().failure);
}

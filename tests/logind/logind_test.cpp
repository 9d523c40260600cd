// Suspending by logind, against python-dbusmock's logind on a bus of our own. Whoever else may be
// on this machine's system bus hears nothing of it.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

#include "drivers/agent/sleeper.h"
#include "tests/agent/fake_kernel.h"

using namespace drivers::agent;
using reactor::Duration;

namespace {

class Child {
 public:
  explicit Child(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    REQUIRE(posix_spawnp(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environ) == 0);
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

template <class Met>
bool wait(Met met) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!met()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return true;
}

constexpr const char *kService = "org.freedesktop.login1", *kPath = "/org/freedesktop/login1",
                     *kManager = "org.freedesktop.login1.Manager",
                     *kMock = "org.freedesktop.DBus.Mock";

/// A bus, logind's double on it, and a client of ours that says what the double does.
class LogindBus {
 public:
  LogindBus() {
    std::ofstream{folder_.path / "bus.conf"}
        << "<busconfig><type>system</type><listen>" << address() << "</listen>"
        << "<auth>EXTERNAL</auth><policy context='default'><allow send_destination='*'/>"
        << "<allow receive_sender='*'/><allow own='*'/></policy></busconfig>";
    daemon_.emplace(std::vector<std::string>{"dbus-daemon", "--nofork", "--nopidfile",
                                             "--config-file", folder_.path / "bus.conf"});
    REQUIRE(wait([&] { return connect(); }));
  }
  ~LogindBus() { sd_bus_close_unref(bus_); }
  LogindBus(const LogindBus&) = delete;
  LogindBus& operator=(const LogindBus&) = delete;

  std::string address() const { return "unix:path=" + (folder_.path / "bus").string(); }

  void start_logind(const std::string& can_suspend = "yes") {
    logind_.emplace(std::vector<std::string>{
        "/usr/bin/env", "DBUS_SYSTEM_BUS_ADDRESS=" + address(), "/usr/bin/python3", "-m",
        "dbusmock", "--system", "--logfile", folder_.path / "mock.log", "--template", "logind",
        "--parameters", R"({"CanSuspend": ")" + can_suspend + R"("})"});
    REQUIRE(wait([&] { return call(kService, kPath, "org.freedesktop.DBus.Peer", "Ping", ""); }));
  }
  void end_logind() { logind_.reset(); }
  void end_bus() { daemon_.reset(); }

  /// Somebody else's inhibitor, held until this is closed.
  int inhibit(const char* what, const char* mode) {
    sd_bus_message* reply = nullptr;
    int file = -1;
    REQUIRE(sd_bus_call_method(bus_, kService, kPath, kManager, "Inhibit", nullptr, &reply, "ssss",
                               what, "backup", "a backup runs", mode) >= 0);
    REQUIRE(sd_bus_message_read(reply, "h", &file) >= 0);
    const int held = dup(file);
    sd_bus_message_unref(reply);
    return held;
  }

  /// The modes and owners of all inhibitors: "delay nemuri agent, block backup".
  std::string inhibitors() {
    sd_bus_message* reply = nullptr;
    REQUIRE(sd_bus_call_method(bus_, kService, kPath, kManager, "ListInhibitors", nullptr, &reply,
                               "") >= 0);
    std::string all;
    const char *what = "", *who = "", *why = "", *mode = "";
    std::uint32_t user = 0, process = 0;
    REQUIRE(sd_bus_message_enter_container(reply, 'a', "(ssssuu)") >= 0);
    while (sd_bus_message_read(reply, "(ssssuu)", &what, &who, &why, &mode, &user, &process) > 0)
      all += (all.empty() ? "" : ", ") + std::string{mode} + " " + who;
    sd_bus_message_unref(reply);
    return all;
  }

  /// How often Suspend was called.
  int suspends() {
    sd_bus_message* reply = nullptr;
    REQUIRE(sd_bus_call_method(bus_, kService, kPath, kMock, "GetMethodCalls", nullptr, &reply, "s",
                               "Suspend") >= 0);
    REQUIRE(sd_bus_message_enter_container(reply, 'a', "(tav)") >= 0);
    int calls = 0;
    while (sd_bus_message_skip(reply, "(tav)") > 0)
      ++calls;
    sd_bus_message_unref(reply);
    return calls;
  }

  void prepare_for_sleep(bool going_down) {
    REQUIRE(call(kService, kPath, kMock, "EmitSignal", "sssav", kManager, "PrepareForSleep", "b", 1,
                 "b", going_down ? 1 : 0));
  }

  /// From now on Suspend answers by an error.
  void refuse_suspend() {
    REQUIRE(call(kService, kPath, kMock, "AddMethod", "sssss", kManager, "Suspend", "b", "",
                 "raise dbus.exceptions.DBusException('busy', "
                 "name='org.freedesktop.login1.OperationInProgress')"));
  }

 private:
  bool connect() {
    sd_bus_close_unref(bus_);
    bus_ = nullptr;
    if (sd_bus_new(&bus_) < 0 || sd_bus_set_address(bus_, address().c_str()) < 0) return false;
    return sd_bus_set_bus_client(bus_, 1) >= 0 && sd_bus_start(bus_) >= 0 &&
           call("org.freedesktop.DBus", "/", "org.freedesktop.DBus.Peer", "Ping", "");
  }

  template <class... Values>
  bool call(const char* service, const char* path, const char* interface, const char* member,
            const char* types, Values... values) {
    return sd_bus_call_method(bus_, service, path, interface, member, nullptr, nullptr, types,
                              values...) >= 0;
  }

  TempFolder folder_;
  std::optional<Child> daemon_, logind_;
  sd_bus* bus_ = nullptr;
};

struct Bench {
  FakeKernel kernel;
  LogindBus bus;
  AgentSettings settings;
  RunningLoop running;
  std::optional<Sleeper> sleeper;
  std::optional<SleepOutcome> outcome;

  Bench() {
    settings.sys = kernel.sys();
    settings.suspend = SuspendBy::logind;
    settings.bus = bus.address();
  }
  Sleeper& it() {
    if (!sleeper) sleeper.emplace(running.loop, settings, kernel.clocks());
    return *sleeper;
  }
  std::string check() {
    std::optional<std::string> said;
    it().check({}, [&](const Failure& failure) { said = failure.value_or(""); });
    CHECK(!said);
    REQUIRE(running.until([&] { return said.has_value(); }));
    return *said;
  }
  void begin_sleep() {
    outcome.reset();
    it().sleep({}, [&](SleepOutcome got) { outcome = std::move(got); });
    CHECK(!outcome);
  }
  bool until(std::function<bool()> met) { return running.until(std::move(met)); }
  bool ended() {
    return until([&] { return outcome.has_value(); });
  }
};

}  // namespace

TEST_CASE("logind: the whole way: delay taken, Suspend, delay let go, up again, proved") {
  Bench bench;
  bench.bus.start_logind();
  CHECK(bench.check().empty());
  CHECK(bench.bus.inhibitors().empty());
  bench.begin_sleep();
  REQUIRE(bench.until([&] { return bench.bus.suspends() == 1; }));
  CHECK(bench.bus.inhibitors() == "delay nemuri agent");
  bench.running.run_for(Duration{50});
  CHECK(!bench.outcome);
  bench.bus.prepare_for_sleep(true);
  CHECK(bench.until([&] { return bench.bus.inhibitors().empty(); }));
  CHECK(!bench.outcome);
  bench.kernel.wake_up();
  bench.bus.prepare_for_sleep(false);
  REQUIRE(bench.ended());
  CHECK(!bench.outcome->failure);
  CHECK(bench.outcome->slept == Duration{5'000});
  CHECK(bench.bus.suspends() == 1);
}

TEST_CASE("logind: twice: the second one is as the first") {
  Bench bench;
  bench.bus.start_logind();
  for (const int turn : {1, 2}) {
    bench.kernel.write("power/suspend_stats/success", "3\n");
    bench.kernel.slept = Duration{0};
    bench.begin_sleep();
    REQUIRE(bench.until([&] { return bench.bus.suspends() == turn; }));
    bench.bus.prepare_for_sleep(true);
    REQUIRE(bench.until([&] { return bench.bus.inhibitors().empty(); }));
    bench.kernel.wake_up();
    bench.bus.prepare_for_sleep(false);
    REQUIRE(bench.ended());
    CHECK(!bench.outcome->failure);
  }
}

TEST_CASE("logind: it went down and came up, and the kernel knows of no sleep: said so") {
  Bench bench;
  bench.bus.start_logind();
  bench.begin_sleep();
  REQUIRE(bench.until([&] { return bench.bus.suspends() == 1; }));
  bench.bus.prepare_for_sleep(true);
  bench.bus.prepare_for_sleep(false);
  REQUIRE(bench.ended());
  CHECK(without(bench.outcome->failure.value_or(""), "accepted, but the host did not sleep") == "");
}

TEST_CASE("logind: CanSuspend says no, na or challenge: refused, and nothing was begun") {
  for (const auto& [word, text] : {std::pair{"no", "says \"no\""},
                                   {"na", "says \"na\""},
                                   {"challenge", "run the agent as root"}}) {
    Bench bench;
    bench.bus.start_logind(word);
    CHECK(without(bench.check(), text) == "");
    bench.begin_sleep();
    REQUIRE(bench.ended());
    CHECK(without(bench.outcome->failure.value_or(""), text) == "");
    CHECK(bench.bus.suspends() == 0);
  }
}

TEST_CASE("logind: somebody blocks sleep: refused with who and why, until it ends") {
  Bench bench;
  bench.bus.start_logind();
  const int held = bench.bus.inhibit("shutdown:sleep", "block");
  CHECK(without(bench.check(), "backup (pid 123456) blocks sleep: a backup runs") == "");
  bench.begin_sleep();
  REQUIRE(bench.ended());
  CHECK(without(bench.outcome->failure.value_or(""), "blocks sleep") == "");
  CHECK(bench.bus.suspends() == 0);
  close(held);
  CHECK(bench.until([&] { return bench.bus.inhibitors().empty(); }));
  CHECK(bench.check().empty());
}

TEST_CASE("logind: somebody delays sleep, or blocks something else: not in the way") {
  Bench bench;
  bench.bus.start_logind();
  const int delay = bench.bus.inhibit("sleep", "delay");
  const int other = bench.bus.inhibit("handle-lid-switch:idle", "block");
  CHECK(bench.check().empty());
  close(delay);
  close(other);
}

TEST_CASE("logind: Suspend is refused: its word for it, and the delay is let go") {
  Bench bench;
  bench.bus.start_logind();
  bench.bus.refuse_suspend();
  bench.begin_sleep();
  REQUIRE(bench.ended());
  CHECK(without(bench.outcome->failure.value_or(""), "OperationInProgress: busy") == "");
  CHECK(bench.until([&] { return bench.bus.inhibitors().empty(); }));
}

TEST_CASE("logind: it dies in mid-suspend: an error, not a wait for ever") {
  Bench bench;
  bench.bus.start_logind();
  bench.begin_sleep();
  REQUIRE(bench.until([&] { return bench.bus.suspends() == 1; }));
  bench.bus.end_bus();
  REQUIRE(bench.ended());
  CHECK(without(bench.outcome->failure.value_or(""), "bus closed the connection") == "");
}

TEST_CASE("logind: mem_sleep is not deep: refused, as logind would write mem just so") {
  Bench bench;
  bench.bus.start_logind();
  bench.kernel.write("power/mem_sleep", "[s2idle]\n");
  CHECK(without(bench.check(), "no deep") == "");
}

TEST_CASE("logind: none on the bus, or no bus: a failure; auto goes by sys then") {
  Bench bench;
  CHECK(without(bench.check(), "ServiceUnknown") == "");
  bench.bus.end_bus();
  CHECK(without(bench.check(), "no system bus") == "");
  bench.settings.suspend = SuspendBy::automatic;
  bench.sleeper.reset();
  CHECK(bench.check().empty());
  bench.begin_sleep();
  REQUIRE(bench.ended());
  CHECK(!bench.outcome->failure);
  CHECK(bench.kernel.read("power/state") == "mem");
}

TEST_CASE("logind: auto: where it runs, sleep goes by it, and by its refusals") {
  Bench bench;
  bench.settings.suspend = SuspendBy::automatic;
  bench.bus.start_logind();
  CHECK(bench.check().empty());
  bench.begin_sleep();
  REQUIRE(bench.until([&] { return bench.bus.suspends() == 1; }));
  CHECK(bench.kernel.read("power/state") == "freeze mem disk\n");
  bench.bus.prepare_for_sleep(true);
  bench.bus.prepare_for_sleep(false);
  REQUIRE(bench.ended());
  const int held = bench.bus.inhibit("sleep", "block");
  CHECK(without(bench.check(), "blocks sleep") == "");
  close(held);
}

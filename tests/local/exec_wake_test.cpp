// The contract of ports::HostWake on real commands.
#include "drivers/local/exec_wake.h"

#include <fstream>
#include <iterator>
#include <optional>

#include "tests/local/running_loop.h"

using namespace drivers::local;
using namespace std::chrono_literals;
using actors::HostId;
using actors::ports::Power;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;

namespace {

const HostId kHost{"h1"};

drivers::HostCommands shell(const std::vector<std::string>& ways, const std::string& power = {}) {
  drivers::HostCommands out;
  for (const std::string& way : ways)
    out.wake.push_back({"sh", "-c", way});
  if (!power.empty()) out.power = {"sh", "-c", power};
  return out;
}

struct Fixture {
  explicit Fixture(const drivers::HostCommands& commands, reactor::Duration limit = 10s)
      : host_wake(running.loop, {{kHost, commands}}, limit) {}

  Result<Unit> wake(int attempt, const HostId& host = kHost) {
    return answer<Unit>([&](auto done) { host_wake.wake(host, attempt, done); });
  }
  Result<Power> read() {
    return answer<Power>([&](auto done) { host_wake.read(kHost, done); });
  }

  template <class T, class Call>
  Result<T> answer(Call call) {
    std::optional<Result<T>> got;
    int times = 0;
    call([&](Result<T> result) {
      got = std::move(result);
      ++times;
    });
    CHECK(times == 0);  // never from inside the call
    REQUIRE(running.until([&] { return got.has_value(); }));
    running.run_for(10ms);
    CHECK(times == 1);
    return *got;
  }

  RunningLoop running;
  ExecWake host_wake;
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("exec wake: the attempt-th way, and the last one from then on") {
  const TempFolder folder;
  const std::string log = folder.path / "log";
  Fixture fixture{shell({"echo first >> " + log, "echo second >> " + log})};
  for (const int attempt : {0, 1, 2, 100})
    CHECK(fixture.wake(attempt).ok());
  CHECK(text_of(log) == "first\nsecond\nsecond\nsecond\n");
}

TEST_CASE("exec wake: the command fails: refused, in its own words") {
  Fixture fixture{shell({"echo BMC does not answer >&2; exit 1"})};
  const auto result = fixture.wake(0);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  CHECK(result.error().detail == "wake command sh: exit status 1: BMC does not answer");
}

TEST_CASE("exec wake: the command hangs: it may have done its work") {
  Fixture fixture{shell({"exec sleep 1000"}, "exec sleep 1000"), 100ms};
  CHECK(fixture.wake(0).error().code == Errc::outcome_unknown);
  CHECK(fixture.read().error().code == Errc::unreachable);
}

TEST_CASE("exec wake: no such command, no such host: refused") {
  drivers::HostCommands commands;
  commands.wake = {{"/nowhere/wake"}};
  Fixture fixture{commands};
  CHECK(fixture.wake(0).error().code == Errc::refused);
  CHECK(fixture.wake(0, HostId{"h9"}).error().code == Errc::refused);
  CHECK(fixture.read().error().code == Errc::refused);
}

TEST_CASE("exec wake: power states: as printed, anything else is malformed") {
  CHECK(Fixture{shell({}, "echo on")}.read().value() == Power::on);
  CHECK(Fixture{shell({}, "printf 'asleep \\r\\n'")}.read().value() == Power::asleep);
  CHECK(Fixture{shell({}, "printf off")}.read().value() == Power::off);
  for (const char* said : {"true", "echo ON", "echo on off", "head -c 200000 /dev/zero"})
    CHECK(Fixture{shell({}, said)}.read().error().code == Errc::malformed);
  CHECK(Fixture{shell({}, "echo on; exit 1")}.read().error().code == Errc::refused);
}

TEST_CASE("exec wake: more than may run at once: the others wait their turn, all are answered") {
  const TempFolder folder;
  const std::string at = folder.path;
  // Each notes how many run beside it.
  Fixture fixture{shell({"touch " + at + "/$$.run; ls " + at + " | grep -c run >> " + at +
                         "/seen; sleep 0.05; rm " + at + "/$$.run"})};
  int answered = 0;
  constexpr int kAll = 30;
  for (int i = 0; i < kAll; ++i)
    fixture.host_wake.wake(kHost, 0, [&](const Result<Unit>& result) {
      CHECK(result.ok());
      ++answered;
    });
  REQUIRE(fixture.running.until([&] { return answered == kAll; }, 60s));
  std::ifstream seen{folder.path / "seen"};
  for (std::size_t beside = 0; seen >> beside;)
    CHECK(beside <= kMostCommands);
}

TEST_CASE("exec wake: more than may wait: unreachable at once") {
  Fixture fixture{shell({"exec sleep 1000"})};
  int refused = 0;
  for (std::size_t i = 0; i < kMostCommands + kMostWaiting + 5; ++i)
    fixture.host_wake.wake(kHost, 0, [&](const Result<Unit>& result) {
      CHECK(result.error().code == Errc::unreachable);
      ++refused;
    });
  CHECK(fixture.running.until([&] { return refused == 5; }));
}

TEST_CASE("exec wake: new commands while one runs: that one goes on, the next is new") {
  Fixture fixture{shell({"sleep 0.1; exit 0"})};
  std::optional<Result<Unit>> first;
  fixture.host_wake.wake(kHost, 0, [&](Result<Unit> result) { first = std::move(result); });
  fixture.host_wake.configure({{kHost, shell({"exit 7"})}}, 1s);
  CHECK_FALSE(fixture.wake(0).ok());
  REQUIRE(fixture.running.until([&] { return first.has_value(); }));
  CHECK(first->ok());
}

// A way's contract on real commands.
#include "drivers/power/exec_way.h"

#include <csignal>
#include <fstream>

#include "tests/power/answers.h"

using namespace drivers::power;
using namespace std::chrono_literals;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;

namespace {

struct Fixture {
  explicit Fixture(ExecWay::Commands commands, reactor::Duration limit = 10s)
      : way(running.loop, std::move(commands), limit) {}

  Result<Unit> wake() {
    return answer_of<Unit>(running, [&](auto done) { way.wake(done); });
  }
  Result<Power> read() {
    return answer_of<Power>(running, [&](auto done) { way.read(done); });
  }

  RunningLoop running;
  ExecWay way;
};

ExecWay::Commands shell(const std::string& wake, const std::string& read = {}) {
  ExecWay::Commands out{.wake = {"sh", "-c", wake}, .read = {}};
  if (!read.empty()) out.read = {"sh", "-c", read};
  return out;
}

bool alive(int pid) {
  return kill(pid, 0) == 0;
}

}  // namespace

TEST_CASE("exec way: the command ends well: the request went out") {
  CHECK(Fixture{shell("exit 0")}.wake().ok());
}

TEST_CASE("exec way: the command fails: refused, in its own words") {
  const auto result = Fixture{shell("echo BMC does not answer >&2; exit 1")}.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  CHECK(result.error().detail == "wake command sh: exit status 1: BMC does not answer");
}

TEST_CASE("exec way: the command hangs: it may have done its work") {
  Fixture fixture{shell("exec sleep 1000", "exec sleep 1000"), 100ms};
  CHECK(fixture.wake().error().code == Errc::outcome_unknown);
  CHECK(fixture.read().error().code == Errc::unreachable);
}

TEST_CASE("exec way: no such command: refused") {
  Fixture fixture{{.wake = {"/nowhere/wake"}, .read = {"/nowhere/read"}}};
  CHECK(fixture.wake().error().code == Errc::refused);
  CHECK(fixture.read().error().code == Errc::refused);
}

TEST_CASE("exec way: power states: as printed, anything else is malformed") {
  CHECK_FALSE(Fixture{shell("true")}.way.reads());
  CHECK(Fixture{shell("true", "echo on")}.read().value() == Power::on);
  CHECK(Fixture{shell("true", "printf 'asleep \\r\\n'")}.read().value() == Power::asleep);
  CHECK(Fixture{shell("true", "printf off")}.read().value() == Power::off);
  for (const char* said : {"true", "echo ON", "echo on off", "head -c 200000 /dev/zero"})
    CHECK(Fixture{shell("true", said)}.read().error().code == Errc::malformed);
  CHECK(Fixture{shell("true", "echo on; exit 1")}.read().error().code == Errc::refused);
}

TEST_CASE("exec way: it goes while its command runs: that is killed, and nobody is told") {
  const TempFolder folder;
  const std::string file = folder.path / "pid";
  RunningLoop running;
  int pid = 0;
  bool told = false;
  {
    ExecWay way{running.loop, shell("echo $$ > " + file + "; exec sleep 1000"), 100s};
    way.wake([&](const Result<Unit>&) { told = true; });
    REQUIRE(running.until([&] { return (std::ifstream{file} >> pid) && pid > 0; }));
  }
  CHECK(running.until([&] { return !alive(pid); }));
  CHECK_FALSE(told);
}

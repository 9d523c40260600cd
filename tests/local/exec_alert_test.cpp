// Alerts by real commands: what they get, in which order, and what becomes of one that hangs.
#include "drivers/local/exec_alert.h"

#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>

#include "tests/running_loop.h"

using namespace drivers::local;
using namespace std::chrono_literals;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;

namespace {

drivers::AlertCommand shell(const std::string& script, reactor::Duration limit = 10s) {
  return {{"sh", "-c", script}, limit};
}

std::string text_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

Result<Unit> tell(RunningLoop& running, ExecAlert& alert, const std::string& line) {
  std::optional<Result<Unit>> got;
  alert.tell(line, [&](Result<Unit> result) { got = std::move(result); });
  CHECK_FALSE(got);  // never from inside the call
  REQUIRE(running.until([&] { return got.has_value(); }));
  return *got;
}

}  // namespace

TEST_CASE("exec alert: each line is the command's input, with its end") {
  const TempFolder folder;
  const std::string file = folder.path / "got";
  RunningLoop running;
  ExecAlert alert{running.loop, shell("cat >> " + file)};
  CHECK(tell(running, alert, R"({"alert":"faulty"})").ok());
  CHECK(tell(running, alert, R"({"alert":"held"})").ok());
  CHECK(text_of(file) == "{\"alert\":\"faulty\"}\n{\"alert\":\"held\"}\n");
}

TEST_CASE(
    "exec alert: it hangs: ended at its deadline, and nobody knows whether people were told") {
  const TempFolder folder;
  const std::string file = folder.path / "pid";
  RunningLoop running;
  ExecAlert alert{running.loop, shell("echo $$ > " + file + "; exec sleep 1000", 300ms)};
  const auto result = tell(running, alert, "{}");
  CHECK(result.error().code == Errc::outcome_unknown);
  CHECK(result.error().detail == "sh: killed, as it had not ended by its deadline");
  CHECK(kill(std::stoi(text_of(file)), 0) != 0);  // it is gone
}

TEST_CASE("exec alert: it fails, or is not there: refused, in its own words") {
  RunningLoop running;
  ExecAlert failing{running.loop, shell("echo no mail server >&2; exit 75")};
  const auto result = tell(running, failing, "{}");
  CHECK(result.error().code == Errc::refused);
  CHECK(result.error().detail == "sh: exit status 75: no mail server");
  ExecAlert missing{running.loop, {{"/nowhere/alert"}, 1s}};
  CHECK(tell(running, missing, "{}").error().code == Errc::refused);
}

TEST_CASE("exec alert: no command: nobody is told, nothing comes back; a new one from then on") {
  RunningLoop running;
  ExecAlert alert{running.loop, {}};
  alert.tell("{}", [](const Result<Unit>&) { FAIL("told by whom?"); });
  running.run_for(50ms);
  alert.configure(shell("exit 0"));
  CHECK(tell(running, alert, "{}").ok());
}

TEST_CASE("exec alert: several at once: one after the other, in their order") {
  const TempFolder folder;
  const std::string file = folder.path / "got";
  RunningLoop running;
  ExecAlert alert{running.loop,
                  shell("read step; [ $step = raised ] && sleep 0.2; echo $step >> " + file)};
  int told = 0;
  for (const char* step : {"raised", "cleared"})
    alert.tell(step, [&](const Result<Unit>&) { ++told; });
  REQUIRE(running.until([&] { return told == 2; }));
  CHECK(text_of(file) == "raised\ncleared\n");
}

TEST_CASE("exec alert: more than may run or wait: unreachable at once, the others are not lost") {
  RunningLoop running;
  ExecAlert alert{running.loop, shell("exit 0")};
  std::size_t told = 0, refused = 0;
  constexpr std::size_t kTooMany = 5, kAll = 1 + kMostAlertsWaiting + kTooMany;
  for (std::size_t i = 0; i < kAll; ++i)
    alert.tell("{}", [&](const Result<Unit>& result) { ++(result.ok() ? told : refused); });
  REQUIRE(running.until([&] { return told + refused == kAll; }, 60s));
  CHECK(refused == kTooMany);
}

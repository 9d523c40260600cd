#include "drivers/process/child.h"

#include <csignal>
#include <fstream>
#include <map>
#include <optional>

#include "tests/running_loop.h"

using namespace drivers::process;
using namespace std::chrono_literals;

namespace {

using Argv = std::vector<std::string>;

ChildResult run(const Argv& argv, reactor::Duration limit = 10s, const std::string& input = {}) {
  RunningLoop running;
  Children children{running.loop};
  std::optional<ChildResult> result;
  int times = 0;
  children.run({argv, limit, input}, [&](ChildResult got) {
    result = std::move(got);
    ++times;
  });
  CHECK(times == 0);
  REQUIRE(running.until([&] { return result.has_value(); }));
  running.run_for(20ms);
  CHECK(times == 1);
  CHECK(children.running() == 0);
  return *result;
}

bool alive(int pid) {
  return kill(pid, 0) == 0;
}

}  // namespace

TEST_CASE("child: it ends: its exit status and both outputs") {
  const ChildResult result = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(result.exit_code == 3);
  CHECK(result.out == "out\n");
  CHECK(result.err == "err\n");
  CHECK(describe({"x"}, result) == "x: exit status 3: err");
}

TEST_CASE("child: arguments with blanks and quotes: as they are, no shell") {
  CHECK(run({"printf", "%s|", "a b", "$HOME", "'\""}).out == "a b|$HOME|'\"|");
}

TEST_CASE("child: no such program: said so, not from inside the call") {
  const ChildResult result = run({"/nowhere/wake"});
  CHECK(result.exit_code == -1);
  CHECK(describe({"/nowhere/wake"}, result) ==
        "/nowhere/wake: could not be started: no such file or directory");
}

TEST_CASE("child: it is given input: all of it, then the end") {
  const std::string input(300'000, 'x');
  CHECK(run({"wc", "-c"}, 10s, input).out == "300000\n");
  CHECK(run({"true"}, 10s, input).good());  // one that does not read it
}

TEST_CASE("child: it reads its input: there is none") {
  CHECK(run({"cat"}).good());
}

TEST_CASE("child: it prints more than is kept: cut, and it still ends by itself") {
  const ChildResult result = run({"sh", "-c", "head -c 3000000 /dev/zero; echo done >&2"});
  CHECK(result.good());
  CHECK(result.out.size() == kMostOutput);
  CHECK(result.err == "done\n");
}

TEST_CASE("child: it hangs: killed at the deadline, and reaped") {
  const ChildResult result = run({"sh", "-c", "echo $$; exec sleep 1000"}, 200ms);
  CHECK(result.timed_out);
  CHECK(result.signal == SIGKILL);
  CHECK(result.exit_code == -1);
  CHECK_FALSE(alive(std::stoi(result.out)));
  CHECK(describe({"x"}, result) == "x: killed, as it had not ended by its deadline");
}

TEST_CASE("child: it ends by a signal: no exit status") {
  const ChildResult result = run({"sh", "-c", "kill -9 $$"});
  CHECK(describe({"x"}, result) == "x: ended by signal 9");
}

TEST_CASE("child: it leaves a process that holds its output: waited for until the deadline only") {
  const ChildResult result = run({"sh", "-c", "sleep 1000 & echo $!"}, 300ms);
  CHECK(result.good());
  CHECK_FALSE(result.timed_out);
  CHECK(kill(std::stoi(result.out), SIGKILL) == 0);
}

TEST_CASE("children: their owner goes while they run: killed, and nobody is told") {
  const TempFolder folder;
  const std::string file = folder.path / "pid";
  int pid = 0;
  {
    RunningLoop running;
    bool told = false;
    {
      Children children{running.loop};
      children.run({{"sh", "-c", "echo $$ > " + file + "; exec sleep 1000"}, 100s},
                   [&](const ChildResult&) { told = true; });
      REQUIRE(running.until([&] { return (std::ifstream{file} >> pid) && pid > 0; }));
    }
    CHECK(running.until([&] { return !alive(pid); }));
    CHECK_FALSE(told);
  }
}

TEST_CASE("children: many at once: each its own result") {
  RunningLoop running;
  Children children{running.loop};
  std::map<int, std::string> out;
  for (int i = 0; i < 50; ++i)
    children.run({{"echo", std::to_string(i)}, 10s},
                 [&, i](const ChildResult& result) { out[i] = result.out; });
  REQUIRE(running.until([&] { return out.size() == 50; }));
  for (const auto& [i, text] : out)
    CHECK(text == std::to_string(i) + "\n");
}

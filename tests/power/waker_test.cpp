// The port on ways that do what the test says; and once on real commands from settings.
#include "drivers/power/waker.h"

#include <fstream>
#include <iterator>

#include "drivers/power/way_maker.h"
#include "tests/power/answers.h"

using namespace drivers::power;
using namespace std::chrono_literals;
using actors::HostId;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

/// What the ways of a test saw, and the calls that the test has yet to answer.
struct Seen {
  std::vector<std::string> calls;
  std::vector<std::pair<std::string, Done<Unit>>> wakes;
  std::vector<std::pair<std::string, Done<Power>>> reads;
  int alive = 0;
};

class FakeWay final : public Way {
 public:
  FakeWay(Seen& seen, std::string name, bool reads)
      : seen_(seen), name_(std::move(name)), reads_(reads) {
    ++seen_.alive;
  }
  ~FakeWay() override { --seen_.alive; }

  void wake(Done<Unit> done) override {
    seen_.calls.push_back("wake " + name_);
    seen_.wakes.emplace_back(name_, std::move(done));
  }
  bool reads() const override { return reads_; }
  void read(Done<Power> done) override {
    seen_.calls.push_back("read " + name_);
    seen_.reads.emplace_back(name_, std::move(done));
  }

 private:
  Seen& seen_;
  std::string name_;
  bool reads_;
};

const HostId kHost{"h1"};
using Calls = std::vector<std::string>;

struct Fixture {
  explicit Fixture(std::int64_t operations = 16) : waker(running.loop, {}, operations) {}

  std::unique_ptr<Way> way(const std::string& name, bool reads = false) {
    return std::make_unique<FakeWay>(seen, name, reads);
  }
  /// Ways "a", "b", ...; a capital one reads; "/" begins the host's reader.
  HostWays ways(const std::string& names) {
    HostWays out;
    for (const char name : names)
      out.wake.push_back(way({name}, name >= 'A' && name <= 'Z'));
    return out;
  }
  PoolWays pool(const std::string& names) {
    PoolWays out;
    out.emplace(kHost, ways(names));
    return out;
  }
  void wake(int attempt = 0, const HostId& host = kHost) {
    waker.wake(host, attempt, [this](const Result<Unit>& result) {
      answers.push_back(result.ok() ? "ok" : result.error().detail);
    });
  }
  bool called(std::size_t times) {
    return running.until([&] { return seen.calls.size() >= times; }, 2s);
  }
  void settle() { running.run_for(10ms); }

  Seen seen;
  RunningLoop running;
  Waker waker;
  std::vector<std::string> answers;
};

void finish(Seen& seen, Result<Unit> result = Unit{}) {
  REQUIRE_FALSE(seen.wakes.empty());
  auto [name, done] = std::move(seen.wakes.front());
  seen.wakes.erase(seen.wakes.begin());
  done(std::move(result));
}

}  // namespace

TEST_CASE("waker: the attempt-th way, and the last one from then on") {
  Fixture fixture;
  fixture.waker.configure(fixture.pool("ab"), 16);
  for (const int attempt : {-1, 0, 1, 2, 100}) {
    fixture.wake(attempt);
    REQUIRE(fixture.running.until([&] { return !fixture.seen.wakes.empty(); }));
    finish(fixture.seen);
  }
  CHECK(fixture.seen.calls == Calls{"wake a", "wake a", "wake b", "wake b", "wake b"});
}

TEST_CASE("waker: what a way answers: passed on, once, and not from inside the call") {
  Fixture fixture;
  fixture.waker.configure(fixture.pool("A"), 16);
  fixture.running.loop.on_turn_end([&] {
    for (auto& [name, done] : std::exchange(fixture.seen.wakes, {}))
      done(Error{Errc::outcome_unknown, "no word"});
    for (auto& [name, done] : std::exchange(fixture.seen.reads, {}))
      done(Power::asleep);
  });
  const auto woken =
      answer_of<Unit>(fixture.running, [&](auto done) { fixture.waker.wake(kHost, 0, done); });
  CHECK(woken.error().code == Errc::outcome_unknown);
  const auto state =
      answer_of<Power>(fixture.running, [&](auto done) { fixture.waker.read(kHost, done); });
  CHECK(state.value() == Power::asleep);
}

TEST_CASE("waker: no such host, or no way: refused, and said what is missing") {
  Fixture fixture;
  fixture.waker.configure(fixture.pool("a"), 16);
  const auto woken = answer_of<Unit>(fixture.running,
                                     [&](auto done) { fixture.waker.wake(HostId{"h9"}, 0, done); });
  CHECK(woken.error().code == Errc::refused);
  CHECK(woken.error().detail == "host h9 has no `wake:` in conf.yaml; give it one");
  const auto state =
      answer_of<Power>(fixture.running, [&](auto done) { fixture.waker.read(kHost, done); });
  CHECK(state.error().code == Errc::refused);
}

TEST_CASE(
    "waker: the state is read by the host's power command, else by the first way that reads") {
  Fixture fixture;
  fixture.waker.configure(fixture.pool("aBC"), 16);
  fixture.waker.read(kHost, [](const Result<Power>&) {});
  REQUIRE(fixture.called(1));
  PoolWays ways = fixture.pool("aBC");
  ways[kHost].reader = fixture.way("command", true);
  fixture.waker.configure(std::move(ways), 16);
  fixture.waker.read(kHost, [](const Result<Power>&) {});
  REQUIRE(fixture.called(2));
  CHECK(fixture.seen.calls == Calls{"read B", "read command"});
}

TEST_CASE("waker: one call at a time on a way: the next one when that has ended") {
  Fixture fixture;
  fixture.waker.configure(fixture.pool("Ab"), 16);
  fixture.wake(0);
  fixture.wake(0);
  fixture.wake(1);
  REQUIRE(fixture.called(2));
  fixture.settle();
  CHECK(fixture.seen.calls == Calls{"wake A", "wake b"});
  finish(fixture.seen);
  REQUIRE(fixture.called(3));
  CHECK(fixture.seen.calls.back() == "wake A");
  CHECK(fixture.answers == Calls{"ok"});
}

TEST_CASE("waker: more than may be in flight: they wait, wakes before reads") {
  Fixture fixture{2};
  PoolWays ways;
  for (const char* host : {"h1", "h2", "h3", "h4"}) {
    ways[HostId{host}].wake.push_back(fixture.way(host, true));
  }
  fixture.waker.configure(std::move(ways), 2);
  fixture.wake(0, HostId{"h1"});
  fixture.wake(0, HostId{"h2"});
  REQUIRE(fixture.called(2));
  fixture.waker.read(HostId{"h3"}, [](const Result<Power>&) {});
  fixture.wake(0, HostId{"h4"});
  fixture.settle();
  CHECK(fixture.seen.calls.size() == 2);
  finish(fixture.seen);
  REQUIRE(fixture.called(3));
  CHECK(fixture.seen.calls.back() == "wake h4");
  finish(fixture.seen);
  REQUIRE(fixture.called(4));
  CHECK(fixture.seen.calls.back() == "read h3");
}

TEST_CASE("waker: a dead way holds up nobody who is on another one") {
  Fixture fixture{2};
  PoolWays ways;
  ways[kHost].wake.push_back(fixture.way("dead"));
  ways[HostId{"h2"}].wake.push_back(fixture.way("good"));
  fixture.waker.configure(std::move(ways), 2);
  for (int i = 0; i < 5; ++i)
    fixture.wake(0, kHost);
  fixture.wake(0, HostId{"h2"});
  REQUIRE(fixture.called(2));
  CHECK(fixture.seen.calls == Calls{"wake dead", "wake good"});
}

TEST_CASE("waker: more than may wait: unreachable at once") {
  Fixture fixture{1};
  fixture.waker.configure(fixture.pool("a"), 1);
  for (std::size_t i = 0; i < kMostWaiting + 5; ++i)
    fixture.wake();
  CHECK(fixture.running.until([&] { return fixture.answers.size() == 5; }));
  CHECK(fixture.answers.front() == "20000 operations wait already; this one was not begun");
}

TEST_CASE("waker: new ways while one is asked: that one ends its call, then it goes") {
  Fixture fixture;
  fixture.waker.configure(fixture.pool("ax"), 16);
  fixture.wake(0);
  fixture.wake(0);  // waits for the first
  REQUIRE(fixture.called(1));
  fixture.waker.configure(fixture.pool("b"), 16);
  fixture.wake(0);
  REQUIRE(fixture.called(2));
  CHECK(fixture.seen.calls == Calls{"wake a", "wake b"});
  CHECK(fixture.seen.alive == 2);  // x went at once
  finish(fixture.seen);
  REQUIRE(fixture.called(3));
  CHECK(fixture.seen.calls.back() == "wake a");
  finish(fixture.seen);  // of b
  finish(fixture.seen);
  fixture.settle();
  CHECK(fixture.answers == Calls{"ok", "ok", "ok"});
  CHECK(fixture.seen.alive == 1);
}

TEST_CASE("waker: from settings: the commands of the file") {
  const TempFolder folder;
  const std::string log = folder.path / "log";
  RunningLoop running;
  WayMaker maker{running.loop};
  drivers::WakeSettings settings;
  settings.hosts[kHost] = {.wake = {drivers::ExecSettings{{"sh", "-c", "echo woken >> " + log}}},
                           .power_command = {"echo", "off"}};
  Waker waker{running.loop, maker.make(settings), settings.operations};
  CHECK(answer_of<Unit>(running, [&](auto done) { waker.wake(kHost, 0, done); }).ok());
  CHECK(answer_of<Power>(running, [&](auto done) { waker.read(kHost, done); }).value() ==
        Power::off);
  std::ifstream file{log};
  CHECK(std::string{std::istreambuf_iterator<char>{file}, {}} == "woken\n");
}

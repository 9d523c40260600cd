#include "drivers/redis/connection.h"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/redis/redis_fixture.h"

using namespace drivers::redis;
using namespace redis_tests;
using reactor::Errc;
using reactor::Loop;
using reactor::Result;

namespace {

struct Watched {
  int ups = 0, downs = 0;
  std::string why;
  ConnectionEvents events() {
    return {[this] { ++ups; },
            [this](std::string reason) {
              ++downs;
              why = std::move(reason);
            }};
  }
};

// Counts answers by command; each must come exactly once.
struct Answers {
  std::vector<int> counts;
  int unknown = 0, unreachable = 0, good = 0;
  ReplyDone next() {
    const std::size_t i = counts.size();
    counts.push_back(0);
    return [this, i](const Result<Value>& reply) {
      ++counts[i];
      if (reply.ok()) {
        ++good;
      } else if (reply.error().code == Errc::outcome_unknown) {
        ++unknown;
      } else {
        ++unreachable;
      }
    };
  }
  bool all_once() const {
    return std::all_of(counts.begin(), counts.end(), [](int count) { return count == 1; });
  }
};

/// What is logged while it lives.
class Log {
 public:
  Log() : before_(spdlog::default_logger()) {
    const auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(text_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
  }
  ~Log() { spdlog::set_default_logger(before_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// In how many lines it stands.
  std::size_t count(std::string_view what) const {
    std::istringstream lines{text_.str()};
    std::size_t found = 0;
    for (std::string line; std::getline(lines, line);)
      if (line.find(what) != std::string::npos) ++found;
    return found;
  }

 private:
  std::shared_ptr<spdlog::logger> before_;
  std::ostringstream text_;
};

void write_file(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream{path} << text;
  chmod(path.c_str(), mode);
}

// One life of a server: up, a command each millisecond besides a blocked XREAD, then `signal`.
// Gives how long it took until the connection knew.
Duration noticed_after(Loop& loop, RedisServer& server, const Endpoint& endpoint, int signum,
                       Answers& answers) {
  Watched watched;
  Connection connection{loop, endpoint, watched.events(), 1};
  REQUIRE(run_until(loop, [&] { return connection.up(); }));
  connection.command({"XREAD", "BLOCK", "1000", "STREAMS", "s", "$"}, answers.next(),
                     Duration{1'000});
  reactor::Timer traffic{loop, [&] { connection.command({"PING"}, answers.next()); }};
  traffic.start(Duration{1}, Duration{1});
  run_for(loop, Duration{20});
  const auto killed = std::chrono::steady_clock::now();
  server.signal(signum);
  CHECK(run_until(
      loop, [&] { return watched.downs == 1; }, Duration{5'000}));
  const auto took = std::chrono::steady_clock::now() - killed;
  traffic.stop();
  run_for(loop, Duration{20});  // those that were not sent answer in the next turn
  CHECK(answers.all_once());
  CHECK(watched.downs == 1);
  return std::chrono::duration_cast<Duration>(took);
}

/// 20, or as the environment says: by hand.
int kills() {
  const char* asked = std::getenv("NEMURI_REDIS_KILLS");
  return asked ? std::stoi(asked) : 20;
}

}  // namespace

TEST_CASE("connection: a server is there: up, commands answered by value in order") {
  RedisServer server;
  Loop loop;
  Watched watched;
  Connection connection{loop, server.unix_endpoint(), watched.events(), 1};
  CHECK_FALSE(connection.up());
  REQUIRE(run_until(loop, [&] { return connection.up(); }));
  CHECK(watched.ups == 1);
  CHECK(connection.why_down().empty());
  CHECK(ask(loop, connection, {"SET", "a", std::string{"x\0y", 3}}).value().text == "OK");
  CHECK(ask(loop, connection, {"GET", "a"}).value().text == std::string{"x\0y", 3});
  CHECK(ask(loop, connection, {"INCR", "n"}).value().integer == 1);
  CHECK(ask(loop, connection, {"GET", "none"}).value().kind == Value::Kind::nil);
  const auto array = ask(loop, connection, {"MGET", "n", "none"});
  REQUIRE(array.value().items.size() == 2);
  CHECK(array.value().items[0].text == "1");
  CHECK(ask(loop, connection, {"INCR", "a"}).error().code == Errc::refused);
}

TEST_CASE("connection: not up: a command answers unreachable, later and once") {
  Loop loop;
  Endpoint nowhere;
  nowhere.unix_path = "/nonexistent/redis.sock";
  Connection connection{loop, nowhere, {}, 1};
  Answers answers;
  connection.command({"PING"}, answers.next());
  CHECK(answers.counts[0] == 0);
  REQUIRE(run_until(loop, [&] { return answers.unreachable == 1; }));
  CHECK(answers.all_once());
  REQUIRE(run_until(loop, [&] { return !connection.why_down().empty(); }));
  CHECK(connection.why_down().find("No such file") != std::string::npos);
}

TEST_CASE("connection: server absent at start: up once it comes, by name too") {
  Loop loop;
  RedisServer server{true};
  server.kill();
  Endpoint by_name = server.tcp_endpoint();
  by_name.host = "localhost";
  Connection connection{loop, by_name, {}, 1};
  run_for(loop, Duration{300});
  CHECK_FALSE(connection.up());
  server.start();
  CHECK(run_until(loop, [&] { return connection.up(); }));
}

TEST_CASE(
    "connection: server killed, 20 times: noticed within 3 s, all answered once, comes back") {
  RedisServer server{true};
  Loop loop;
  Duration longest{};
  for (int i = 0; i < kills(); ++i) {
    Answers answers;
    const Endpoint endpoint = i % 2 == 0 ? server.tcp_endpoint() : server.unix_endpoint();
    const Duration took = noticed_after(loop, server, endpoint, SIGKILL, answers);
    CHECK(took < Duration{3'000});
    longest = std::max(longest, took);
    server.kill();
    server.start();
  }
  MESSAGE("killed ", kills(), " times; noticed after ", longest.count(), " ms at most");
  Watched watched;
  Connection connection{loop, server.tcp_endpoint(), watched.events(), 1};
  REQUIRE(run_until(loop, [&] { return connection.up(); }));
  server.kill();
  REQUIRE(run_until(loop, [&] { return watched.downs == 1; }));
  server.start();
  CHECK(run_until(
      loop, [&] { return connection.up(); }, Duration{4'000}));
  CHECK(ask(loop, connection, {"PING"}).value().text == "PONG");
}

TEST_CASE("connection: server hangs: noticed within 3 s, comes back when it goes on") {
  RedisServer server{true};
  Loop loop;
  Answers answers;
  CHECK(noticed_after(loop, server, server.tcp_endpoint(), SIGSTOP, answers) < Duration{3'000});
  CHECK(answers.unknown > 0);
  Connection connection{loop, server.tcp_endpoint(), {}, 1};
  run_for(loop, Duration{200});
  CHECK_FALSE(connection.up());
  server.signal(SIGCONT);
  CHECK(run_until(loop, [&] { return connection.up(); }));
}

TEST_CASE("connection: idle, server hangs: noticed within 3 s by the unanswered PING") {
  RedisServer server;
  Loop loop;
  Watched watched;
  Connection connection{loop, server.unix_endpoint(), watched.events(), 1};
  REQUIRE(run_until(loop, [&] { return connection.up(); }));
  server.signal(SIGSTOP);
  CHECK(run_until(
      loop, [&] { return watched.downs == 1; }, Duration{3'000}));
}

TEST_CASE("connection: our own loop was held up: not taken for the server's silence") {
  RedisServer server;
  Loop loop;
  Watched watched;
  Connection connection{loop, server.unix_endpoint(), watched.events(), 1};
  REQUIRE(run_until(loop, [&] { return connection.up(); }));
  Answers answers;
  connection.command({"PING"}, answers.next());
  std::this_thread::sleep_for(std::chrono::milliseconds{2'000});  // the stall is what is tested
  run_for(loop, Duration{300});
  CHECK(answers.good == 1);
  CHECK(watched.downs == 0);
}

TEST_CASE("connection: dropped: commands out answer outcome_unknown, then down, then up again") {
  RedisServer server;
  Loop loop;
  Watched watched;
  Connection connection{loop, server.unix_endpoint(), watched.events(), 1};
  REQUIRE(run_until(loop, [&] { return connection.up(); }));
  Answers answers;
  connection.command({"XREAD", "BLOCK", "1000", "STREAMS", "s", "$"}, answers.next());
  connection.drop("the test says so");
  CHECK_FALSE(connection.up());
  CHECK(answers.counts[0] == 0);
  REQUIRE(run_until(loop, [&] { return watched.ups == 2; }));
  CHECK(answers.unknown == 1);
  CHECK(watched.downs == 1);
  CHECK(watched.why == "the test says so");
}

TEST_CASE("connection: dropped from inside an answer: the others answer once") {
  RedisServer server;
  Loop loop;
  Watched watched;
  Connection connection{loop, server.unix_endpoint(), watched.events(), 1};
  REQUIRE(run_until(loop, [&] { return connection.up(); }));
  Answers answers;
  connection.command({"PING"}, [&](const Result<Value>&) { connection.drop("from inside"); });
  for (int i = 0; i < 5; ++i)
    connection.command({"PING"}, answers.next());
  REQUIRE(run_until(loop, [&] { return watched.ups == 2; }));
  CHECK(answers.all_once());
  CHECK(answers.unknown == 5);
}

TEST_CASE("connection: destroyed with commands out: none of them runs") {
  RedisServer server;
  Loop loop;
  Answers answers;
  {
    Connection connection{loop, server.unix_endpoint(), {}, 1};
    connection.command({"PING"}, answers.next());
    REQUIRE(run_until(loop, [&] { return connection.up(); }));
    connection.command({"PING"}, answers.next());
  }
  run_for(loop, Duration{50});
  CHECK(answers.counts == std::vector<int>{1, 0});
}

TEST_CASE("connection: password: right one lets in, wrong one and an open file do not") {
  RedisServer server{false, {"--requirepass", "secret"}};
  Loop loop;
  Endpoint endpoint = server.unix_endpoint();
  endpoint.user = "default";
  endpoint.password_file = server.folder().file("password");
  Connection connection{loop, endpoint, {}, 1};
  const auto says = [&](const char* text) {
    return [&, text] { return connection.why_down().find(text) != std::string::npos; };
  };
  CHECK(run_until(loop, says("No such file")));
  write_file(endpoint.password_file, "secret\n", 0644);
  CHECK(run_until(loop, says("others may read it")));
  write_file(endpoint.password_file, "wrong\n", 0600);
  CHECK(run_until(loop, says("WRONGPASS")));
  write_file(endpoint.password_file, "secret\n", 0600);
  CHECK(run_until(loop, [&] { return connection.up(); }));
}

TEST_CASE(
    "connection: an outage: one line when it begins and one when it is over, not one a retry") {
  const Log log;
  RedisServer server{false};
  Loop loop;
  Connection connection{loop, server.unix_endpoint(), {}, 1};
  Connection second{loop, server.unix_endpoint(), {}, 2, Voice::silent};
  for (const std::size_t outages : {1U, 2U}) {
    REQUIRE(run_until(loop, [&] { return connection.up() && second.up(); }));
    server.kill();
    REQUIRE(run_until(loop, [&] { return !connection.up() && !second.up(); }));
    run_for(loop, Duration{1'500});  // a good many attempts
    CHECK(log.count("trying again") == outages);
    server.start();
    REQUIRE(run_until(loop, [&] { return connection.up() && second.up(); }));
    CHECK(log.count("connected again") == outages);
  }
}

TEST_CASE("connection: refused by Redis itself: said once, though it was out of reach before") {
  const Log log;
  RedisServer server{false, {"--requirepass", "secret"}};
  server.kill();
  Loop loop;
  Connection connection{loop, server.unix_endpoint(), {}, 1};
  run_for(loop, Duration{1'000});
  server.start();
  REQUIRE(run_until(loop, [&] { return log.count("NOAUTH") == 1; }));
  run_for(loop, Duration{1'500});
  CHECK(log.count("NOAUTH") == 1);
  CHECK(log.count("trying again") == 2);
}

TEST_CASE("connection: addresses: what is none is refused with the reason") {
  CHECK(parse_url("tcp://10.0.0.1:6379").value().host == "10.0.0.1");
  CHECK(parse_url("redis.example:1").value().port == 1);
  CHECK(parse_url("tcp://[::1]:6379").value().host == "::1");
  CHECK(to_string(parse_url("[::1]:6379").value()) == "tcp://[::1]:6379");
  CHECK(parse_url("unix:/run/redis.sock").value().unix_path == "/run/redis.sock");
  for (const char* bad : {"", "tcp://", "tcp://h", "tcp://h:", "tcp://h:0", "tcp://h:65536",
                          "tcp://h:1x", ":6379", "unix:", "unix:relative", "http://h:80", "a b:1"})
    CHECK_MESSAGE(parse_url(bad).error().code == Errc::malformed, bad);
  CHECK_FALSE(parse_url("unix:/" + std::string(107, 'x')).ok());
}

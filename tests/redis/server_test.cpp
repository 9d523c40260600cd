#include "drivers/redis/server.h"

#include <doctest/doctest.h>

#include <fstream>

#include "drivers/redis/holder.h"
#include "drivers/redis/private_files.h"
#include "drivers/redis/redis_stream.h"
#include "drivers/redis/wire.h"
#include "tests/redis/redis_fixture.h"

using namespace drivers::redis;
using namespace redis_tests;
using reactor::Errc;
using reactor::Loop;
using reactor::Result;
using reactor::Unit;

namespace {

// A state folder whose redis-server, whoever started it, is gone when the test ends.
class State {
 public:
  ~State() {
    std::ifstream file{folder_.file("state/redis/redis.pid")};
    pid_t pid = 0;
    if (!(file >> pid)) return;
    std::error_code error;
    const std::string cwd = "/proc/" + std::to_string(pid) + "/cwd";
    if (!std::filesystem::equivalent(cwd, path() + "/redis", error) || error) return;
    ::kill(pid, SIGKILL);
    while (std::filesystem::exists(cwd, error) && waitpid(pid, nullptr, WNOHANG) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  std::string path() const { return folder_.file("state"); }
  ServerSettings settings() const {
    ServerSettings settings;
    settings.state_dir = path();
    settings.pool = "p";
    settings.hosts = {{"h1"}, {"h2"}};
    return settings;
  }
  Endpoint endpoint(const std::string& user, const std::string& secret) const {
    Endpoint endpoint;
    endpoint.unix_path = path() + "/redis/redis.sock";
    endpoint.user = user;
    endpoint.password_file = path() + "/secrets/" + secret;
    return endpoint;
  }
  Endpoint controller() const { return endpoint("nemuri-controller", "controller"); }
  Endpoint agent(const std::string& host) const {
    return endpoint("agent-" + host, "agent-" + host);
  }

 private:
  TempFolder folder_;
};

Result<Endpoint> started(Loop& loop, Server& server) {
  std::optional<Result<Endpoint>> result;
  server.start([&](Result<Endpoint> endpoint) { result.emplace(std::move(endpoint)); });
  REQUIRE(run_until(
      loop, [&] { return result.has_value(); }, Duration{30'000}));
  return *result;
}

void stopped(Loop& loop, Server& server) {
  bool done = false;
  server.stop([&] { done = true; });
  REQUIRE(run_until(
      loop, [&] { return done; }, Duration{30'000}));
  CHECK(server.pid() == 0);
}

bool alive(pid_t pid) {
  return std::filesystem::exists("/proc/" + std::to_string(pid) + "/cwd");
}

// A run of nemuri that is killed: a process of its own, SIGKILLed once its server runs.
pid_t server_of_a_killed_run(const ServerSettings& settings) {
  int pipe_fds[2];
  REQUIRE(pipe(pipe_fds) == 0);
  const pid_t run = fork();
  if (run == 0) {
    Loop loop;
    Server server{loop, settings};
    server.start([&](const Result<Endpoint>& endpoint) {
      const pid_t pid = endpoint.ok() ? server.pid() : -1;
      if (write(pipe_fds[1], &pid, sizeof(pid)) < 0) _exit(1);
    });
    loop.run();
    _exit(0);
  }
  pid_t pid = 0;
  CHECK(read(pipe_fds[0], &pid, sizeof(pid)) == sizeof(pid));
  ::kill(run, SIGKILL);
  waitpid(run, nullptr, 0);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
  return pid;
}

/// A small file's first line.
std::string text_of(const std::string& path) {
  return read_small_file(path).value();
}

std::vector<std::string> hset(const Keys& keys, const std::string& host) {
  return {"HSET", keys.host({host}), "epoch", "1"};
}

}  // namespace

TEST_CASE("own server: started: takes commands of the controller, keeps them over a stop") {
  const State state;
  Loop loop;
  Server server{loop, state.settings()};
  const Endpoint endpoint = started(loop, server).value();
  {
    Connection connection{loop, endpoint, {}, 1};
    CHECK(ask(loop, connection, {"SET", Keys{"p"}.epoch(), "4"}).ok());
    CHECK(ask(loop, connection, {"SET", "other", "4"}).error().detail.starts_with("NOPERM"));
    CHECK(ask(loop, connection, {"CONFIG", "GET", "maxmemory-policy"}).value().items[1].text ==
          "noeviction");
  }
  const pid_t pid = server.pid();
  stopped(loop, server);
  CHECK_FALSE(alive(pid));
  Server again{loop, state.settings()};
  REQUIRE(started(loop, again).ok());
  CHECK_FALSE(again.adopted());
  {
    Connection connection{loop, endpoint, {}, 1};
    CHECK(ask(loop, connection, {"GET", Keys{"p"}.epoch()}).value().text == "4");
  }
  stopped(loop, again);
}

TEST_CASE("own server: files: nobody else can read them; no user without a secret") {
  const State state;
  Loop loop;
  Server server{loop, state.settings()};
  REQUIRE(started(loop, server).ok());
  for (const char* file : {"/secrets/controller", "/secrets/agent-h1", "/redis/users.acl"}) {
    struct stat info {};
    REQUIRE(stat((state.path() + file).c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600U);
  }
  for (const char* file : {"/secrets/controller", "/secrets/agent-h1"})
    CHECK(text_of(state.path() + "/redis/users.acl").find(text_of(state.path() + file)) ==
          std::string::npos);
  Endpoint nobody = state.controller();
  nobody.user.clear();
  nobody.password_file.clear();
  Connection connection{loop, nobody, {}, 1};
  CHECK(run_until(loop, [&] { return connection.why_down().find("NOAUTH") != std::string::npos; }));
  Connection named{loop, state.endpoint("default", "controller"), {}, 1};
  CHECK(run_until(loop, [&] { return named.why_down().find("WRONGPASS") != std::string::npos; }));
  stopped(loop, server);
}

TEST_CASE("own server: an agent's user: its own hash and orders, adding to stats and replies") {
  const State state;
  const Keys keys{"p"};
  Loop loop;
  Server server{loop, state.settings()};
  REQUIRE(started(loop, server).ok());
  Connection h1{loop, state.agent("h1"), {}, 1};
  const std::vector<std::vector<std::string>> allowed{
      hset(keys, "h1"),
      {"HGETALL", keys.host({"h1"})},
      {"XREAD", "COUNT", "1", "STREAMS", keys.orders({"h1"}), "0"},
      {"XREVRANGE", keys.orders({"h1"}), "+", "-", "COUNT", "1"},
      xadd(keys.stats(), 1'000, {{"v", "1"}}),
      xadd(keys.replies(), 1'000, {{"host", "h1"}}),
      {"TIME"},
      {"PING"}};
  for (const auto& words : allowed)
    CHECK_MESSAGE(ask(loop, h1, words).ok(), words[0], " ", words.back());
  const std::vector<std::vector<std::string>> refused{
      hset(keys, "h2"),
      {"HGETALL", keys.host({"h2"})},
      hset(keys, "h1:x"),
      {"HSET", keys.stats(), "a", "b"},
      {"XREAD", "STREAMS", keys.orders({"h2"}), "0"},
      xadd(keys.orders({"h1"}), 10, {{"order", "suspend"}}),
      xadd(keys.journal(), 10, {{"a", "b"}}),
      {"XRANGE", keys.stats(), "-", "+"},
      {"XTRIM", keys.stats(), "MAXLEN", "0"},
      {"DEL", keys.host({"h1"})},
      {"GET", keys.lease()},
      {"SET", keys.lease(), "me 1"},
      {"EVAL", "return 1", "0"},
      {"CONFIG", "GET", "*"},
      {"ACL", "LIST"},
      {"KEYS", "*"},
      {"SHUTDOWN"}};
  for (const auto& words : refused) {
    const auto answer = ask(loop, h1, words);
    REQUIRE_MESSAGE(!answer.ok(), words[0], " ", words[1]);
    CHECK_MESSAGE(answer.error().detail.starts_with("NOPERM"), answer.error().detail);
  }
  stopped(loop, server);
}

TEST_CASE("own server: hosts change: new ones get in, removed ones are thrown out, others stay") {
  const State state;
  Loop loop;
  Server server{loop, state.settings()};
  REQUIRE(started(loop, server).ok());
  int h1_downs = 0;
  Connection h1{loop, state.agent("h1"), {{}, [&](const std::string&) { ++h1_downs; }}, 1};
  Connection h2{loop, state.agent("h2"), {}, 1};
  REQUIRE(run_until(loop, [&] { return h1.up() && h2.up(); }));
  std::optional<Result<Unit>> set;
  server.set_hosts({{"h1"}, {"h3"}}, [&](Result<Unit> result) { set.emplace(std::move(result)); });
  REQUIRE(run_until(loop, [&] { return set.has_value(); }));
  CHECK(set->ok());
  Connection h3{loop, state.agent("h3"), {}, 1};
  CHECK(ask(loop, h3, hset(Keys{"p"}, "h3")).ok());
  CHECK(run_until(loop, [&] { return !h2.up(); }));
  CHECK(h1.up());
  CHECK(h1_downs == 0);
  set.reset();
  server.set_hosts({{"h*"}}, [&](Result<Unit> result) { set.emplace(std::move(result)); });
  REQUIRE(run_until(loop, [&] { return set.has_value(); }));
  CHECK(set->error().detail.find("\"h*\"") != std::string::npos);
  stopped(loop, server);
}

TEST_CASE(
    "own server: listens for agents: reached by TCP with a secret only; port taken: says so") {
  const State state, other;
  Loop loop;
  ServerSettings settings = state.settings();
  const int port = free_port();
  settings.listen = "127.0.0.1:" + std::to_string(port);
  Server server{loop, settings};
  REQUIRE(started(loop, server).ok());
  Endpoint by_tcp = state.agent("h1");
  by_tcp.unix_path.clear();
  by_tcp.host = "127.0.0.1";
  by_tcp.port = port;
  Connection h1{loop, by_tcp, {}, 1};
  CHECK(ask(loop, h1, hset(Keys{"p"}, "h1")).ok());

  ServerSettings taken = other.settings();
  taken.listen = settings.listen;
  Server second{loop, taken};
  const auto refused = started(loop, second);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().detail.find("redis.listen " + settings.listen + ": taken") !=
        std::string::npos);
  CHECK(second.pid() == 0);  // and none is left behind
  CHECK(h1.up());
  stopped(loop, server);
}

TEST_CASE("own server: our run is killed: the next one adopts the server, with its own settings") {
  const State state;
  const pid_t pid = server_of_a_killed_run(state.settings());
  REQUIRE(pid > 0);
  CHECK(alive(pid));
  Loop loop;
  ServerSettings settings = state.settings();
  settings.hosts = {{"h1"}, {"h9"}};
  settings.listen = "127.0.0.1:" + std::to_string(free_port());
  Server server{loop, settings};
  REQUIRE(started(loop, server).ok());
  CHECK(server.adopted());
  CHECK(server.pid() == pid);
  Connection h9{loop, state.agent("h9"), {}, 1};
  CHECK(ask(loop, h9, hset(Keys{"p"}, "h9")).ok());
  Endpoint by_tcp = state.controller();
  by_tcp.unix_path.clear();
  by_tcp.host = "127.0.0.1";
  by_tcp.port = parse_url(settings.listen).value().port;
  Connection controller{loop, by_tcp, {}, 1};
  CHECK(ask(loop, controller, {"PING"}).ok());

  ::kill(pid, SIGKILL);  // an adopted one is started again too
  REQUIRE(run_until(loop, [&] { return server.pid() != 0 && server.pid() != pid; }));
  CHECK(ask(loop, controller, {"PING"}).ok());
  CHECK_FALSE(server.adopted());
  stopped(loop, server);
}

TEST_CASE("own server: the one left over hangs: ended, a new one started") {
  const State state;
  const pid_t pid = server_of_a_killed_run(state.settings());
  ::kill(pid, SIGSTOP);
  Loop loop;
  Server server{loop, state.settings()};
  REQUIRE(started(loop, server).ok());
  CHECK(server.pid() != pid);
  CHECK_FALSE(alive(pid));
  stopped(loop, server);
}

TEST_CASE("own server: a stale pid of another process: left alone") {
  const State state;
  Loop loop;
  {
    Server server{loop, state.settings()};
    REQUIRE(started(loop, server).ok());
    stopped(loop, server);
  }
  std::ofstream{state.path() + "/redis/redis.pid"} << getpid() << "\n";
  Server server{loop, state.settings()};
  REQUIRE(started(loop, server).ok());
  CHECK_FALSE(server.adopted());
  stopped(loop, server);
}

// Redis reads these back as one transaction, and asks for the rights of its default user.
TEST_CASE("own server: killed, started again: what one script wrote in two commands is there") {
  const State state;
  const Keys keys{"p"};
  Loop loop;
  Server server{loop, state.settings()};
  Connection connection{loop, started(loop, server).value(), {}, 1};
  constexpr const char* kTwo = "redis.call('SET', KEYS[1], 'a') redis.call('SET', KEYS[2], 'b')";
  CHECK(ask(loop, connection, {"EVAL", kTwo, "2", keys.epoch(), keys.lease()}).ok());
  const pid_t pid = server.pid();
  ::kill(pid, SIGKILL);
  REQUIRE(run_until(loop, [&] { return server.pid() != 0 && server.pid() != pid; }));
  CHECK(ask(loop, connection, {"GET", keys.epoch()}).value().text == "a");
  CHECK(ask(loop, connection, {"GET", keys.lease()}).value().text == "b");
  stopped(loop, server);
}

TEST_CASE("own server: killed while we run: started again, data and port are back") {
  const State state;
  Loop loop;
  ServerSettings settings = state.settings();
  settings.listen = "127.0.0.1:" + std::to_string(free_port());
  Server server{loop, settings};
  const Endpoint endpoint = started(loop, server).value();
  Connection connection{loop, endpoint, {}, 1};
  Endpoint by_tcp = state.agent("h1");
  by_tcp.unix_path.clear();
  by_tcp.host = "127.0.0.1";
  by_tcp.port = parse_url(settings.listen).value().port;
  Connection agent{loop, by_tcp, {}, 1};
  REQUIRE(run_until(loop, [&] { return agent.up(); }));
  for (int i = 0; i < 3; ++i) {
    CHECK(ask(loop, connection, {"INCR", Keys{"p"}.epoch()}).value().integer == i + 1);
    const pid_t pid = server.pid();
    ::kill(pid, SIGKILL);
    REQUIRE(run_until(loop, [&] { return server.pid() != 0 && server.pid() != pid; }));
    CHECK(run_until(loop, [&] { return connection.up() && agent.up(); }));
  }
  stopped(loop, server);
}

TEST_CASE("own server: what can't run says why") {
  const State state, open_folder, broken;
  Loop loop;
  ServerSettings settings = state.settings();
  settings.program = "/nonexistent/redis-server";
  Server missing{loop, settings};
  CHECK(started(loop, missing).error().detail.find("no such file") != std::string::npos);

  std::filesystem::create_directory(open_folder.path());
  chmod(open_folder.path().c_str(), 0755);
  Server readable{loop, open_folder.settings()};
  CHECK(started(loop, readable).error().detail.find("chmod 700") != std::string::npos);

  std::filesystem::create_directories(broken.path() + "/redis/appendonlydir");
  for (const char* folder : {"", "/redis", "/redis/appendonlydir"})
    chmod((broken.path() + folder).c_str(), 0700);
  std::ofstream{broken.path() + "/redis/appendonlydir/appendonly.aof.manifest"} << "junk\n";
  Server spoiled{loop, broken.settings()};
  const std::string why = started(loop, spoiled).error().detail;
  CHECK_MESSAGE(why.find("AOF") != std::string::npos, why);
}

// The tail socket with real clients: plain sockets, and socat where there is one.
#include "drivers/local/line_server.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "drivers/local/child.h"
#include "tests/local/running_loop.h"

using namespace drivers::local;
using namespace std::chrono_literals;

namespace {

class Client {
 public:
  explicit Client(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~Client() { hang_up(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& text) {
    CHECK(write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void send_no_more() const { shutdown(fd_, SHUT_WR); }
  void hang_up() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  /// Takes what is there.
  void take() {
    std::array<char, 64 * 1024> room;
    for (;;) {
      const ssize_t size = ::read(fd_, room.data(), room.size());
      closed = size == 0;
      if (size <= 0) return;
      partial_.append(room.data(), static_cast<std::size_t>(size));
      std::size_t begin = 0;
      for (std::size_t end = 0; (end = partial_.find('\n', begin)) != partial_.npos;
           begin = end + 1)
        lines.push_back(partial_.substr(begin, end - begin));
      partial_.erase(0, begin);
    }
  }

  bool connected = false;
  bool closed = false;  ///< by the server
  std::vector<std::string> lines;

 private:
  int fd_;
  std::string partial_;
};

struct Fixture {
  explicit Fixture(std::size_t client_bytes = 4 << 20, std::size_t history_bytes = 16 << 20,
                   reactor::Duration no_progress = 30s)
      : server(running.loop, {path, "", client_bytes, history_bytes, no_progress},
               [](const std::string& request) { return R"({"answer":)" + request + "}"; }) {
    REQUIRE(server.open().ok());
  }

  bool lines_of(Client& client, std::size_t count) {
    return running.until([&] {
      client.take();
      return client.lines.size() >= count;
    });
  }
  bool clients(std::size_t count) {
    return running.until([&] { return server.clients() == count; });
  }

  TempFolder folder;
  std::string path = folder.path / "tail.sock";
  RunningLoop running;
  LineServer server;
};

using Lines = std::vector<std::string>;

bool is_lost(const std::string& line) {
  return line.starts_with(R"({"type":"lost","count":)");
}

std::int64_t lost_by(const Lines& lines) {
  std::int64_t lost = 0;
  for (const std::string& line : lines)
    if (is_lost(line)) lost += nlohmann::json::parse(line)["count"].get<std::int64_t>();
  return lost;
}

std::int64_t events_of(const Lines& lines) {
  return std::ranges::count_if(lines, [](const std::string& line) { return !is_lost(line); });
}

}  // namespace

TEST_CASE("tail socket: a client that only listens: the live tail, not what was before") {
  Fixture fixture;
  fixture.server.publish("before");
  Client client{fixture.path};
  REQUIRE(fixture.clients(1));
  fixture.running.run_for(250ms);
  fixture.server.publish("a");
  fixture.server.publish("b");
  REQUIRE(fixture.lines_of(client, 2));
  CHECK(client.lines == Lines{"a", "b"});
}

TEST_CASE("tail socket: a client asks for the past: that, then the live tail") {
  Fixture fixture;
  fixture.server.publish("old");
  fixture.running.run_for(600ms);
  fixture.server.publish("young");
  fixture.running.run_for(50ms);
  Client all{fixture.path}, half_a_second{fixture.path}, none{fixture.path};
  all.send("{\"op\":\"tail\",\"since_ms\":600000}\n");
  half_a_second.send("{\"op\":\"tail\",\"since_ms\":400}\n");
  none.send("{\"op\":\"tail\"}\n");
  REQUIRE(fixture.lines_of(all, 2));
  REQUIRE(fixture.lines_of(half_a_second, 1));
  fixture.running.run_for(50ms);
  fixture.server.publish("live");
  REQUIRE(fixture.lines_of(all, 3));
  REQUIRE(fixture.lines_of(half_a_second, 2));
  REQUIRE(fixture.lines_of(none, 1));
  CHECK(all.lines == Lines{"old", "young", "live"});
  CHECK(half_a_second.lines == Lines{"young", "live"});
  CHECK(none.lines == Lines{"live"});
}

TEST_CASE("tail socket: another request: answered in one line, and no tail") {
  Fixture fixture;
  Client client{fixture.path};
  client.send("{\"op\":\"status\"}\n");
  REQUIRE(fixture.lines_of(client, 1));
  fixture.running.run_for(300ms);
  fixture.server.publish("event");
  client.send("{\"op\":\"vm\",\"vm\":\"web1\"}\n");
  REQUIRE(fixture.lines_of(client, 2));
  CHECK(client.lines ==
        Lines{R"({"answer":{"op":"status"}})", R"({"answer":{"op":"vm","vm":"web1"}})"});
  client.send_no_more();
  CHECK(fixture.clients(0));
}

TEST_CASE("tail socket: a request in pieces, without a newline at its end: answered") {
  Fixture fixture;
  Client client{fixture.path};
  client.send("{\"op\":");
  fixture.running.run_for(20ms);
  client.send("\"status\"}");
  client.send_no_more();
  REQUIRE(fixture.lines_of(client, 1));
  CHECK(client.lines.front() == R"({"answer":{"op":"status"}})");
}

TEST_CASE("tail socket: what is no request: an error, and the client stays") {
  Fixture fixture;
  Client client{fixture.path};
  const Lines bad{"hello",
                  "[]",
                  "{}",
                  "{\"op\":1}",
                  "{\"op\":\"tail\",\"since_ms\":-1}",
                  "{\"op\":\"tail\",\"since_ms\":\"1h\"}",
                  std::string(2'000, '['),
                  "\xff\xfe"};
  for (const std::string& line : bad)
    client.send(line + "\n");
  client.send("\n  \n");  // nothing asked, nothing said
  client.send("{\"op\":\"status\"}\n");
  REQUIRE(fixture.lines_of(client, bad.size() + 1));
  for (std::size_t i = 0; i < bad.size(); ++i)
    CHECK(client.lines[i].starts_with(R"({"type":"error","error":")"));
  CHECK(client.lines.back().starts_with(R"({"answer")"));
}

TEST_CASE("tail socket: a request that is too long: an error, once, and the next is served") {
  Fixture fixture;
  Client client{fixture.path};
  client.send(std::string(50'000, 'x') + "\n{\"op\":\"status\"}\n");
  REQUIRE(fixture.lines_of(client, 2));
  fixture.running.run_for(20ms);
  REQUIRE(client.lines.size() == 2);
  CHECK(client.lines[0].starts_with(R"({"type":"error")"));
  CHECK(client.lines[1].starts_with(R"({"answer")"));
}

TEST_CASE("tail socket: many requests and no reader: bounded, and all are answered in the end") {
  Fixture fixture;
  Client client{fixture.path};
  constexpr std::size_t kRequests = 3'000;
  std::string requests;
  for (std::size_t i = 0; i < kRequests; ++i)
    requests += "{\"op\":\"status\",\"i\":" + std::to_string(i) + "}\n";
  client.send(requests);
  REQUIRE(fixture.lines_of(client, kRequests));
  CHECK(client.lines.back() == R"({"answer":{"op":"status","i":2999}})");
}

TEST_CASE("tail socket: a flood, ten clients, one stuck: only that one loses, and is told") {
  Fixture fixture;
  std::list<Client> clients;
  for (int i = 0; i < 10; ++i)
    clients.emplace_back(fixture.path).send("{\"op\":\"tail\"}\n");
  Client& stuck = clients.front();
  REQUIRE(fixture.clients(10));
  fixture.running.run_for(20ms);
  constexpr std::int64_t kLines = 100'000;
  const std::string filler(190, 'x');
  const auto others_have = [&](std::int64_t count) {
    return std::ranges::all_of(clients, [&](Client& client) {
      if (&client != &stuck) client.take();
      return &client == &stuck || client.lines.size() == static_cast<std::size_t>(count);
    });
  };
  for (std::int64_t i = 0; i < kLines;) {
    for (int burst = 0; burst < 1'000; ++burst, ++i)
      fixture.server.publish("{\"seq\":" + std::to_string(i) + filler + "}");
    REQUIRE(fixture.running.until([&] { return others_have(i); }));
  }
  for (const Client& client : clients)
    if (&client != &stuck) CHECK(events_of(client.lines) == kLines);
  REQUIRE(fixture.running.until([&] {
    stuck.take();
    return events_of(stuck.lines) + lost_by(stuck.lines) == kLines;
  }));
  CHECK(lost_by(stuck.lines) > 50'000);
  CHECK(stuck.lines.back() == clients.back().lines.back());
}

TEST_CASE("tail socket: a client takes nothing for too long: closed") {
  Fixture fixture{1 << 20, 1 << 20, 1s};
  Client client{fixture.path};
  client.send("{\"op\":\"tail\"}\n");
  REQUIRE(fixture.clients(1));
  fixture.running.run_for(20ms);
  for (int i = 0; i < 5'000; ++i)
    fixture.server.publish(std::string(199, 'x'));
  fixture.running.run_for(500ms);
  CHECK(fixture.server.clients() == 1);
  CHECK(fixture.clients(0));
}

TEST_CASE("tail socket: more history than a client may be behind: it is no loss") {
  Fixture fixture{64 * 1024, 8 << 20};
  const std::string line(199, 'x');
  constexpr std::size_t kLines = 20'000;  // 4 MB
  for (std::size_t i = 0; i < kLines; ++i)
    fixture.server.publish(line);
  fixture.running.run_for(50ms);
  Client client{fixture.path};
  client.send("{\"op\":\"tail\",\"since_ms\":600000}\n");
  REQUIRE(fixture.lines_of(client, kLines));
  CHECK(lost_by(client.lines) == 0);
}

TEST_CASE("tail socket: clients that hang up: forgotten") {
  Fixture fixture;
  Client early{fixture.path}, late{fixture.path};
  REQUIRE(fixture.clients(2));
  early.hang_up();
  late.send("{\"op\":\"tail\"}\n");
  REQUIRE(fixture.clients(1));
  late.hang_up();
  CHECK(fixture.clients(0));
}

TEST_CASE("tail socket: a client that ends its input: still listens, and is seen to hang up") {
  Fixture fixture;
  Client client{fixture.path};
  client.send_no_more();
  fixture.running.run_for(300ms);
  fixture.server.publish("event");
  REQUIRE(fixture.lines_of(client, 1));
  client.hang_up();
  CHECK(fixture.clients(0));
}

TEST_CASE("tail socket: more clients than it has room for: the last ones see an end") {
  Fixture fixture;
  std::list<Client> clients;
  for (std::size_t i = 0; i < kMostClients + 1; ++i)
    clients.emplace_back(fixture.path);
  CHECK(fixture.running.until([&] {
    clients.back().take();
    return clients.back().closed;
  }));
  CHECK(fixture.server.clients() == kMostClients);
}

TEST_CASE("tail socket: the server goes while clients are behind: they see an end") {
  TempFolder folder;
  const std::string path = folder.path / "s";
  RunningLoop running;
  std::optional<Client> client;
  {
    LineServer server{running.loop, {path, ""}, [](const std::string&) { return "{}"; }};
    REQUIRE(server.open().ok());
    client.emplace(path);
    client->send("{\"op\":\"tail\"}\n");
    running.run_for(20ms);
    for (int i = 0; i < 10'000; ++i)
      server.publish(std::string(199, 'x'));
    running.run_for(50ms);
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(running.until([&] {
    client->take();
    return client->closed;
  }));
}

TEST_CASE("tail socket: the file: for owner and group, of the group that is asked for") {
  Fixture fixture;
  struct stat made {};
  REQUIRE(stat(fixture.path.c_str(), &made) == 0);
  CHECK((made.st_mode & 07777) == 0660);
  const struct group* own = getgrgid(getgid());
  REQUIRE(own != nullptr);
  LineServer other{fixture.running.loop, {fixture.path + "2", own->gr_name}, {}};
  CHECK(other.open().ok());
  LineServer nobody{fixture.running.loop, {fixture.path + "3", "no-such-group"}, {}};
  CHECK(nobody.open().error().detail.find("there is no group 'no-such-group'") !=
        std::string::npos);
}

TEST_CASE("tail socket: another controller listens there: refused, and that one is not disturbed") {
  Fixture fixture;
  LineServer second{fixture.running.loop, {fixture.path, ""}, {}};
  const auto result = second.open();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().detail.find("another process listens there") != std::string::npos);
  CHECK(Client{fixture.path}.connected);
}

TEST_CASE("tail socket: a dead one's file is replaced, any other file is not") {
  TempFolder folder;
  RunningLoop running;
  const std::string path = folder.path / "s";
  const auto dead = bind_socket(path, "");
  REQUIRE(dead.ok());
  close(dead.value().fd);
  {
    LineServer server{running.loop, {path, ""}, {}};
    CHECK(server.open().ok());
  }
  std::ofstream{path} << "precious";
  LineServer server{running.loop, {path, ""}, {}};
  CHECK(server.open().error().detail.find("a file that is no socket is there") !=
        std::string::npos);
  CHECK(std::filesystem::file_size(path) == 8);
  LineServer nowhere{running.loop, {"/nowhere/at/all/s", ""}, {}};
  CHECK_FALSE(nowhere.open().ok());
}

TEST_CASE("tail socket: socat: it asks, and it listens") {
  if (std::system("command -v socat >/dev/null") != 0) return;
  Fixture fixture;
  Children children{fixture.running.loop};
  std::optional<ChildResult> asked;
  const std::string address = "UNIX:" + fixture.path;
  const std::string heard = fixture.folder.path / "heard";
  children.run({"sh", "-c", "echo '{\"op\":\"status\"}' | socat - " + address}, 30s,
               [&](ChildResult result) { asked = std::move(result); });
  REQUIRE(
      fixture.running.until([&] { return asked.has_value() && fixture.server.clients() == 0; }));
  CHECK(asked->out == "{\"answer\":{\"op\":\"status\"}}\n");
  children.run({"socat", "-u", address, "CREATE:" + heard}, 30s, [](const ChildResult&) {});
  REQUIRE(fixture.clients(1));
  fixture.running.run_for(300ms);
  fixture.server.publish("{\"seq\":1}");
  std::string line;
  CHECK(fixture.running.until([&] {
    std::ifstream file{heard};
    return std::getline(file, line) && !file.eof();
  }));
  CHECK(line == "{\"seq\":1}");
}

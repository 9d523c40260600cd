// The tail socket with real clients: what each of them gets, and what it loses.
#include "drivers/local/line_server.h"

#include <algorithm>
#include <list>
#include <nlohmann/json.hpp>

#include "tests/local/tail_client.h"

using namespace drivers::local;
using namespace std::chrono_literals;
using tail_test::Client;
using tail_test::Tail;

namespace {

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
  Tail fixture;
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
  Tail fixture;
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
  Tail fixture;
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
  Tail fixture;
  Client client{fixture.path};
  client.send("{\"op\":");
  fixture.running.run_for(20ms);
  client.send("\"status\"}");
  client.send_no_more();
  REQUIRE(fixture.lines_of(client, 1));
  CHECK(client.lines.front() == R"({"answer":{"op":"status"}})");
}

TEST_CASE("tail socket: what is no request: an error, and the client stays") {
  Tail fixture;
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
  Tail fixture;
  Client client{fixture.path};
  client.send(std::string(50'000, 'x') + "\n{\"op\":\"status\"}\n");
  REQUIRE(fixture.lines_of(client, 2));
  fixture.running.run_for(20ms);
  REQUIRE(client.lines.size() == 2);
  CHECK(client.lines[0].starts_with(R"({"type":"error")"));
  CHECK(client.lines[1].starts_with(R"({"answer")"));
}

TEST_CASE("tail socket: many requests and no reader: bounded, and all are answered in the end") {
  Tail fixture;
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
  Tail fixture;
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
  Tail fixture{1 << 20, 1 << 20, 1s};
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
  Tail fixture{64 * 1024, 8 << 20};
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
  Tail fixture;
  Client early{fixture.path}, late{fixture.path};
  REQUIRE(fixture.clients(2));
  early.hang_up();
  late.send("{\"op\":\"tail\"}\n");
  REQUIRE(fixture.clients(1));
  late.hang_up();
  CHECK(fixture.clients(0));
}

TEST_CASE("tail socket: a client that ends its input: still listens, and is seen to hang up") {
  Tail fixture;
  Client client{fixture.path};
  client.send_no_more();
  fixture.running.run_for(300ms);
  fixture.server.publish("event");
  REQUIRE(fixture.lines_of(client, 1));
  client.hang_up();
  CHECK(fixture.clients(0));
}

TEST_CASE("tail socket: more clients than it has room for: the last ones see an end") {
  Tail fixture;
  std::list<Client> clients;
  for (std::size_t i = 0; i < kMostClients + 1; ++i)
    clients.emplace_back(fixture.path);
  CHECK(fixture.running.until([&] {
    clients.back().take();
    return clients.back().closed;
  }));
  CHECK(fixture.server.clients() == kMostClients);
}

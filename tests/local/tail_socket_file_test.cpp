// The tail socket's file, its end, and socat, which is the simplest of its clients.
#include <grp.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>

#include "drivers/process/child.h"
#include "tests/local/tail_client.h"

using namespace drivers::local;
using namespace std::chrono_literals;
using tail_test::Client;
using tail_test::Tail;

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
  Tail fixture;
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
  Tail fixture;
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
  Tail fixture;
  drivers::process::Children children{fixture.running.loop};
  std::optional<drivers::process::ChildResult> asked;
  const std::string address = "UNIX:" + fixture.path;
  const std::string heard = fixture.folder.path / "heard";
  children.run({{"sh", "-c", "echo '{\"op\":\"status\"}' | socat - " + address}, 30s},
               [&](drivers::process::ChildResult result) { asked = std::move(result); });
  REQUIRE(
      fixture.running.until([&] { return asked.has_value() && fixture.server.clients() == 0; }));
  CHECK(asked->out == "{\"answer\":{\"op\":\"status\"}}\n");
  children.run({{"socat", "-u", address, "CREATE:" + heard}, 30s},
               [](const drivers::process::ChildResult&) {});
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

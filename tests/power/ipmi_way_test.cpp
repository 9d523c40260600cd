// The way by IPMI against ipmi_sim, which is libOpenIPMI's own BMC, and against BMCs that are
// broken.
#include "drivers/power/ipmi_way.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "drivers/power/ipmi_errors.h"
#include "drivers/power/ipmitool_way.h"
#include "reactor/uv_handle.h"
#include "tests/power/answers.h"
#include "tests/power/ipmi_sim/sim_bmc.h"

using namespace drivers::power;
using namespace std::chrono_literals;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;

namespace {

using Bytes = std::vector<std::uint8_t>;

struct Fixture {
  Result<Unit> wake(const drivers::IpmiSettings& settings) {
    IpmiWay way{running.loop, library, settings};
    return answer_of<Unit>(running, [&](auto done) { way.wake(done); });
  }
  Result<Power> read(const drivers::IpmiSettings& settings) {
    IpmiWay way{running.loop, library, settings};
    return answer_of<Power>(running, [&](auto done) { way.read(done); });
  }

  RunningLoop running;
  IpmiLibrary library{running.loop};
};

/// Stands between a way and its BMC, and counts logins.
class Relay {
 public:
  Relay(RunningLoop& running, std::int64_t bmc) : front_(socket_at(0)), back_(socket_at(0)) {
    to_ = loopback(bmc);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(front_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    front_poll_ = watch(running, front_);
    back_poll_ = watch(running, back_);
  }
  ~Relay() {
    front_poll_.reset();
    back_poll_.reset();
    close(front_);
    close(back_);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::int64_t port = 0;
  int logins = 0;     ///< RAKP messages 1, which name the user
  int datagrams = 0;  ///< to the BMC
  bool deaf = false;  ///< nothing gets through

 private:
  static sockaddr_in loopback(std::int64_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    return out;
  }
  static int socket_at(std::int64_t port) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_in address = loopback(port);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
  }
  reactor::Owned<uv_poll_t> watch(RunningLoop& running, int fd) {
    auto* poll = new uv_poll_t{};
    uv_poll_init(running.loop.uv(), poll, fd);
    poll->data = this;
    uv_poll_start(poll, UV_READABLE, [](uv_poll_t* ready, int, int) {
      if (ready->data != nullptr) static_cast<Relay*>(ready->data)->pass();
    });
    return reactor::Owned<uv_poll_t>{poll};
  }
  void pass() {
    constexpr unsigned char kRmcpPlus = 0x06, kRakp1 = 0x12;
    std::array<unsigned char, 2'048> room{};
    socklen_t size = sizeof from_;
    for (ssize_t n = 0; (n = recvfrom(front_, room.data(), room.size(), 0,
                                      reinterpret_cast<sockaddr*>(&from_), &size)) > 0;) {
      ++datagrams;
      if (n > 5 && room[4] == kRmcpPlus && (room[5] & 0x3fU) == kRakp1) ++logins;
      if (!deaf) send_to(back_, room.data(), n, to_);
    }
    for (ssize_t n = 0; (n = recv(back_, room.data(), room.size(), 0)) > 0;)
      if (!deaf) send_to(front_, room.data(), n, from_);
  }
  static void send_to(int fd, const void* data, ssize_t size, const sockaddr_in& to) {
    static_cast<void>(sendto(fd, data, static_cast<std::size_t>(size), 0,
                             reinterpret_cast<const sockaddr*>(&to), sizeof to));
  }

  int front_, back_;
  sockaddr_in to_{}, from_{};
  reactor::Owned<uv_poll_t> front_poll_, back_poll_;
};

drivers::IpmiSettings through(const Relay& relay, drivers::IpmiSettings settings) {
  settings.port = relay.port;
  return settings;
}

std::string private_file(const TempFolder& folder, const std::string& text) {
  const std::string path = folder.path / "password";
  std::ofstream{path} << text;
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  return path;
}

reactor::Duration since(reactor::Instant begin, RunningLoop& running) {
  uv_update_time(running.loop.uv());
  return running.loop.now() - begin;
}

}  // namespace

TEST_CASE("ipmi: a host that is off: power up, and nothing else was asked of its chassis") {
  const SimBmc bmc;
  bmc.put("power", "0\n");
  Fixture fixture;
  const auto result = fixture.wake(bmc.settings());
  INFO((result.ok() ? "" : result.error().detail));
  REQUIRE(result.ok());
  CHECK(bmc.power() == "1");
  CHECK(bmc.log() == "set power 1\n");
}

TEST_CASE("ipmi: a host that is up: harmless") {
  const SimBmc bmc;
  Fixture fixture;
  CHECK(fixture.wake(bmc.settings()).ok());
  CHECK(bmc.log() == "set power 1\n");
}

TEST_CASE("ipmi: power state: as ACPI has it, where the BMC knows that") {
  const SimBmc bmc;
  Fixture fixture;
  CHECK(fixture.read(bmc.settings()).value() == Power::on);
  bmc.put("power", "3\n");
  CHECK(fixture.read(bmc.settings()).value() == Power::asleep);
  bmc.put("power", "0\n");
  CHECK(fixture.read(bmc.settings()).value() == Power::off);
  CHECK(bmc.log().empty());
}

TEST_CASE("ipmi: power state: the chassis has it else, and knows on and off") {
  const SimBmc bmc{SimBmc::Knows::chassis_only};
  Fixture fixture;
  CHECK(fixture.read(bmc.settings()).value() == Power::on);
  bmc.put("power", "3\n");
  CHECK(fixture.read(bmc.settings()).value() == Power::off);
  CHECK(bmc.log().find("set") == std::string::npos);
}

TEST_CASE("ipmi: ACPI's states: all that the table has") {
  for (const std::uint8_t on : Bytes{0x00, 0x20, 0x80})
    CHECK(power_of_acpi(on) == Power::on);
  for (const std::uint8_t asleep : Bytes{0x01, 0x02, 0x03, 0x08, 0x09, 0x83})
    CHECK(power_of_acpi(asleep) == Power::asleep);
  for (const std::uint8_t off : Bytes{0x04, 0x05, 0x06, 0x07, 0x0a, 0x21})
    CHECK(power_of_acpi(off) == Power::off);
  for (const std::uint8_t unknown : Bytes{0x2a, 0x7f, 0x0b, 0xff})
    CHECK_FALSE(power_of_acpi(unknown));
}

TEST_CASE("ipmi: its address is a name: looked up") {
  const SimBmc bmc;
  drivers::IpmiSettings settings = bmc.settings();
  settings.address = "localhost";
  Fixture fixture;
  const auto result = fixture.read(settings);
  INFO((result.ok() ? "" : result.error().detail));
  CHECK(result.ok());
}

TEST_CASE("ipmi: the BMC is slow: waited for within the limit") {
  const SimBmc bmc;
  bmc.put("delay", "1\n");
  Fixture fixture;
  CHECK(fixture.wake(bmc.settings()).ok());
  CHECK(bmc.power() == "1");
}

TEST_CASE("ipmi: the BMC is slower than the limit: it may have done it") {
  const SimBmc bmc;
  bmc.put("delay", "3\n");
  drivers::IpmiSettings settings = bmc.settings();
  settings.limit = 700ms;
  Fixture fixture;
  const auto begin = fixture.running.loop.now();
  const auto result = fixture.wake(settings);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::outcome_unknown);
  CHECK(since(begin, fixture.running) < 3s);
}

TEST_CASE("ipmi: the BMC refuses: refused, with its completion code") {
  const SimBmc bmc;
  bmc.put("power", "0\n");
  bmc.put("refuse", "");
  Fixture fixture;
  const auto result = fixture.wake(bmc.settings());
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  CHECK(result.error().detail.find("completion code 255") != std::string::npos);
  CHECK(bmc.power() == "0");
}

TEST_CASE("ipmi: nobody at its port: unreachable at the limit, whether asked to wake or to read") {
  SimBmc bmc;
  bmc.kill();
  drivers::IpmiSettings settings = bmc.settings();
  settings.limit = 400ms;
  Fixture fixture;
  const auto begin = fixture.running.loop.now();
  const auto woken = fixture.wake(settings);
  CHECK(woken.error().code == Errc::unreachable);
  CHECK(woken.error().detail.find("IPMI 127.0.0.1 port " + std::to_string(bmc.port) +
                                  ", user admin: no answer within 400 ms") == 0);
  CHECK(fixture.read(settings).error().code == Errc::unreachable);
  CHECK(since(begin, fixture.running) < 3s);
}

TEST_CASE("ipmi: the BMC hangs: unreachable; when it goes on, the next call is answered") {
  const SimBmc bmc;
  bmc.stop();
  drivers::IpmiSettings settings = bmc.settings();
  settings.limit = 400ms;
  Fixture fixture;
  CHECK(fixture.wake(settings).error().code == Errc::unreachable);
  bmc.go_on();
  CHECK(fixture.wake(bmc.settings()).ok());
}

TEST_CASE("ipmi: wrong password: refused after one login, and no more while nobody asks") {
  const SimBmc bmc;
  const TempFolder folder;
  Fixture fixture;
  Relay relay{fixture.running, bmc.port};
  drivers::IpmiSettings settings = through(relay, bmc.settings());
  settings.password_file = private_file(folder, "hunter2");
  const auto result = fixture.wake(settings);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  CHECK(result.error().detail.find("login failed; check user and password_file") !=
        std::string::npos);
  CHECK(result.error().detail.find("hunter2") == std::string::npos);
  CHECK(relay.logins == 1);
  // The library left to itself logs in again after ten seconds.
  const int datagrams = relay.datagrams;
  fixture.running.run_for(12s);
  CHECK(relay.datagrams == datagrams);
  CHECK(bmc.log().empty());
  private_file(folder, "secret");
  CHECK(fixture.wake(settings).ok());
  CHECK(relay.logins == 2);
}

TEST_CASE("ipmi: unknown user: refused, and said what it needs") {
  const SimBmc bmc;
  Fixture fixture;
  drivers::IpmiSettings settings = bmc.settings();
  settings.user = "nobody";
  const auto result = fixture.wake(settings);
  REQUIRE_FALSE(result.ok());
  INFO(result.error().detail);
  CHECK(result.error().code == Errc::refused);
}

TEST_CASE("ipmi: no secret, or one that no BMC takes: refused, without a word to the BMC") {
  const SimBmc bmc;
  const TempFolder folder;
  Fixture fixture;
  Relay relay{fixture.running, bmc.port};
  drivers::IpmiSettings settings = through(relay, bmc.settings());
  settings.password_file = "/nowhere/password";
  CHECK(fixture.wake(settings).error().code == Errc::refused);
  settings.password_file = private_file(folder, "a password of 24 bytes..");
  const auto result = fixture.wake(settings);
  CHECK(result.error().code == Errc::refused);
  CHECK(result.error().detail.find("at most 20 bytes") != std::string::npos);
  CHECK(relay.datagrams == 0);
}

TEST_CASE("ipmi: the link breaks after the login: a wake may have arrived, a reading did not") {
  const SimBmc bmc;
  bmc.put("delay", "1\n");  // time to break it
  Fixture fixture;
  Relay relay{fixture.running, bmc.port};
  drivers::IpmiSettings settings = through(relay, bmc.settings());
  settings.limit = 1'500ms;
  fixture.running.loop.on_turn_end([&] { relay.deaf = !bmc.log().empty(); });
  CHECK(fixture.wake(settings).error().code == Errc::outcome_unknown);
}

TEST_CASE("ipmi: a way goes in the middle of its call: nobody is told, the session is closed") {
  const SimBmc bmc;
  Fixture fixture;
  Relay relay{fixture.running, bmc.port};
  for (int messages = 0; messages < 12; ++messages) {
    bool told = false;
    relay.datagrams = 0;
    {
      IpmiWay way{fixture.running.loop, fixture.library, through(relay, bmc.settings())};
      way.read([&](const Result<Power>&) { told = true; });
      fixture.running.until([&] { return relay.datagrams >= messages || told; });
    }
    const bool before = told;
    fixture.running.run_for(50ms);
    CHECK(told == before);
  }
}

TEST_CASE("ipmi: two ways to one BMC at once: both are answered") {
  const SimBmc bmc;
  Fixture fixture;
  IpmiWay first{fixture.running.loop, fixture.library, bmc.settings()};
  IpmiWay second{fixture.running.loop, fixture.library, bmc.settings()};
  int good = 0, answered = 0;
  for (IpmiWay* way : {&first, &second})
    way->read([&](const Result<Power>& result) {
      good += result.ok() ? 1 : 0;
      ++answered;
    });
  REQUIRE(fixture.running.until([&] { return answered == 2; }));
  CHECK(good == 2);
}

TEST_CASE("ipmi: thirty BMCs at once, and a dead one: that one holds up nobody") {
  constexpr int kGood = 30;
  std::vector<std::unique_ptr<SimBmc>> bmcs;
  for (int i = 0; i <= kGood; ++i)
    bmcs.push_back(std::make_unique<SimBmc>());
  bmcs.front()->stop();
  Fixture fixture;
  std::vector<std::unique_ptr<IpmiWay>> ways;
  int good = 0, dead = 0;
  uv_update_time(fixture.running.loop.uv());
  const auto begin = uv_hrtime();
  std::uint64_t last = 0;
  for (const auto& bmc : bmcs) {
    bmc->put("power", "0\n");
    ways.push_back(
        std::make_unique<IpmiWay>(fixture.running.loop, fixture.library, bmc->settings()));
    ways.back()->wake([&](const Result<Unit>& result) {
      good += result.ok() ? 1 : 0;
      dead += result.ok() ? 0 : 1;
      if (result.ok()) last = uv_hrtime();
    });
  }
  REQUIRE(fixture.running.until([&] { return good == kGood; }, 60s));
  CHECK(dead == 0);  // its limit is not over yet: it held up nobody
  MESSAGE("30 BMCs woken in " << (last - begin) / 1'000'000 << " ms, with a dead one beside them");
  REQUIRE(fixture.running.until([&] { return dead == 1; }));
  for (std::size_t i = 1; i < bmcs.size(); ++i)
    CHECK(bmcs[i]->power() == "1");
}

TEST_CASE("ipmi: errors of a login: what they mean and what to do") {
  CHECK(login_error(0x02000001).code == Errc::unreachable);
  CHECK(login_error(0x02000011).detail.find("cipher_suite: 17") != std::string::npos);
  CHECK(login_error(0x0200000d).code == Errc::refused);
  CHECK(login_error(0x010000c3).code == Errc::unreachable);
  CHECK(login_error(0x01000081).code == Errc::refused);
  CHECK(login_error(ENOENT).code == Errc::refused);
  CHECK(login_error(ETIMEDOUT).code == Errc::unreachable);
}

// ipmi_sim has no cipher suite 17, so the program is tried with 3; only the number differs.
TEST_CASE("ipmitool: wakes and reads, the password not among its arguments") {
  const SimBmc bmc;
  const SimBmc chassis_only{SimBmc::Knows::chassis_only};
  RunningLoop running;
  const auto read = [&](const SimBmc& from) {
    IpmitoolWay way{running.loop, from.settings()};
    return answer_of<Power>(running, [&](auto done) { way.read(done); });
  };
  bmc.put("power", "3\n");
  CHECK(read(bmc).value() == Power::asleep);
  CHECK(read(chassis_only).value() == Power::on);
  chassis_only.put("power", "0\n");
  CHECK(read(chassis_only).value() == Power::off);
  IpmitoolWay way{running.loop, bmc.settings()};
  CHECK(answer_of<Unit>(running, [&](auto done) { way.wake(done); }).ok());
  CHECK(bmc.power() == "1");
  CHECK(bmc.log() == "set power 1\n");
}

TEST_CASE("ipmitool: refused, unreachable, no secret: told apart as far as it tells") {
  SimBmc bmc;
  RunningLoop running;
  const auto wake = [&](const drivers::IpmiSettings& settings) {
    IpmitoolWay way{running.loop, settings};
    return answer_of<Unit>(running, [&](auto done) { way.wake(done); });
  };
  bmc.put("refuse", "");
  CHECK(wake(bmc.settings()).error().code == Errc::refused);
  drivers::IpmiSettings no_secret = bmc.settings();
  no_secret.password_file = "/nowhere/password";
  CHECK(wake(no_secret).error().code == Errc::refused);
  drivers::IpmiSettings other_suite = bmc.settings();
  other_suite.cipher_suite = 17;
  const auto suite = wake(other_suite);
  REQUIRE_FALSE(suite.ok());
  MESSAGE(suite.error().detail);
  bmc.kill();
  CHECK(wake(bmc.settings()).error().code == Errc::unreachable);
}

TEST_CASE("ipmitool: wrong password: how often it logs in by itself") {
  const SimBmc bmc;
  const TempFolder folder;
  RunningLoop running;
  Relay relay{running, bmc.port};
  drivers::IpmiSettings settings = through(relay, bmc.settings());
  settings.password_file = private_file(folder, "hunter2");
  IpmitoolWay way{running.loop, settings};
  const auto result = answer_of<Unit>(running, [&](auto done) { way.wake(done); });
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().detail.find("hunter2") == std::string::npos);
  CHECK(relay.logins <= 2);
}

// Redfish against a double of a BMC, which redfish_double_test.py checks by a client of others.
#include "drivers/power/redfish_way.h"

#include "tests/power/http_fixture.h"

using namespace drivers::power;
using namespace std::chrono_literals;
using reactor::Duration;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;

namespace {

using Options = std::vector<std::string>;

struct Fixture : HttpFixture<RedfishWay, drivers::RedfishSettings> {
  explicit Fixture(const std::string& url, Duration limit = 30s, const char* password = "secret")
      : HttpFixture(url, limit, password) {
    settings.system = "/redfish/v1/Systems/1";
  }
  explicit Fixture(const Double& bmc, Duration limit = 30s, const char* password = "secret")
      : Fixture(bmc.url(), limit, password) {}
};

/// Which ResetTypes came to it, one after the other.
Options resets(const Double& bmc) {
  Options out;
  for (const auto& entry : bmc.log("reset"))
    out.push_back(entry["kind"]);
  return out;
}

/// As many sessions ended as begun.
bool left_no_session(const Double& bmc) {
  std::size_t begun = 0;
  for (const auto& entry : bmc.log("login"))
    begun += entry["good"] == true ? 1U : 0U;
  const auto ended = bmc.log("logout");
  return begun == ended.size() &&
         std::ranges::all_of(ended, [](const auto& entry) { return entry["known"] == true; });
}

}  // namespace

TEST_CASE("redfish: wake: On, read back, in a session that it ends") {
  for (const char* sessions : {"201", "204"}) {
    const Double bmc{"redfish_double.py", {"--sessions", sessions}};
    Fixture fixture{bmc, 3s};
    CHECK(fixture.wake().ok());
    CHECK(resets(bmc) == Options{"On"});
    CHECK(bmc.log("reset").front()["token"] == true);
    CHECK(bmc.log("basic").empty());
    CHECK(left_no_session(bmc));
    CHECK(fixture.read().value() == Power::on);
    CHECK(bmc.log("connection").size() == 2);  // one each, closed by us
  }
}

TEST_CASE("redfish: read: on, off, asleep; none that we know") {
  for (const auto& [state, power] :
       {std::pair{"On", Power::on}, std::pair{"PoweringOn", Power::on},
        std::pair{"PoweringOff", Power::on}, std::pair{"Off", Power::off},
        std::pair{"Paused", Power::asleep}}) {
    const Double bmc{"redfish_double.py", {"--state", state}};
    CHECK(Fixture{bmc}.read().value() == power);
    CHECK(resets(bmc).empty());
    CHECK(left_no_session(bmc));
  }
  for (const char* state : {"Dreaming", "-"}) {
    const Double bmc{"redfish_double.py", {"--state", state}};
    CHECK(Fixture{bmc}.read().error().code == Errc::malformed);
  }
}

TEST_CASE("redfish: no sessions, or none left: basic authentication") {
  for (const char* sessions : {"404", "405", "501", "full"}) {
    const Double bmc{"redfish_double.py", {"--sessions", sessions}};
    Fixture fixture{bmc, 3s};
    CHECK(fixture.wake().ok());
    CHECK(resets(bmc) == Options{"On"});
    CHECK_FALSE(bmc.log("basic").empty());
    CHECK(bmc.log("logout").empty());
  }
}

TEST_CASE("redfish: links as whole URLs of another host: only we are asked") {
  const Double bmc{"redfish_double.py", {"--absolute-links"}};
  CHECK(Fixture{bmc, 3s}.wake().ok());
  CHECK(left_no_session(bmc));
}

TEST_CASE("redfish: a wrong password: tried once, not by basic either, and nothing tells it") {
  for (const char* sessions : {"201", "404"}) {
    const Double bmc{"redfish_double.py", {"--sessions", sessions}};
    const auto result = Fixture{bmc, 30s, "not-the-one"}.wake();
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Errc::refused);
    CHECK(has(result.error().detail, "login refused (HTTP status 401): check `user`"));
    CHECK_FALSE(has(result.error().detail, "not-the-one"));
    CHECK(bmc.log("login").size() + bmc.log("basic").size() == 1);
  }
}

TEST_CASE("redfish: a state that shows late: waited for, and On is not sent again for it") {
  const Double bmc{"redfish_double.py", {"--late", "1.2"}};
  Fixture fixture{bmc, 9s};  // On again after 3 s
  CHECK(fixture.wake().ok());
  CHECK(resets(bmc) == Options{"On"});
}

TEST_CASE("redfish: 204, and nothing happens: On again until the state reads On") {
  const Double bmc{"redfish_double.py", {"--drops", "2"}};
  Fixture fixture{bmc, 6s};
  CHECK(fixture.wake().ok());
  CHECK(resets(bmc) == Options{"On", "On", "On"});
  CHECK(left_no_session(bmc));
}

TEST_CASE(
    "redfish: 204, and nothing ever happens: the outcome is unknown, and it says what it reads") {
  const Double bmc{"redfish_double.py", {"--drops", "99"}};
  Fixture fixture{bmc, 3s};
  const auto begin = fixture.running.loop.now();
  const auto result = fixture.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::outcome_unknown);
  CHECK(has(result.error().detail, "On was taken 3 times, but PowerState still reads 'Off'"));
  CHECK(fixture.running.loop.now() - begin <= 3s + 300ms);
  CHECK(left_no_session(bmc));
}

TEST_CASE("redfish: it tells no state: that it took the request is all there is to know") {
  const Double bmc{"redfish_double.py", {"--state", "-", "--drops", "99"}};
  CHECK(Fixture{bmc, 3s}.wake().ok());
}

TEST_CASE("redfish: a host that reads On is asked all the same: S3 reads On on some boards") {
  const Double bmc{"redfish_double.py", {"--state", "On"}};
  CHECK(Fixture{bmc, 3s}.wake().ok());
  CHECK(resets(bmc) == Options{"On"});
}

TEST_CASE("redfish: busy: asked again; refused: not") {
  const Double busy{"redfish_double.py", {"--busy", "1"}};
  CHECK(Fixture{busy, 3s}.wake().ok());
  CHECK(resets(busy) == Options{"On", "On"});
  const Double always{"redfish_double.py", {"--busy", "99"}};
  const auto still = Fixture{always, 2s}.wake();
  REQUIRE_FALSE(still.ok());
  CHECK(still.error().code == Errc::unreachable);
  CHECK(has(still.error().detail, "HTTP status 503: On is not possible."));
  const Double refusing{"redfish_double.py", {"--on-status", "501"}};
  const auto refused = Fixture{refusing, 3s}.wake();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::refused);
  CHECK(has(refused.error().detail, "HTTP status 501: On is not possible."));
  CHECK(resets(refusing) == Options{"On"});
  CHECK(left_no_session(refusing));
}

TEST_CASE("redfish: no On: the button, on a host that reads Off, once") {
  const Options button = {"--allowed", "ForceOff,PushPowerButton", "--late", "1.5"};
  const Double bmc{"redfish_double.py", button};
  Fixture fixture{bmc, 6s};  // On would be sent again after 2 s
  CHECK(fixture.wake().ok());
  CHECK(resets(bmc) == Options{"PushPowerButton"});
  const Double dropping{"redfish_double.py", {"--allowed", "PushPowerButton", "--drops", "99"}};
  CHECK(Fixture{dropping, 2s}.wake().error().code == Errc::outcome_unknown);
  CHECK(resets(dropping) == Options{"PushPowerButton"});
}

TEST_CASE("redfish: no On, and the host reads On: its button is not touched") {
  const Double bmc{"redfish_double.py", {"--allowed", "PushPowerButton", "--state", "On"}};
  const auto result = Fixture{bmc, 3s}.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  CHECK(has(result.error().detail, "so it is not pushed"));
  CHECK(resets(bmc).empty());
  CHECK(left_no_session(bmc));
}

TEST_CASE("redfish: what is allowed stands in an ActionInfo") {
  const Double bmc{"redfish_double.py", {"--allowed", "PushPowerButton,ForceOff", "--action-info"}};
  CHECK(Fixture{bmc, 3s}.wake().ok());
  CHECK(resets(bmc) == Options{"PushPowerButton"});
}

TEST_CASE("redfish: nothing that wakes is allowed") {
  for (const char* allowed : {"ForceOff,ForceRestart,ForceOn,PowerCycle", ""}) {
    const Double bmc{"redfish_double.py", {"--allowed", allowed}};
    CHECK(Fixture{bmc, 3s}.wake().error().code == Errc::refused);
    CHECK(resets(bmc).empty());
  }
}

TEST_CASE("redfish: no such system: said with its path") {
  const Double bmc{"redfish_double.py"};
  Fixture fixture{bmc};
  fixture.settings.system = "/redfish/v1/Systems/2";
  const auto result = fixture.read();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  CHECK(result.error().detail ==
        "Redfish " + bmc.url() + "/redfish/v1/Systems/2: HTTP status 404: No such resource.");
  CHECK(left_no_session(bmc));
}

TEST_CASE("redfish: nobody there, silent, stalled, sent elsewhere") {
  CHECK(Fixture{"http://127.0.0.1:1"}.wake().error().code == Errc::unreachable);
  for (const Options& options : {Options{"--silent", "60"}, Options{"--fault", "stall"},
                                 Options{"--fault", "hang_after_body"}}) {
    const Double bmc{"redfish_double.py", options};
    Fixture fixture{bmc, 900ms};
    const auto begin = fixture.running.loop.now();
    CHECK(fixture.wake().error().code == Errc::unreachable);
    CHECK(fixture.running.loop.now() - begin < 900ms + 300ms);
  }
  const Double moved{"redfish_double.py", {"--fault", "redirect"}};
  const auto result = Fixture{moved}.wake();
  CHECK(result.error().code == Errc::refused);
  CHECK(has(result.error().detail, "put it into `url`"));
}

TEST_CASE("redfish: what comes is no Redfish") {
  const Double garbage{"redfish_double.py", {"--fault", "garbage"}};
  CHECK(Fixture{garbage}.read().error().code == Errc::malformed);
  CHECK(Fixture{garbage}.wake().error().code == Errc::refused);
}

TEST_CASE("redfish: TLS: by its key; without it not even the password goes out") {
  const Double bmc{"redfish_double.py", Certificates::get().shown("selfsigned")};
  Fixture fixture{bmc, 3s};
  const auto refused = fixture.wake();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::refused);
  CHECK(bmc.log("login").empty());
  fixture.settings.pin = Certificates::get().pin("selfsigned");
  fixture.way_.reset();
  CHECK(fixture.wake().ok());
}

TEST_CASE("redfish: a password file that is not there: refused, nothing is sent") {
  const Double bmc{"redfish_double.py"};
  Fixture fixture{bmc};
  fixture.settings.password_file = "/nowhere/password";
  CHECK(has(fixture.read().error().detail, "/nowhere/password"));
  CHECK(bmc.log("connection").empty());
}

TEST_CASE("redfish: two at once, beside one that is dead") {
  const Double one{"redfish_double.py"}, two{"redfish_double.py"};
  const Double dead{"redfish_double.py", {"--silent", "60"}};
  Fixture fixture{one};
  fixture.settings.limit = 6s;
  std::vector<std::unique_ptr<RedfishWay>> ways;
  int woken = 0, ended = 0;
  for (const Double* bmc : {&dead, &one, &two}) {
    fixture.settings.url = bmc->url();
    ways.push_back(
        std::make_unique<RedfishWay>(fixture.running.loop, fixture.client, fixture.settings));
    ways.back()->wake([&](const Result<Unit>& result) {
      woken += result.ok() ? 1 : 0;
      ++ended;
    });
  }
  CHECK(fixture.running.until([&] { return woken == 2; }));
  CHECK(ended == 2);
}

TEST_CASE("redfish: a way that goes with a call in flight: the call is dropped") {
  const Double bmc{"redfish_double.py", {"--drops", "99"}};
  Fixture fixture{bmc};
  int called = 0;
  for (const Duration wait : {0ms, 30ms, 1'200ms}) {
    fixture.way().wake([&](const Result<Unit>&) { ++called; });
    fixture.running.run_for(wait);
    fixture.way_.reset();
  }
  CHECK(fixture.client.in_flight() == 0);
  fixture.running.run_for(20ms);
  CHECK(called == 0);
}

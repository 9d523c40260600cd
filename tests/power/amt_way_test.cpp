// Intel AMT against a double of its firmware, which amt_double_test.py checks by others' messages.
#include "drivers/power/amt_way.h"

#include "tests/power/http_fixture.h"

using namespace drivers::power;
using namespace std::chrono_literals;
using reactor::Duration;
using reactor::Errc;
using reactor::Result;
using reactor::Unit;

namespace {

using Options = std::vector<std::string>;

struct Fixture : HttpFixture<AmtWay, drivers::AmtSettings> {
  explicit Fixture(const std::string& url, Duration limit = 20s, const char* password = "secret")
      : HttpFixture(url, limit, password) {}
  explicit Fixture(const Double& firmware, Duration limit = 20s, const char* password = "secret")
      : Fixture(firmware.url(), limit, password) {}
};

}  // namespace

TEST_CASE("amt: wake: from S3, off and hibernation the host comes up by PowerState 2") {
  for (const char* state : {"4", "3", "8", "6", "7"}) {
    const Double firmware{"amt_double.py", {"--state", state}};
    Fixture fixture{firmware};
    CHECK(fixture.wake().ok());
    CHECK(fixture.read().value() == Power::on);
    const auto changes = firmware.log("change");
    REQUIRE(changes.size() == 1);
    CHECK(changes.front()["state"] == 2);
  }
}

TEST_CASE("amt: read: on, asleep, off") {
  for (const auto& [state, power] :
       {std::pair{"2", Power::on}, std::pair{"4", Power::asleep}, std::pair{"8", Power::off}}) {
    const Double firmware{"amt_double.py", {"--state", state}};
    Fixture fixture{firmware};
    CHECK(fixture.way().reads());
    CHECK(fixture.read().value() == power);
    CHECK(firmware.log("change").empty());
  }
}

TEST_CASE("amt: connections kept open by the firmware do as well") {
  const Double firmware{"amt_double.py", {"--keep-open"}};
  CHECK(Fixture{firmware}.wake().ok());
}

TEST_CASE("amt: TLS: by its key; without it nothing is sent") {
  const Double firmware{"amt_double.py", Certificates::get().shown("selfsigned")};
  Fixture fixture{firmware};
  const auto refused = fixture.wake();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::refused);
  CHECK(has(refused.error().detail, "give it a `pin`"));
  CHECK(firmware.log("request").empty());
  fixture.settings.pin = Certificates::get().pin("selfsigned");
  fixture.way_.reset();
  CHECK(fixture.wake().ok());
}

TEST_CASE("amt: the management engine sleeps and ignores the first seconds: it is asked again") {
  const Double firmware{"amt_double.py", {"--state", "4", "--silent", "1.5"}};
  Fixture fixture{firmware, 6s};
  CHECK(fixture.wake().ok());
  CHECK(firmware.log("change").size() == 1);
  CHECK(firmware.log("connection").size() >= 3);
  CHECK(firmware.log("connection").size() <= AmtWay::kAttempts + 2);
}

TEST_CASE("amt: it never answers: unreachable, within the limit") {
  const Double firmware{"amt_double.py", {"--silent", "60"}};
  Fixture fixture{firmware, 1200ms};
  const auto begin = fixture.running.loop.now();
  const auto result = fixture.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::unreachable);
  CHECK(fixture.running.loop.now() - begin < 1200ms + 500ms);
  CHECK(firmware.log("connection").size() <= AmtWay::kAttempts);
}

TEST_CASE("amt: nobody there: asked until the limit") {
  Fixture fixture{"http://127.0.0.1:1", 600ms};
  const auto begin = fixture.running.loop.now();
  CHECK(fixture.read().error().code == Errc::unreachable);
  CHECK(fixture.running.loop.now() - begin >= 400ms);  // the first try ends at once
}

TEST_CASE("amt: heard, and not answered: it may have worked") {
  const Double firmware{"amt_double.py", {"--fault", "hang_after_body"}};
  Fixture fixture{firmware, 3s};
  CHECK(fixture.wake().error().code == Errc::outcome_unknown);
  CHECK(fixture.read().error().code == Errc::unreachable);  // a look changes nothing
}

TEST_CASE("amt: done, but its answer was lost: the refusal of the second is no refusal") {
  const Double firmware{"amt_double.py", {"--state", "4", "--lose-answers", "1"}};
  Fixture fixture{firmware, 3s};
  const auto result = fixture.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::outcome_unknown);
  CHECK(has(result.error().detail, "4097"));
  CHECK(fixture.read().value() == Power::on);
}

TEST_CASE("amt: no answer ever comes back: asked a few times, not in a storm") {
  const Double firmware{"amt_double.py", {"--state", "4", "--lose-answers", "99"}};
  CHECK(Fixture{firmware, 1200ms}.wake().error().code == Errc::outcome_unknown);
  CHECK(firmware.log("request").size() >= 2);
  CHECK(firmware.log("request").size() <= AmtWay::kAttempts);
}

TEST_CASE("amt: a wrong password: tried once, and nothing tells it") {
  const Double firmware{"amt_double.py"};
  Fixture fixture{firmware, 20s, "not-the-one"};
  const auto result = fixture.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  CHECK(has(result.error().detail, "AMT " + firmware.url() + ": login refused: check `user`"));
  CHECK_FALSE(has(result.error().detail, "not-the-one"));
  int tried = 0;
  for (const auto& entry : firmware.log("unauthorized"))
    tried += entry["tried"] == true ? 1 : 0;
  CHECK(tried == 1);
}

TEST_CASE("amt: a password file that is not there: refused, nothing is sent") {
  const Double firmware{"amt_double.py"};
  Fixture fixture{firmware};
  fixture.settings.password_file = "/nowhere/password";
  const auto result = fixture.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(has(result.error().detail, "/nowhere/password"));
  CHECK(firmware.log("connection").empty());
}

TEST_CASE("amt: the host is on already: 4097 in words") {
  const Double firmware{"amt_double.py", {"--state", "2"}};
  const auto result = Fixture{firmware}.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  CHECK(has(result.error().detail, "ReturnValue 4097, invalid state transition"));
}

TEST_CASE("amt: other ReturnValues: refused, once") {
  const Double firmware{"amt_double.py", {"--always-return", "2"}};
  const auto result = Fixture{firmware}.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(has(result.error().detail, "ReturnValue 2, unknown error"));
  CHECK(firmware.log("change").size() == 1);
}

TEST_CASE("amt: what answers is no firmware") {
  const Double other{"redfish_double.py"};
  const auto result = Fixture{other}.wake();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::refused);
  const Double garbage{"amt_double.py", {"--fault", "garbage"}};
  CHECK(Fixture{garbage}.read().error().code == Errc::malformed);
}

TEST_CASE("amt: two at once, beside one that is dead") {
  const Double one{"amt_double.py", {"--state", "4"}}, two{"amt_double.py", {"--state", "8"}};
  const Double dead{"amt_double.py", {"--silent", "60"}};
  Fixture fixture{one};
  std::vector<std::unique_ptr<AmtWay>> ways;
  int woken = 0, ended = 0;
  for (const Double* firmware : {&dead, &one, &two}) {
    fixture.settings.url = firmware->url();
    ways.push_back(
        std::make_unique<AmtWay>(fixture.running.loop, fixture.client, fixture.settings));
    ways.back()->wake([&](const Result<Unit>& result) {
      woken += result.ok() ? 1 : 0;
      ++ended;
    });
  }
  CHECK(fixture.running.until([&] { return woken == 2; }));
  CHECK(ended == 2);
}

TEST_CASE("amt: a way that goes with a call in flight: the call is dropped") {
  const Double firmware{"amt_double.py", {"--silent", "60"}};
  Fixture fixture{firmware};
  int called = 0;
  for (const Duration wait : {0ms, 50ms}) {
    fixture.way().wake([&](const Result<Unit>&) { ++called; });
    fixture.running.run_for(wait);
    fixture.way_.reset();
  }
  CHECK(fixture.client.in_flight() == 0);
  fixture.running.run_for(20ms);
  CHECK(called == 0);
}

#include "drivers/power/redfish.h"

#include <doctest/doctest.h>

#include <random>

using namespace drivers::power::redfish;
using actors::ports::Power;
using reactor::Errc;

namespace {

std::string system(const std::string& state, const std::string& reset) {
  return R"({"Id":"1","PowerState":)" + state + R"(,"Actions":{"#ComputerSystem.Reset":)" + reset +
         "}}";
}

const std::string kReset =
    R"({"target":"/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",)"
    R"("ResetType@Redfish.AllowableValues":["On","ForceOff","PushPowerButton"]})";

System allowing(std::vector<std::string> allowed, std::optional<Power> power) {
  return {.said = "?",
          .power = power,
          .target = "/x",
          .allowed = std::move(allowed),
          .action_info = {}};
}

}  // namespace

TEST_CASE("redfish: PowerState: the five words, and others") {
  const auto power = [](const std::string& word) {
    return read_system(system("\"" + word + "\"", kReset)).value().power;
  };
  for (const char* word : {"On", "PoweringOn", "PoweringOff"})
    CHECK(power(word) == Power::on);
  CHECK(power("Off") == Power::off);
  CHECK(power("Paused") == Power::asleep);
  CHECK(power("off") == std::nullopt);
  for (const char* nothing : {"null", "7", "{}"})
    CHECK(read_system(system(nothing, kReset)).value().power == std::nullopt);
}

TEST_CASE("redfish: target and allowed values, and where else they are told") {
  const auto told = read_system(system("\"Off\"", kReset)).value();
  CHECK(told.target == "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset");
  CHECK(told.allowed == std::vector<std::string>{"On", "ForceOff", "PushPowerButton"});
  const auto elsewhere =
      read_system(system("\"Off\"", R"({"target":"https://bmc/x","@Redfish.ActionInfo":"/info"})"))
          .value();
  CHECK(elsewhere.target == "/x");
  CHECK(elsewhere.allowed == std::nullopt);
  CHECK(elsewhere.action_info == "/info");
  CHECK(read_action_info(R"({"Parameters":[{"Name":"Other"},{"Name":"ResetType",)"
                         R"("AllowableValues":["On"]}]})") == std::vector<std::string>{"On"});
  for (const char* none : {"", "{}", "[]", R"({"Parameters":[1,{"Name":"ResetType"}]})"})
    CHECK(read_action_info(none) == std::nullopt);
}

TEST_CASE("redfish: On wherever it is allowed, or nothing is told") {
  for (const auto power : {Power::on, Power::off, Power::asleep})
    CHECK(choose(allowing({"ForceOff", "On", "PushPowerButton"}, power)).value() == Request::on);
  System silent = allowing({}, Power::off);
  silent.allowed.reset();
  CHECK(choose(silent).value() == Request::on);
}

TEST_CASE("redfish: the button: only without On, and only where the host reads Off") {
  CHECK(choose(allowing({"PushPowerButton"}, Power::off)).value() == Request::push_power_button);
  for (const std::optional<Power> power :
       {std::optional{Power::on}, std::optional{Power::asleep}, std::optional<Power>{}}) {
    const auto refused = choose(allowing({"PushPowerButton"}, power));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::refused);
    CHECK(refused.error().detail.find("it is not pushed") != std::string::npos);
  }
}

TEST_CASE("redfish: never another way, whatever is allowed") {
  for (const char* word : {"ForceOn", "ForceRestart", "PowerCycle", "FullPowerCycle", "Resume", ""})
    CHECK(choose(allowing({word}, Power::off)).error().code == Errc::refused);
  CHECK(choose({}).error().code == Errc::refused);  // no Reset at all
  CHECK(reset_body(Request::on) == R"({"ResetType":"On"})");
  CHECK(reset_body(Request::push_power_button) == R"({"ResetType":"PushPowerButton"})");
}

TEST_CASE("redfish: refusals in the BMC's words") {
  CHECK(explain(400, R"({"error":{"message":"see below","@Message.ExtendedInfo":)"
                     R"([{"MessageId":"X","Message":"The host is busy."}]}})") ==
        "HTTP status 400: The host is busy.");
  CHECK(explain(500, R"({"error":{"message":"see below"}})") == "HTTP status 500: see below");
  for (const char* none : {"", "[]", "<html>", R"({"error":7})"})
    CHECK(explain(404, none) == "HTTP status 404");
  CHECK(explain(400, R"({"error":{"message":")" + std::string(5'000, 'x') + "\"}}").size() < 300);
}

TEST_CASE("redfish: links: their path, on the host that we know") {
  CHECK(path_of("/a/b") == "/a/b");
  CHECK(path_of("https://other.example:8443/a/b") == "/a/b");
  for (const char* none : {"", "a/b", "https://other.example", "://"})
    CHECK(path_of(none).empty());
}

TEST_CASE("redfish: no JSON object: malformed; damaged answers are survived") {
  for (const char* text : {"", "[]", "7", "{", "<html>"})
    CHECK(read_system(text).error().code == Errc::malformed);
  CHECK_FALSE(read_system(std::string(65'000, '[')).ok());
  std::minstd_rand dice{7};
  const std::string whole = system("\"Off\"", kReset);
  for (int i = 0; i < 5'000; ++i) {
    std::string text = whole;
    for (int hits = 1 + static_cast<int>(dice() % 4); hits > 0; --hits)
      text[dice() % text.size()] = static_cast<char>(dice());
    if (i % 5 == 0) text.resize(dice() % text.size());
    if (const auto read = read_system(text); read.ok()) static_cast<void>(choose(read.value()));
    static_cast<void>(read_action_info(text));
    static_cast<void>(explain(400, text));
  }
}

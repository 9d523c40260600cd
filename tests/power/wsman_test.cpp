#include "drivers/power/wsman.h"

#include <doctest/doctest.h>

#include <random>

using namespace drivers::power::wsman;
using actors::ports::Power;
using reactor::Errc;

namespace {

// Shaped as AMT 11.8 answers: its own prefixes, declared on the envelope.
std::string answer(const std::string& body) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>)"
         R"(<a:Envelope xmlns:a="http://www.w3.org/2003/05/soap-envelope" xmlns:g="urn:any">)"
         "<a:Header><g:PowerState>99</g:PowerState></a:Header><a:Body>" +
         body + "</a:Body></a:Envelope>";
}

std::string changed(const std::string& value) {
  return answer("<g:RequestPowerStateChange_OUTPUT><g:ReturnValue>" + value +
                "</g:ReturnValue></g:RequestPowerStateChange_OUTPUT>");
}

std::string state(const std::string& value) {
  return answer(
      "<g:CIM_AssociatedPowerManagementService>"
      "<g:AvailableRequestedPowerStates>8</g:AvailableRequestedPowerStates><g:PowerState>" +
      value + "</g:PowerState></g:CIM_AssociatedPowerManagementService>");
}

const std::string kFault = answer(
    "<a:Fault><a:Code><a:Value>a:Sender</a:Value></a:Code><a:Reason>"
    "<a:Text xml:lang=\"en-US\">The sender was not authorized</a:Text></a:Reason></a:Fault>");

}  // namespace

TEST_CASE("wsman: PowerState 2 is all that is ever asked for") {
  const std::string asked = request_power_state_change(AskedState::on, 7);
  CHECK(asked.find("<r:PowerState>2</r:PowerState>") != asked.npos);
  CHECK(asked.find("<a:MessageID>7</a:MessageID>") != asked.npos);
}

TEST_CASE("wsman: ReturnValue: done, job started, refused in words") {
  CHECK(read_power_state_change(changed("0")).ok());
  CHECK(read_power_state_change(changed("4096")).ok());
  for (const auto& [value, word] :
       {std::pair{"1", "not supported"}, std::pair{"2", "unknown error"},
        std::pair{"5", "invalid parameter"}, std::pair{"6", "in use"},
        std::pair{"4097", "invalid state transition"}, std::pair{"77", "not in DSP1027"}}) {
    const auto result = read_power_state_change(changed(value));
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Errc::refused);
    CHECK(result.error().detail.find(std::string{"ReturnValue "} + value + ", " + word) == 0);
  }
}

TEST_CASE("wsman: PowerState: the table of DSP1027") {
  CHECK(read_power_state(state("2")).value() == Power::on);
  for (const char* value : {"3", "4"})
    CHECK(read_power_state(state(value)).value() == Power::asleep);
  for (const char* value : {"6", "7", "8", "12", "13"})
    CHECK(read_power_state(state(value)).value() == Power::off);
  for (const char* value : {"0", "1", "5", "9", "10", "11", "14", "17"})
    CHECK(read_power_state(state(value)).error().code == Errc::malformed);
}

TEST_CASE("wsman: a fault: refused, with its reason") {
  for (const auto& error :
       {read_power_state(kFault).error(), read_power_state_change(kFault).error()}) {
    CHECK(error.code == Errc::refused);
    CHECK(error.detail.find("The sender was not authorized") != error.detail.npos);
  }
}

TEST_CASE("wsman: no answer of this kind: malformed") {
  for (const std::string& text :
       {std::string{}, std::string{"<html>"}, std::string{"OK"}, answer(""), state(""),
        state("two"), state("2 "), state("99999999999"), state("<x>2</x>"),
        std::string(60'000, '<')}) {
    CHECK(read_power_state(text).error().code == Errc::malformed);
    CHECK(read_power_state_change(text).error().code == Errc::malformed);
  }
}

TEST_CASE("wsman: nested as deep as an answer can be") {
  std::string deep;
  for (int i = 0; i < 21'000; ++i)
    deep += "<a>";
  CHECK_FALSE(read_power_state(deep).ok());
}

TEST_CASE("wsman: damaged answers are survived") {
  std::minstd_rand dice{5};
  for (int i = 0; i < 20'000; ++i) {
    std::string text = i % 2 == 0 ? state("4") : kFault;
    for (int hits = 1 + static_cast<int>(dice() % 4); hits > 0; --hits)
      text[dice() % text.size()] = static_cast<char>(dice());
    if (i % 5 == 0) text.resize(dice() % text.size());
    static_cast<void>(read_power_state(text));
    static_cast<void>(read_power_state_change(text));
  }
}

#include "drivers/power/wsman.h"

#include <charconv>
#include <optional>
#include <pugixml.hpp>

namespace drivers::power::wsman {

namespace {

using actors::ports::Power;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

const std::string kAddressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
const std::string kCim = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";
const std::string kService = kCim + "CIM_PowerManagementService";
const std::string kServiceOfHost = kCim + "CIM_AssociatedPowerManagementService";
const std::string kGet = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get";

std::string envelope(const std::string& action, const std::string& resource, std::int64_t id,
                     const std::string& body) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>)"
         R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a=")" +
         kAddressing + R"(" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>)" +
         "<a:Action>" + action + "</a:Action><a:To>/wsman</a:To>" + "<w:ResourceURI>" + resource +
         "</w:ResourceURI><a:MessageID>" + std::to_string(id) + "</a:MessageID>" +
         "<a:ReplyTo><a:Address>" + kAddressing + "/role/anonymous</a:Address></a:ReplyTo>" +
         "<w:OperationTimeout>PT60S</w:OperationTimeout></s:Header><s:Body>" + body +
         "</s:Body></s:Envelope>";
}

// Whom the state is for: the host that the firmware belongs to.
std::string managed_element() {
  return "<r:ManagedElement><a:Address>" + kAddressing +
         "</a:Address><a:ReferenceParameters><w:ResourceURI>" + kCim +
         "CIM_ComputerSystem</w:ResourceURI><w:SelectorSet>"
         R"(<w:Selector Name="CreationClassName">CIM_ComputerSystem</w:Selector>)"
         R"(<w:Selector Name="Name">ManagedSystem</w:Selector>)"
         "</w:SelectorSet></a:ReferenceParameters></r:ManagedElement>";
}

/// An answer, and where its values are.
class Answer {
 public:
  explicit Answer(std::string_view text)
      : good_(document_.load_buffer(text.data(), text.size(), pugi::parse_default)) {}

  /// The text of the first element of this name in the body.
  std::optional<std::string> text(const char* name) const {
    const std::string path =
        "//*[local-name()='Body']//*[local-name()='" + std::string{name} + "']";
    const pugi::xpath_node found = document_.select_node(path.c_str());
    if (!good_ || !found) return std::nullopt;
    return std::string{found.node().text().get()};
  }

  std::optional<int> number(const char* name) const {
    const auto said = text(name);
    int value = 0;
    if (!said) return std::nullopt;
    const auto [end, error] = std::from_chars(said->data(), said->data() + said->size(), value);
    if (error != std::errc{} || end != said->data() + said->size()) return std::nullopt;
    return value;
  }

  /// Why there is no `name` in it.
  Error none(const char* name) const {
    if (!good_) return {Errc::malformed, "the answer is no XML"};
    if (text("Fault"))
      return {Errc::refused, "the firmware answers with a fault: " +
                                 text("Text").value_or("without a reason").substr(0, 200)};
    return {Errc::malformed, "the answer has no " + std::string{name} + " that is a number"};
  }

 private:
  pugi::xml_document document_;
  bool good_;
};

// DSP1027, RequestPowerStateChange(); 4097 as AMT gives it.
const char* meaning(int return_value) {
  switch (return_value) {
    case 1: return "not supported";
    case 2: return "unknown error";
    case 3: return "not done in time";
    case 4: return "failed";
    case 5: return "invalid parameter";
    case 6: return "in use: a remote console may be open";
    case 4097:
      return "invalid state transition: the host is on already, still on its way down, or can't "
             "be switched on from the state it is in";
    default: return "not in DSP1027";
  }
}

}  // namespace

std::string request_power_state_change(AskedState state, std::int64_t id) {
  return envelope(kService + "/RequestPowerStateChange", kService, id,
                  "<r:RequestPowerStateChange_INPUT xmlns:r=\"" + kService + "\"><r:PowerState>" +
                      std::to_string(static_cast<int>(state)) + "</r:PowerState>" +
                      managed_element() + "</r:RequestPowerStateChange_INPUT>");
}

std::string get_power_state(std::int64_t id) {
  return envelope(kGet, kServiceOfHost, id, "");
}

Result<Unit> read_power_state_change(std::string_view text) {
  const Answer answer{text};
  const auto value = answer.number("ReturnValue");
  if (!value) return answer.none("ReturnValue");
  constexpr int kDone = 0, kJobStarted = 4096;
  if (*value == kDone || *value == kJobStarted) return Unit{};
  return Error{Errc::refused,
               "ReturnValue " + std::to_string(*value) + ", " + std::string{meaning(*value)}};
}

// DSP1027, PowerState.
Result<Power> read_power_state(std::string_view text) {
  const Answer answer{text};
  const auto state = answer.number("PowerState");
  if (!state) return answer.none("PowerState");
  switch (*state) {
    case 2: return Power::on;
    case 3:                        // light sleep
    case 4: return Power::asleep;  // deep: S3
    case 6:                        // off, hard
    case 7:                        // hibernated
    case 8:                        // off, soft
    case 12:                       // off, soft, graceful
    case 13: return Power::off;    // off, hard, graceful
    default:
      return Error{Errc::malformed,
                   "PowerState " + std::to_string(*state) + " is none that a host stays in"};
  }
}

}  // namespace drivers::power::wsman

#include "drivers/power/redfish.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reactor/invariant.h"

namespace drivers::power::redfish {

namespace {

using actors::ports::Power;
using nlohmann::json;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using Words = std::vector<std::string>;

constexpr const char* kAllowed = "ResetType@Redfish.AllowableValues";
constexpr std::size_t kLongestWord = 200;

json parse(std::string_view body) {
  return json::parse(body, nullptr, false);
}

/// Null, too, if `value` is no object.
const json& field(const json& value, const char* name) {
  static const json none;
  if (!value.is_object()) return none;
  const auto found = value.find(name);
  return found == value.end() ? none : *found;
}

std::string text(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::optional<Words> words(const json& list) {
  if (!list.is_array()) return std::nullopt;
  Words out;
  for (const json& word : list)
    out.push_back(text(word));
  return out;
}

std::optional<Power> power_of(std::string_view said) {
  if (said == "On" || said == "PoweringOn" || said == "PoweringOff") return Power::on;
  if (said == "Off") return Power::off;
  if (said == "Paused") return Power::asleep;
  return std::nullopt;
}

std::string joined(const Words& words) {
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "" : ", ") + word;
  return out.substr(0, kLongestWord);
}

// The first message: {"error": {"@Message.ExtendedInfo": [{"MessageId", "Message"}], "message"}}.
std::string message_of(std::string_view body) {
  const json all = parse(body);
  const json& error = field(all, "error");
  const json& list = field(error, "@Message.ExtendedInfo");
  const json& first = list.is_array() && !list.empty() ? list.front() : list;
  const std::string out = text(field(first, "Message"));
  return (out.empty() ? text(field(error, "message")) : out).substr(0, kLongestWord);
}

}  // namespace

Result<System> read_system(std::string_view body) {
  const json all = parse(body);
  if (!all.is_object()) return Error{Errc::malformed, "the answer is no JSON object"};
  System out;
  out.said = text(field(all, "PowerState")).substr(0, kLongestWord);
  out.power = power_of(out.said);
  const json& reset = field(field(all, "Actions"), "#ComputerSystem.Reset");
  out.target = path_of(text(field(reset, "target")));
  out.allowed = words(field(reset, kAllowed));
  out.action_info = path_of(text(field(reset, "@Redfish.ActionInfo")));
  return out;
}

std::optional<Words> read_action_info(std::string_view body) {
  const json all = parse(body);
  const json& parameters = field(all, "Parameters");
  if (!parameters.is_array()) return std::nullopt;
  for (const json& parameter : parameters)
    if (text(field(parameter, "Name")) == "ResetType")
      return words(field(parameter, "AllowableValues"));
  return std::nullopt;
}

Result<Request> choose(const System& system) {
  const auto has = [&](const char* word) {
    return std::ranges::find(*system.allowed, word) != system.allowed->end();
  };
  if (system.target.empty())
    return Error{Errc::refused,
                 "it offers no ComputerSystem.Reset: is `system` the host itself, "
                 "and may `user` switch it on?"};
  if (!system.allowed || has("On")) return Request::on;
  if (!has("PushPowerButton"))
    return Error{Errc::refused,
                 "it allows neither On nor PushPowerButton, only: " + joined(*system.allowed)};
  if (system.power == Power::off) return Request::push_power_button;
  return Error{Errc::refused,
               "it has no On, and PowerState is '" + system.said +
                   "': its button could shut down a host that runs, so it is not pushed"};
}

std::string reset_body(Request request) {
  switch (request) {
    case Request::on: return R"({"ResetType":"On"})";
    case Request::push_power_button: return R"({"ResetType":"PushPowerButton"})";
  }
  INVARIANT(false);
}

std::string explain(int status, std::string_view body) {
  const std::string message = message_of(body);
  return "HTTP status " + std::to_string(status) + (message.empty() ? "" : ": " + message);
}

bool is_session_limit(std::string_view body) {
  return body.find("SessionLimitExceeded") != body.npos;
}

std::string path_of(std::string_view link) {
  if (const std::size_t host = link.find("://"); host != link.npos) {
    const std::size_t path = link.find('/', host + 3);
    link = path == link.npos ? "" : link.substr(path);
  }
  return link.starts_with('/') ? std::string{link} : std::string{};
}

}  // namespace drivers::power::redfish

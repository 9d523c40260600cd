#include "drivers/power/ipmitool_way.h"

#include <charconv>
#include <utility>

#include "drivers/power/ipmi_way.h"
#include "drivers/power/secret.h"

namespace drivers::power {

using process::ChildResult;
using reactor::Errc;
using reactor::Error;
using reactor::Unit;

namespace {

using Argv = std::vector<std::string>;

Argv arguments(const IpmiSettings& way, const std::string& password_file) {
  return {"ipmitool",
          "-I",
          "lanplus",
          "-C",
          std::to_string(way.cipher_suite),
          "-H",
          way.address,
          "-p",
          std::to_string(way.port),
          "-U",
          way.user,
          "-f",
          password_file,
          "-L",
          "OPERATOR",
          "-N",
          "1",
          "-R",
          "1"};
}

// " 03 00\n": the bytes of the answer, without its completion code.
std::optional<Power> power_of(const std::string& raw_answer) {
  const std::size_t begin = raw_answer.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  unsigned state = 0;
  const char* end = raw_answer.data() + raw_answer.size();
  const auto [stop, fault] = std::from_chars(raw_answer.data() + begin, end, state, 16);
  if (fault != std::errc{} || state > 0xff) return {};
  return power_of_acpi(static_cast<std::uint8_t>(state));
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

IpmitoolWay::IpmitoolWay(reactor::Loop& loop, IpmiSettings settings)
    : loop_(loop), settings_(std::move(settings)), children_(loop) {}

void IpmitoolWay::run(Request request, std::function<void(Error)> fail, Judge judge) {
  const auto file = secret_file(settings_.password_file);
  if (!file.ok())
    return loop_.post([fail = std::move(fail), error = file.error()] { fail(error); });
  Argv argv = arguments(settings_, file.value());
  const Argv asked = request == Request::power_on       ? Argv{"chassis", "power", "on"}
                     : request == Request::power_status ? Argv{"chassis", "power", "status"}
                                                        : Argv{"raw", "0x06", "0x07"};
  argv.insert(argv.end(), asked.begin(), asked.end());
  children_.run({argv, settings_.limit}, std::move(judge));
}

void IpmitoolWay::wake(Done<Unit> done) {
  run(
      Request::power_on, [done](Error error) { done(std::move(error)); },
      [this, done](const ChildResult& result) {
        if (result.good()) return done(Unit{});
        Error error = error_of(result);
        if (result.timed_out) error.code = Errc::outcome_unknown;
        done(std::move(error));
      });
}

void IpmitoolWay::read(Done<Power> done) {
  run(
      Request::acpi_power_state, [done](Error error) { done(std::move(error)); },
      [this, done](const ChildResult& result) {
        const Error error = error_of(result);
        if (!result.good() && error.code == Errc::unreachable) return done(error);
        const auto power = result.good() ? power_of(result.out) : std::nullopt;
        if (power) return done(*power);
        read_chassis(done);
      });
}

void IpmitoolWay::read_chassis(const Done<Power>& done) {
  run(
      Request::power_status, [done](Error error) { done(std::move(error)); },
      [this, done](const ChildResult& result) {
        if (!result.good()) return done(error_of(result));
        if (has(result.out, "Chassis Power is on")) return done(Power::on);
        if (has(result.out, "Chassis Power is off")) return done(Power::off);
        done(Error{Errc::malformed, "ipmitool: no power state in its output"});
      });
}

// Of a wrong password it says the same as of a BMC that is not there.
Error IpmitoolWay::error_of(const ChildResult& result) const {
  const bool no_session = result.timed_out || has(result.err, "Unable to establish");
  return {no_session ? Errc::unreachable : Errc::refused,
          "IPMI " + settings_.address + " port " + std::to_string(settings_.port) + ", user " +
              settings_.user + ": " + process::describe({"ipmitool"}, result)};
}

}  // namespace drivers::power

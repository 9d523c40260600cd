#include "drivers/power/ipmi_way.h"

#include <utility>

#include "drivers/power/secret.h"

namespace drivers::power {

using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

// IPMI 2.0 table 20-7.
std::optional<Power> power_of_acpi(std::uint8_t system_state) {
  switch (system_state & 0x7fU) {
    case 0x00:  // S0
    case 0x20:  // on, of a machine without ACPI
      return Power::on;
    case 0x01:
    case 0x02:
    case 0x03:  // S1, S2, S3
    case 0x08:
    case 0x09:  // some sleep, which cannot be told apart
      return Power::asleep;
    case 0x04:
    case 0x05:
    case 0x06:  // S4, S5, one of both
    case 0x07:  // mechanical off
    case 0x0a:  // S5 by the power button held down
    case 0x21:  // off, of a machine without ACPI
      return Power::off;
    default: return {};
  }
}

IpmiWay::IpmiWay(reactor::Loop& loop, IpmiLibrary& library, IpmiSettings settings)
    : loop_(loop),
      library_(library),
      settings_(std::move(settings)),
      begin_(loop, [this] { look_up(); }),
      deadline_(loop, [this] {
        fail({Errc::unreachable, "no answer within " + std::to_string(settings_.limit.count()) +
                                     " ms; is that its address, and has it IPMI over LAN?"});
      }) {}

void IpmiWay::wake(Done<Unit> done) {
  begin(IpmiRequest::power_up, [done = std::move(done)](const Outcome& outcome) {
    if (outcome.ok()) return done(Unit{});
    done(outcome.error());
  });
}

void IpmiWay::read(Done<Power> done) {
  begin(IpmiRequest::acpi_power_state, std::move(done));
}

void IpmiWay::begin(IpmiRequest request, Done<Power> done) {
  request_ = request;
  done_ = std::move(done);
  sent_ = false;
  begin_.start({});
  deadline_.start(settings_.limit);
}

void IpmiWay::look_up() {
  auto password = read_secret(settings_.password_file);
  if (!password.ok()) return fail(password.error());
  password_ = std::move(password).value();
  if (password_.size() > kLongestIpmiPassword)
    return fail({Errc::refused, "the password in " + settings_.password_file +
                                    " is too long; IPMI 2.0 takes at most 20 bytes"});
  if (reactor::is_address(settings_.address)) return log_in(settings_.address);
  const auto begun = resolver_.emplace(loop_).look_up(
      settings_.address, [this](const Result<std::string>& address) {
        if (!address.ok()) return fail({Errc::unreachable, address.error().detail});
        log_in(address.value());
      });
  if (!begun.ok()) fail({Errc::refused, begun.error().detail});
}

void IpmiWay::log_in(const std::string& address) {
  const IpmiTarget target{.address = address,
                          .port = settings_.port,
                          .user = settings_.user,
                          .password = std::exchange(password_, {})};
  session_.emplace(loop_, library_).open(target, [this](const Result<Unit>& opened) {
    if (!opened.ok()) return fail(opened.error());
    ask(request_);
  });
}

void IpmiWay::ask(IpmiRequest request) {
  request_ = request;
  sent_ = true;
  session_->ask(request, [this](const Result<IpmiReply>& reply) {
    if (!reply.ok()) return fail(reply.error());
    replied(reply.value());
  });
}

void IpmiWay::replied(const IpmiReply& reply) {
  constexpr std::uint8_t kNoState = 0x7f;
  const bool good = reply.code == 0;
  const std::uint8_t state = good && !reply.data.empty() ? reply.data.front() : kNoState;
  switch (request_) {
    case IpmiRequest::power_up:
      if (good) return end(Power::on);
      break;
    case IpmiRequest::acpi_power_state:
      if (const auto power = power_of_acpi(state)) return end(*power);
      return ask(IpmiRequest::chassis_status);
    case IpmiRequest::chassis_status:
      if (good && reply.data.empty()) return fail({Errc::malformed, "an answer without a state"});
      if (good) return end((state & 1U) != 0 ? Power::on : Power::off);
      break;
  }
  fail({Errc::refused,
        "the BMC refused it, completion code " + std::to_string(reply.code) + " (IPMI 2.0 §5.2)"});
}

// No answer to a wake that was sent: the host may be on its way up.
void IpmiWay::fail(Error error) {
  if (error.code == Errc::unreachable && sent_ && request_ == IpmiRequest::power_up)
    error.code = Errc::outcome_unknown;
  error.detail = "IPMI " + settings_.address + " port " + std::to_string(settings_.port) +
                 ", user " + settings_.user + ": " + error.detail;
  end(error);
}

void IpmiWay::end(const Outcome& outcome) {
  begin_.stop();
  deadline_.stop();
  password_.clear();
  resolver_.reset();
  session_.reset();
  const auto done = std::exchange(done_, nullptr);
  done(outcome);
}

}  // namespace drivers::power

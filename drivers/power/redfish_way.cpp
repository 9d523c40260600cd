#include "drivers/power/redfish_way.h"

#include <algorithm>
#include <utility>

#include "drivers/power/secret.h"
#include "reactor/invariant.h"

namespace drivers::power {

namespace {

using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

// Whether the BMC may take the same request a little later.
bool is_busy(int status) {
  return status == 409 || status == 429 || (status >= 500 && status != 501);
}

Error status_error(const HttpAnswer& answer) {
  return {is_busy(answer.status) ? Errc::unreachable : Errc::refused,
          redfish::explain(answer.status, answer.body)};
}

const char* name_of(redfish::Request request) {
  return request == redfish::Request::on ? "On" : "PushPowerButton";
}

// A login or a look that was not answered changed nothing.
Errc of_a_look(Errc code) {
  return code == Errc::outcome_unknown ? Errc::unreachable : code;
}

Result<redfish::System> judge_look(const Result<HttpAnswer>& result) {
  if (!result.ok()) return Error{of_a_look(result.error().code), result.error().detail};
  if (!result.value().good()) return status_error(result.value());
  return redfish::read_system(result.value().body);
}

}  // namespace

RedfishWay::RedfishWay(reactor::Loop& loop, HttpClient& http, RedfishSettings settings)
    : loop_(loop),
      http_(http),
      settings_(std::move(settings)),
      talk_(loop, http, settings_),
      alarm_(loop, [this] { std::exchange(at_alarm_, {})(); }) {}

void RedfishWay::wake(Done<Unit> done) {
  INVARIANT(!woken_ && !read_);
  woken_ = std::move(done);
  begin([this] { look(&RedfishWay::prepare); });
}

void RedfishWay::read(Done<Power> done) {
  INVARIANT(!woken_ && !read_);
  read_ = std::move(done);
  begin([this] { look(&RedfishWay::tell_power); });
}

void RedfishWay::begin(std::function<void()> talk) {
  deadline_ = loop_.now() + settings_.limit - talk_.logout_limit();
  taken_ = 0;
  why_.reset();
  at_alarm_ = [this, talk = std::move(talk)] {
    const auto password = read_secret(settings_.password_file);
    if (!password.ok()) return end(password.error());
    talk_.log_in(password.value(), deadline_, [this, talk](const Result<Unit>& result) {
      if (result.ok()) return talk();
      end({of_a_look(result.error().code), result.error().detail});
    });
  };
  alarm_.start({});
}

Error RedfishWay::named(const Error& error) const {
  return {error.code, "Redfish " + settings_.url + settings_.system + ": " + error.detail};
}

// A wake knows no `malformed`: what can't be read before a request is as good as a refusal, and
// after one it leaves open what became of it.
void RedfishWay::end(Error error) {
  if (woken_ && error.code == Errc::malformed)
    error.code = taken_ > 0 ? Errc::outcome_unknown : Errc::refused;
  if (woken_)
    return finish([done = std::exchange(woken_, {}), error = named(error)] { done(error); });
  finish([done = std::exchange(read_, {}), error = named(error)] { done(error); });
}

void RedfishWay::finish(std::function<void()> tell) {
  talk_.log_out(std::move(tell));
}

void RedfishWay::look(void (RedfishWay::*then)(const redfish::System&)) {
  talk_.get(settings_.system, [this, then](const Result<HttpAnswer>& result) {
    const auto system = judge_look(result);
    if (!system.ok()) return end(system.error());
    (this->*then)(system.value());
  });
}

void RedfishWay::tell_power(const redfish::System& system) {
  if (!system.power)
    return end({Errc::malformed, "PowerState is '" + system.said +
                                     "', not On, PoweringOn, "
                                     "PoweringOff, Off or Paused"});
  finish([done = std::exchange(read_, {}), power = *system.power] { done(power); });
}

void RedfishWay::prepare(const redfish::System& system) {
  system_ = system;
  if (system_.allowed || system_.action_info.empty()) return decide();
  talk_.get(system_.action_info,
            [this](const Result<HttpAnswer>& result) { take_action_info(result); });
}

void RedfishWay::take_action_info(const Result<HttpAnswer>& result) {
  if (result.ok() && result.value().good())
    system_.allowed = redfish::read_action_info(result.value().body);
  decide();
}

void RedfishWay::decide() {
  const auto request = redfish::choose(system_);
  if (!request.ok()) return end(request.error());
  request_ = request.value();
  push();
}

void RedfishWay::push() {
  next_push_ = loop_.now() + push_each();
  talk_.post(system_.target, redfish::reset_body(request_),
             [this](const Result<HttpAnswer>& result) { pushed(result); });
}

void RedfishWay::pushed(const Result<HttpAnswer>& result) {
  if (result.ok() && !result.value().good()) {
    why_ = status_error(result.value());
    if (!is_busy(result.value().status)) return end(*why_);
    return wait();
  }
  const bool not_sent = !result.ok() && result.error().code != Errc::outcome_unknown;
  if (!result.ok()) why_ = result.error();
  if (!result.ok() && result.error().code == Errc::refused) return end(*why_);
  if (!not_sent) ++taken_;
  wait();
}

// Looks at the state a moment later: BMCs take up to 11 s to show what they do.
void RedfishWay::wait() {
  at_alarm_ = [this] { look_again(); };
  alarm_.start(look_each());
}

void RedfishWay::look_again() {
  talk_.get(settings_.system, [this](const Result<HttpAnswer>& result) {
    const auto system = judge_look(result);
    if (system.ok()) return judge(system.value());
    if (out_of_time())
      return end(taken_ > 0 ? Error{Errc::outcome_unknown, system.error().detail} : system.error());
    wait();
  });
}

void RedfishWay::judge(const redfish::System& system) {
  const bool on = system.said == "On" || system.said == "PoweringOn";
  if (taken_ > 0 && (on || system.said.empty()))
    return finish([done = std::exchange(woken_, {})] { done(Unit{}); });
  if (out_of_time() && taken_ == 0) return end(*why_);
  if (out_of_time())
    return end({Errc::outcome_unknown,
                std::string{name_of(request_)} + " was taken " + std::to_string(taken_) +
                    " times, but PowerState still reads '" + system.said + "'"});
  const bool again = taken_ == 0 || request_ == redfish::Request::on;
  if (again && loop_.now() >= next_push_) return push();
  wait();
}

}  // namespace drivers::power

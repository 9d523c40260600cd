#include "drivers/power/amt_way.h"

#include <algorithm>
#include <utility>

#include "drivers/power/secret.h"
#include "drivers/power/wsman.h"
#include "reactor/invariant.h"

namespace drivers::power {

namespace {

using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

constexpr int kUnauthorized = 401, kBusy = 503;

bool worth_another(const Result<HttpAnswer>& result) {
  if (result.ok()) return result.value().status == kBusy;
  return result.error().code == Errc::unreachable || result.error().code == Errc::outcome_unknown;
}

Error status_error(const HttpAnswer& answer) {
  if (answer.status == kUnauthorized)
    return {Errc::refused,
            "login refused: check `user`, `password_file`, and that the user may see PC control"};
  return {answer.status == kBusy ? Errc::unreachable : Errc::refused,
          "HTTP status " + std::to_string(answer.status)};
}

// A fault comes with status 400 or 500, and says more than the status.
template <class T>
Result<T> judge(const std::string& url, const Result<HttpAnswer>& result,
                Result<T> (*read)(std::string_view)) {
  const auto named = [&](const Error& error) {
    return Error{error.code, "AMT " + url + ": " + error.detail};
  };
  if (!result.ok()) return named(result.error());
  const HttpAnswer& answer = result.value();
  const Result<T> said = read(answer.body);
  if (answer.good() || (!said.ok() && said.error().code == Errc::refused))
    return said.ok() ? said : Result<T>{named(said.error())};
  return named(status_error(answer));
}

}  // namespace

AmtWay::AmtWay(reactor::Loop& loop, HttpClient& http, AmtSettings settings)
    : loop_(loop),
      http_(http),
      settings_(std::move(settings)),
      alarm_(loop, [this] { attempt(); }) {}

// One whose answer was lost, or can't be read, may have done it, and a second one is then refused.
void AmtWay::wake(Done<Unit> done) {
  ask(wsman::request_power_state_change(wsman::AskedState::on, message_id_++),
      [this, done = std::move(done)](const Result<HttpAnswer>& result) {
        const auto woken = judge(settings_.url, result, wsman::read_power_state_change);
        const bool unknown =
            !woken.ok() && (may_have_worked_ || woken.error().code == Errc::malformed);
        done(unknown ? Error{Errc::outcome_unknown, woken.error().detail} : woken);
      });
}

void AmtWay::read(Done<Power> done) {
  ask(wsman::get_power_state(message_id_++),
      [url = settings_.url, done = std::move(done)](const Result<HttpAnswer>& result) {
        const auto power = judge(url, result, wsman::read_power_state);
        const bool silent = !power.ok() && power.error().code == Errc::outcome_unknown;
        done(silent ? Error{Errc::unreachable, power.error().detail} : power);
      });
}

void AmtWay::ask(std::string message, HttpClient::Done done) {
  INVARIANT(!done_);
  message_ = std::move(message);
  done_ = std::move(done);
  may_have_worked_ = false;
  deadline_ = loop_.now() + settings_.limit;
  alarm_.start({});
}

void AmtWay::attempt() {
  const auto password = read_secret(settings_.password_file);
  if (!password.ok()) return end(password.error());
  HttpRequest request;
  request.method = HttpRequest::Method::post;
  request.url = settings_.url + "/wsman";
  request.body = message_;
  request.headers = {"Content-Type: application/soap+xml;charset=UTF-8"};
  request.login = {HttpLogin::Kind::digest, settings_.user, password.value()};
  request.trust = {settings_.ca_file, settings_.pin};
  request.limit = std::min(share(), deadline_ - loop_.now());
  request.last = true;  // as the firmware does
  next_attempt_ = loop_.now() + share();
  call_ = http_.send(request, [this](const auto& result) { heard(result); });
}

void AmtWay::heard(const Result<HttpAnswer>& result) {
  if (!result.ok() && result.error().code == Errc::outcome_unknown) may_have_worked_ = true;
  if (!worth_another(result) || next_attempt_ + share() / 2 > deadline_) return end(result);
  alarm_.start(std::max(next_attempt_ - loop_.now(), Duration{}));
}

void AmtWay::end(const Result<HttpAnswer>& result) {
  std::exchange(done_, nullptr)(result);
}

}  // namespace drivers::power

#include "drivers/power/redfish_talk.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "drivers/power/redfish.h"

namespace drivers::power {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

constexpr const char* kSessions = "/redfish/v1/SessionService/Sessions";

bool is_login_refused(int status) {
  return status == 401 || status == 403;
}

bool has_no_sessions(const HttpAnswer& answer) {
  return answer.status == 404 || answer.status == 405 || answer.status == 501 ||
         redfish::is_session_limit(answer.body);
}

Error login_error(int status) {
  return {Errc::refused, "login refused (HTTP status " + std::to_string(status) +
                             "): check `user`, `password_file`, and that the account is enabled"};
}

Error moved_error(const HttpAnswer& answer) {
  return {Errc::refused, "it sends us to '" + answer.location.substr(0, 200) +
                             "': if that is right, put it into `url`"};
}

}  // namespace

void RedfishTalk::log_in(const std::string& password, reactor::Instant deadline,
                         actors::ports::Done<Unit> done) {
  deadline_ = deadline;
  token_.clear();
  session_.clear();
  login_ = {};
  HttpRequest login = request(HttpRequest::Method::post, kSessions);
  login.body = nlohmann::json{{"UserName", settings_.user}, {"Password", password}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  call_ = http_.send(login, [this, password, done = std::move(done)](const auto& result) {
    done(take_session(result, password));
  });
}

Result<Unit> RedfishTalk::take_session(const Result<HttpAnswer>& result,
                                       const std::string& password) {
  if (!result.ok()) return result.error();
  const HttpAnswer& answer = result.value();
  token_ = answer.auth_token;
  session_ = redfish::path_of(answer.location);
  if (answer.good() && !token_.empty()) return Unit{};
  if (is_login_refused(answer.status)) return login_error(answer.status);
  if (answer.status / 100 == 3) return moved_error(answer);
  if (!answer.good() && !has_no_sessions(answer))
    return Error{Errc::unreachable, "login: " + redfish::explain(answer.status, answer.body)};
  session_.clear();
  login_ = {HttpLogin::Kind::basic, settings_.user, password};
  return Unit{};
}

void RedfishTalk::get(const std::string& path, HttpClient::Done done) {
  send(request(HttpRequest::Method::get, path), std::move(done));
}

void RedfishTalk::post(const std::string& path, std::string body, HttpClient::Done done) {
  HttpRequest post = request(HttpRequest::Method::post, path);
  post.body = std::move(body);
  send(post, std::move(done));
}

void RedfishTalk::log_out(std::function<void()> done) {
  login_ = {};
  if (session_.empty()) return done();
  HttpRequest logout = request(HttpRequest::Method::del, std::exchange(session_, {}));
  logout.limit = logout_limit();
  logout.last = true;
  call_ = http_.send(logout, [done = std::move(done)](const auto& /*result*/) { done(); });
}

HttpRequest RedfishTalk::request(HttpRequest::Method method, const std::string& path) const {
  HttpRequest out;
  out.method = method;
  out.url = settings_.url + path;
  out.headers = {"Accept: application/json", "OData-Version: 4.0"};
  if (method == HttpRequest::Method::post)
    out.headers.emplace_back("Content-Type: application/json");
  if (!token_.empty()) out.headers.push_back("X-Auth-Token: " + token_);
  out.login = login_;
  out.trust = {settings_.ca_file, settings_.pin};
  out.limit = std::min(settings_.limit / 3, deadline_ - loop_.now());
  return out;
}

void RedfishTalk::send(const HttpRequest& request, HttpClient::Done done) {
  call_ = http_.send(request, [done = std::move(done)](Result<HttpAnswer> result) {
    if (result.ok() && is_login_refused(result.value().status))
      result = login_error(result.value().status);
    done(std::move(result));
  });
}

}  // namespace drivers::power

// The HTTP client against small servers of ours: good, dead, silent, stalled, lying, endless.
#include "drivers/power/http_client.h"

#include <cstdlib>

#include "tests/power/answers.h"
#include "tests/power/double.h"

using namespace drivers::power;
using namespace std::chrono_literals;
using reactor::Duration;
using reactor::Errc;
using reactor::Result;
using Method = HttpRequest::Method;

namespace {

constexpr const char* kRoot = "/redfish/v1";
constexpr const char* kDeadUrl = "http://127.0.0.1:1";  // nobody listens there

HttpRequest get(const std::string& url, Duration limit = 10s) {
  HttpRequest out;
  out.url = url;
  out.limit = limit;
  return out;
}

HttpRequest post(const std::string& url, HttpLogin::Kind login, Duration limit = 10s) {
  HttpRequest out = get(url, limit);
  out.method = Method::post;
  out.body = "<Envelope/>";
  out.login = {login, "admin", "secret"};
  return out;
}

struct Fixture {
  Result<HttpAnswer> ask(const HttpRequest& request) {
    return answer_of<HttpAnswer>(
        running, [&](auto done) { call = client.send(request, done); }, 30s);
  }
  /// The TLS answer to one who shows `shown`, and is trusted by `trust`.
  Result<HttpAnswer> tls(const std::string& shown, HttpTrust trust) {
    const Double server{"redfish_double.py", Certificates::get().shown(shown)};
    HttpRequest request = get(server.url() + kRoot);
    request.trust = std::move(trust);
    return ask(request);
  }

  RunningLoop running;
  HttpClient client{running.loop};
  HttpCall call;
};

std::string ca() {
  return Certificates::get().file("ca.pem");
}

/// Error text, or nothing.
std::string refusal(const Result<HttpAnswer>& result) {
  if (result.ok() || result.error().code != Errc::refused) return {};
  return result.error().detail;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("http: an answer: status, body, the headers that count") {
  const Double server{"redfish_double.py"};
  Fixture fixture;
  const auto root = fixture.ask(get(server.url() + kRoot));
  REQUIRE(root.ok());
  CHECK(root.value().status == 200);
  CHECK(has(root.value().body, "RedfishVersion"));
  HttpRequest login = get(server.url() + "/redfish/v1/SessionService/Sessions");
  login.method = Method::post;
  login.body = R"({"UserName":"admin","Password":"secret"})";
  const auto session = fixture.ask(login);
  REQUIRE(session.ok());
  CHECK(session.value().status == 201);
  CHECK(session.value().auth_token.size() == 32);
  CHECK(session.value().location.starts_with("/redfish/v1/SessionService/Sessions/"));
  login.method = Method::del;
  login.url = server.url() + session.value().location;
  login.headers = {"X-Auth-Token: " + session.value().auth_token};
  CHECK(fixture.ask(login).value().status == 204);
}

TEST_CASE("http: digest: two rounds, the body in the second; a wrong password is tried once") {
  const Double server{"amt_double.py"};
  Fixture fixture;
  CHECK(fixture.ask(post(server.url() + "/wsman", HttpLogin::Kind::digest)).value().status == 400);
  CHECK(server.log("request").front()["body"] == "<Envelope/>");
  REQUIRE(server.log("unauthorized").size() == 1);
  CHECK(server.log("unauthorized").front()["size"] == 0);
  HttpRequest wrong = post(server.url() + "/wsman", HttpLogin::Kind::digest);
  wrong.login.password = "wrong";
  const auto refused = fixture.ask(wrong);
  REQUIRE(refused.ok());
  CHECK(refused.value().status == 401);
  CHECK(refused.value().body.size() == 690);      // of the last answer alone
  CHECK(server.log("unauthorized").size() == 3);  // asked for a login, tried one
}

TEST_CASE("http: basic: sent at once") {
  const Double server{"redfish_double.py"};
  Fixture fixture;
  HttpRequest request = get(server.url() + "/redfish/v1/Systems/1");
  request.login = {HttpLogin::Kind::basic, "admin", "secret"};
  CHECK(fixture.ask(request).value().status == 200);
  CHECK(server.log("basic").size() == 1);
}

TEST_CASE("http: nobody there: unreachable at once") {
  Fixture fixture;
  const auto result = fixture.ask(post(kDeadUrl, HttpLogin::Kind::basic));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::unreachable);
  CHECK(has(result.error().detail, "POST http://127.0.0.1:1: "));
  CHECK(has(result.error().detail, "connect"));
}

TEST_CASE("http: silent, before the body could go out: unreachable at the limit") {
  const Double server{"amt_double.py", {"--silent", "60"}};
  Fixture fixture;
  const auto begin = uv_hrtime();
  const auto result = fixture.ask(post(server.url() + "/wsman", HttpLogin::Kind::digest, 300ms));
  const auto took_ms = (uv_hrtime() - begin) / 1'000'000;
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::unreachable);
  CHECK(took_ms >= 290);
  CHECK(took_ms < 3'000);
}

TEST_CASE("http: silent once it has the body: the outcome is unknown") {
  const Double server{"amt_double.py", {"--fault", "hang_after_body"}};
  Fixture fixture;
  const auto result = fixture.ask(post(server.url() + "/wsman", HttpLogin::Kind::digest, 700ms));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::outcome_unknown);
}

TEST_CASE("http: stalls in the middle of an answer: cut off at the limit") {
  const Double server{"redfish_double.py", {"--fault", "stall"}};
  Fixture fixture;
  const auto result = fixture.ask(get(server.url() + kRoot, 300ms));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::unreachable);
  CHECK(has(result.error().detail, "timed out"));
}

TEST_CASE("http: ends in the middle of an answer: no answer") {
  const Double server{"redfish_double.py", {"--fault", "cut"}};
  Fixture fixture;
  CHECK(fixture.ask(get(server.url() + kRoot)).error().code == Errc::unreachable);
}

TEST_CASE("http: talks for ever: malformed, and it is not listened to any more") {
  const Double server{"redfish_double.py", {"--fault", "endless"}};
  Fixture fixture;
  const auto result = fixture.ask(get(server.url() + kRoot));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::malformed);
  CHECK(has(result.error().detail, "longer than 65536 bytes"));
  CHECK(fixture.running.until([&] { return server.log("cut off").size() == 1; }));
}

TEST_CASE("http: what comes is no HTTP: malformed") {
  const Double server{"redfish_double.py", {"--fault", "garbage"}};
  Fixture fixture;
  CHECK(fixture.ask(get(server.url() + kRoot)).error().code == Errc::malformed);
}

TEST_CASE("http: sent elsewhere: the answer says so, and nobody goes there") {
  const Double server{"redfish_double.py", {"--fault", "redirect"}};
  Fixture fixture;
  const auto result = fixture.ask(get(server.url() + kRoot));
  REQUIRE(result.ok());
  CHECK(result.value().status == 302);
  CHECK(result.value().location == "http://127.0.0.1:1/");
}

TEST_CASE("http: the environment's proxy is none of ours") {
  const Double server{"redfish_double.py"};
  setenv("http_proxy", kDeadUrl, 1);
  CHECK(Fixture{}.ask(get(server.url() + kRoot)).ok());
  unsetenv("http_proxy");
}

TEST_CASE("http: other protocols, and passwords in a URL: refused, without telling the password") {
  Fixture fixture;
  CHECK(fixture.ask(get("file:///etc/passwd")).error().code == Errc::malformed);
  const auto result = fixture.ask(get("http://admin:secret@127.0.0.1:1/"));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::malformed);
  CHECK_FALSE(has(result.error().detail, "secret"));
}

TEST_CASE("http: TLS: a certificate of the right CA, for this address") {
  CHECK(Fixture{}.tls("good", {.ca_file = ca(), .pin = {}}).ok());
}

TEST_CASE("http: TLS: nothing given: the system's CAs, who know none of ours") {
  for (const char* shown : {"good", "selfsigned"}) {
    const std::string text = refusal(Fixture{}.tls(shown, {}));
    CHECK(has(text, "certificate"));
    CHECK(has(text, "give it a `pin`"));
  }
}

TEST_CASE("http: TLS: expired, or for another name: refused, and says why") {
  CHECK(has(refusal(Fixture{}.tls("expired", {.ca_file = ca(), .pin = {}})), "has expired"));
  const std::string text = refusal(Fixture{}.tls("elsewhere", {.ca_file = ca(), .pin = {}}));
  CHECK(has(text, "no alternative certificate subject name matches"));
}

TEST_CASE("http: TLS: a CA file that is none") {
  CHECK(has(refusal(Fixture{}.tls("good", {.ca_file = "/nowhere.pem", .pin = {}})), "`ca_file`"));
}

TEST_CASE("http: TLS: the right key is enough, self-signed and expired too") {
  for (const char* shown : {"good", "selfsigned", "expired", "elsewhere"})
    CHECK(Fixture{}.tls(shown, {.ca_file = {}, .pin = Certificates::get().pin(shown)}).ok());
}

TEST_CASE("http: TLS: another key: refused") {
  const std::string pin = Certificates::get().pin("good");
  CHECK(has(refusal(Fixture{}.tls("selfsigned", {.ca_file = {}, .pin = pin})), "another machine"));
}

TEST_CASE("http: TLS: CA and key given: both count") {
  const auto& all = Certificates::get();
  CHECK(Fixture{}.tls("good", {.ca_file = ca(), .pin = all.pin("good")}).ok());
  CHECK_FALSE(Fixture{}.tls("good", {.ca_file = ca(), .pin = all.pin("expired")}).ok());
  CHECK_FALSE(Fixture{}.tls("expired", {.ca_file = ca(), .pin = all.pin("expired")}).ok());
}

TEST_CASE("http: TLS: one who is trusted by key is no reason to trust him without") {
  const Double server{"redfish_double.py", Certificates::get().shown("selfsigned")};
  Fixture fixture;
  HttpRequest request = get(server.url() + kRoot);
  request.trust.pin = Certificates::get().pin("selfsigned");
  CHECK(fixture.ask(request).ok());  // its connection is kept
  request.trust = {};
  CHECK_FALSE(fixture.ask(request).ok());
  request.trust.pin = Certificates::get().pin("good");
  CHECK_FALSE(fixture.ask(request).ok());
}

TEST_CASE("http: many at once, one of them silent: the others do not wait for it") {
  const Double good{"redfish_double.py"};
  const Double silent{"redfish_double.py", {"--silent", "60"}};
  Fixture fixture;
  std::vector<HttpCall> calls;
  int answered = 0, failed = 0;
  const auto count = [&](const Result<HttpAnswer>& result) { ++(result.ok() ? answered : failed); };
  calls.push_back(fixture.client.send(get(silent.url() + kRoot, 60s), count));
  for (int i = 0; i < 30; ++i)
    calls.push_back(fixture.client.send(get(good.url() + kRoot), count));
  CHECK(fixture.running.until([&] { return answered == 30; }, 20s));
  CHECK(failed == 0);
  CHECK(fixture.client.in_flight() == 1);
}

TEST_CASE("http: a call that is let go of: its answer never comes, the others' do") {
  const Double server{"redfish_double.py"};
  Fixture fixture;
  int first = 0, second = 0;
  HttpCall kept;
  {
    const HttpCall dropped = fixture.client.send(get(server.url() + kRoot), [&](auto) { ++first; });
    kept = fixture.client.send(get(server.url() + kRoot), [&](auto) { ++second; });
  }
  CHECK(fixture.running.until([&] { return second == 1; }));
  CHECK(first == 0);
}

TEST_CASE("http: a client that goes with calls on their way") {
  const Double server{"redfish_double.py", {"--silent", "60"}};
  RunningLoop running;
  int called = 0;
  {
    HttpClient client{running.loop};
    const auto count = [&](auto) { ++called; };
    const HttpCall one = client.send(get(server.url() + kRoot), count);
    const HttpCall two = client.send(get(kDeadUrl, 60s), count);
    running.run_for(50ms);
    CHECK(called == 1);  // nobody was there
  }
  running.run_for(10ms);
  CHECK(called == 1);
}

TEST_CASE("http: one call after another from inside the answers") {
  const Double server{"redfish_double.py"};
  Fixture fixture;
  int left = 50;
  std::function<void(Result<HttpAnswer>)> again = [&](const Result<HttpAnswer>& result) {
    CHECK(result.ok());
    if (--left > 0) fixture.call = fixture.client.send(get(server.url() + kRoot), again);
  };
  fixture.call = fixture.client.send(get(server.url() + kRoot), again);
  CHECK(fixture.running.until([&] { return left == 0; }, 20s));
  CHECK(server.log("connection").size() == 1);  // kept from one to the next
}

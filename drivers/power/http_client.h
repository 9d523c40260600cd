// HTTP and HTTPS to the small web servers in BMCs and firmware, many requests at a time, on the
// loop: libcurl's multi interface on libuv.
//
// Such a server is believed only once it has proved that it is the one meant (HttpTrust), and never
// followed to another address. It may be slow, silent, or talk for ever: each request has a limit
// of time, each answer one of size. HTTP/1.1 only; no proxy from the environment, no cookies, no
// .netrc. A password is in no text that comes out of here. Source: libcurl 7.88.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/ports/done.h"
#include "reactor/loop.h"
#include "reactor/timer.h"

namespace drivers::power {

inline constexpr std::size_t kLongestAnswer = 64UL * 1024;  ///< bytes of its body
inline constexpr std::size_t kLongestHeader = 4UL * 1024;   ///< bytes of one that is kept

/// How a server proves who it is. Both empty: by a certificate of one of the system's CAs.
struct HttpTrust {
  /// PEM; these CAs count and no others. The URL's name or address must be in the certificate.
  std::string ca_file;
  /// sha256//BASE64 of its public key. Without a `ca_file` the key alone counts, whatever else is
  /// in the certificate: self-signed, for another name, expired.
  std::string pin;
};

struct HttpLogin {
  enum class Kind { none, basic, digest };
  Kind kind = Kind::none;
  std::string user, password;
};

struct HttpRequest {
  enum class Method { get, post, del };
  Method method = Method::get;
  std::string url;                   ///< http:// or https://, without user and password
  std::string body;                  ///< of a post
  std::vector<std::string> headers;  ///< "Name: value"
  HttpLogin login;
  HttpTrust trust;
  reactor::Duration limit{5'000};  ///< of it all: names, connection, login, answer
  bool last = false;               ///< the connection is closed afterwards, not kept for the next
};

struct HttpAnswer {
  int status = 0;  ///< whatever the server said: 401 and 500 are answers
  std::string body;
  std::string location, auth_token;  ///< headers Location and X-Auth-Token, as they are
  bool good() const { return status >= 200 && status < 300; }
};

/// "POST https://10.0.1.11/redfish/v1/SessionService/Sessions", for people.
std::string describe(const HttpRequest& request);

class HttpClient;

/// A request on its way. Who lets go of it drops the request: its `done` never runs.
class [[nodiscard]] HttpCall {
 public:
  HttpCall() = default;
  HttpCall(HttpCall&& other) noexcept;
  HttpCall& operator=(HttpCall&& other) noexcept;
  ~HttpCall();

 private:
  friend class HttpClient;
  HttpCall(HttpClient& client, std::uint64_t id) : client_(&client), id_(id) {}

  HttpClient* client_ = nullptr;
  std::uint64_t id_ = 0;
};

class HttpClient {
 public:
  using Done = actors::ports::Done<HttpAnswer>;

  explicit HttpClient(reactor::Loop& loop);
  /// Drops what is still on its way. Outlives its calls; not to be destroyed from inside a `done`.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Returns at once; `done` runs at most once, on the loop, never from inside the call.
  /// Errors: unreachable (no answer, and the body had not gone out), outcome_unknown (no answer,
  /// and some of the body had), refused (the server is not the one meant), malformed (not HTTP, or
  /// too long).
  HttpCall send(const HttpRequest& request, Done done);

  std::size_t in_flight() const { return transfers_.size(); }

 private:
  friend class HttpCall;
  struct Transfer;
  struct Watch;
  struct CloseMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int on_alarm(CURLM* multi, long ms, void* self);
  void act(curl_socket_t socket, int events);
  void take_ended();
  void end(CURL* easy, CURLcode code);
  void drop(std::uint64_t id);

  reactor::Loop& loop_;
  reactor::Timer alarm_;
  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::map<std::uint64_t, std::unique_ptr<Transfer>> transfers_;
  std::uint64_t next_id_ = 1;
};

}  // namespace drivers::power

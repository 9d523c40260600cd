// One conversation with a BMC over Redfish: login, requests one after the other, logout.
//
// A BMC keeps few sessions, so each conversation ends its own. One that has no sessions, or no room
// for one more, is talked to by Basic authentication; one that refuses the password is not asked
// twice.
#pragma once

#include <functional>
#include <string>

#include "drivers/power/http_client.h"
#include "drivers/settings.h"

namespace drivers::power {

class RedfishTalk {
 public:
  /// All of these outlive it. Its calls are dropped with it.
  RedfishTalk(reactor::Loop& loop, HttpClient& http, const RedfishSettings& settings)
      : loop_(loop), http_(http), settings_(settings) {}

  /// Nothing but the logout goes on after `deadline`. Errors: refused, unreachable, malformed.
  void log_in(const std::string& password, reactor::Instant deadline,
              actors::ports::Done<reactor::Unit> done);
  /// Any answer that came counts as one; 401 is an error. Errors as of HttpClient::send().
  void get(const std::string& path, HttpClient::Done done);
  void post(const std::string& path, std::string body, HttpClient::Done done);
  /// Within logout_limit(), whatever becomes of it.
  void log_out(std::function<void()> done);

  reactor::Duration logout_limit() const { return settings_.limit / 10; }

 private:
  HttpRequest request(HttpRequest::Method method, const std::string& path) const;
  void send(const HttpRequest& request, HttpClient::Done done);
  reactor::Result<reactor::Unit> take_session(const reactor::Result<HttpAnswer>& result,
                                              const std::string& password);

  reactor::Loop& loop_;
  HttpClient& http_;
  const RedfishSettings& settings_;
  reactor::Instant deadline_;
  std::string token_, session_;  ///< of a session; its path
  HttpLogin login_;              ///< where there are no sessions
  HttpCall call_;
};

}  // namespace drivers::power

// Intel AMT: asks the management engine (ME) in a host's chipset, by WS-Management over HTTP(S).
//
// The ME may sleep itself; the first packets then only wake it, and nothing answers them. So a call
// is kAttempts attempts, spread over the way's limit, each with its share of it. A login that is
// refused is not tried again: ME locks nobody out, but its log fills. Source: docs/power.md, "AMT".
#pragma once

#include <string>

#include "drivers/power/http_client.h"
#include "drivers/power/way.h"
#include "drivers/settings.h"
#include "reactor/timer.h"

namespace drivers::power {

class AmtWay final : public Way {
 public:
  static constexpr int kAttempts = 6;

  /// `loop` and `http` outlive it.
  AmtWay(reactor::Loop& loop, HttpClient& http, AmtSettings settings);

  /// Asks for PowerState 2 (On), from S3 as from off.
  void wake(Done<reactor::Unit> done) override;
  bool reads() const override { return true; }
  void read(Done<Power> done) override;

 private:
  void ask(std::string message, HttpClient::Done done);
  void attempt();
  void heard(const reactor::Result<HttpAnswer>& result);
  void end(const reactor::Result<HttpAnswer>& result);
  reactor::Duration share() const { return settings_.limit / kAttempts; }

  reactor::Loop& loop_;
  HttpClient& http_;
  AmtSettings settings_;

  // The call in flight.
  std::string message_;
  HttpClient::Done done_;  ///< none: no call
  reactor::Instant deadline_, next_attempt_;
  bool may_have_worked_ = false;  ///< a request went out, and was not answered
  reactor::Timer alarm_;
  HttpCall call_;
  std::int64_t message_id_ = 0;
};

}  // namespace drivers::power

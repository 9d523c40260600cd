// Redfish: asks a BMC by ComputerSystem.Reset.
//
// An answer of success proves nothing: a BMC that is still busy switching off takes an On and drops
// it. So the state is read back, and On sent again each third of the limit, until it reads On; that
// takes a good BMC up to about 11 s. A button (where there is no On) is pushed once a call: the
// second push could shut the host down again. Source: docs/power.md, "Redfish".
#pragma once

#include <optional>
#include <string>

#include "drivers/power/redfish.h"
#include "drivers/power/redfish_talk.h"
#include "drivers/power/way.h"
#include "reactor/timer.h"

namespace drivers::power {

class RedfishWay final : public Way {
 public:
  /// `loop` and `http` outlive it.
  RedfishWay(reactor::Loop& loop, HttpClient& http, RedfishSettings settings);

  /// Done once the state reads On, or the BMC took the request and tells no state. outcome_unknown:
  /// it took the request, and still reads something else at the limit.
  void wake(Done<reactor::Unit> done) override;
  bool reads() const override { return true; }
  void read(Done<Power> done) override;

 private:
  void begin(std::function<void()> talk);
  void log_in();
  void end(reactor::Error error);
  void finish(std::function<void()> tell);
  reactor::Error named(const reactor::Error& error) const;

  void look(void (RedfishWay::*then)(const redfish::System&));
  void tell_power(const redfish::System& system);
  void prepare(const redfish::System& system);
  void take_action_info(const reactor::Result<HttpAnswer>& result);
  void decide();
  void push();
  void pushed(const reactor::Result<HttpAnswer>& result);
  void wait();
  void look_again();
  void judge(const redfish::System& system);
  bool out_of_time() const { return loop_.now() + look_each() > deadline_; }
  reactor::Duration look_each() const { return settings_.limit / 30; }
  reactor::Duration push_each() const { return settings_.limit / 3; }

  reactor::Loop& loop_;
  HttpClient& http_;
  RedfishSettings settings_;
  RedfishTalk talk_;
  reactor::Timer alarm_;

  // The call in flight.
  Done<reactor::Unit> woken_;  ///< one of these two, or none: no call
  Done<Power> read_;
  std::function<void()> at_alarm_;
  reactor::Instant deadline_, next_push_;
  redfish::System system_;
  redfish::Request request_{};
  int taken_ = 0;                      ///< requests that the BMC took, or may have taken
  std::optional<reactor::Error> why_;  ///< of the last one that it did not take
};

}  // namespace drivers::power

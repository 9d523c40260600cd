// The migration network: flows between hosts that share each host's bandwidth, each way.
//
// A flow gets the smaller of its parts at both ends. Rates change when a flow begins or ends; what
// has moved by then is kept. Time is whole milliseconds: a flow ends at the first one at which all
// has moved.
#pragma once

#include <map>
#include <set>

#include "reactor/scheduler.h"

namespace drivers::sim {

class Network {
 public:
  using FlowId = std::int64_t;

  /// `bytes_s`: what one host can send, and what it can receive.
  Network(reactor::Scheduler& loop, std::int64_t bytes_s) : loop_(loop), bytes_s_(bytes_s) {}

  /// Runs `done` once all has arrived; never from inside this call.
  FlowId send(std::size_t from, std::size_t to, std::int64_t bytes, reactor::Work done);
  /// Its `done` never runs.
  void cancel(FlowId flow);
  /// Nothing moves to or from that host; what has moved by then is kept.
  void hold(std::size_t host, bool held);
  bool held(std::size_t host) const { return held_.contains(host); }

 private:
  struct Flow {
    std::size_t from, to;
    std::int64_t left = 0;  ///< thousandths of a byte, at `since`
    std::int64_t rate = 0;  ///< bytes per second: thousandths of a byte per millisecond
    reactor::Instant since{};
    int changes = 0;  ///< alarms set before the last change are out of date
    reactor::Work done{};
  };

  void share();
  void set_alarm(FlowId id, Flow& flow);
  void end(FlowId id, int changes);

  reactor::Scheduler& loop_;
  const std::int64_t bytes_s_;
  FlowId last_ = 0;
  std::map<FlowId, Flow> flows_;
  std::set<std::size_t> held_;
};

}  // namespace drivers::sim

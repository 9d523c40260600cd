// The migration network: flows between hosts that share each host's bandwidth, each way.
//
// A flow gets the smaller of its parts at both ends. Rates change when a flow begins or ends; what
// has moved by then is kept. Time is whole milliseconds: a flow ends at the first one at which all
// has moved.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "reactor/scheduler.h"

namespace drivers::sim {

class Network {
 public:
  using FlowId = std::int64_t;
  static constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;

  /// `bytes_s`: what one host can send, and what it can receive.
  Network(reactor::Scheduler& loop, std::int64_t bytes_s) : loop_(loop), bytes_s_(bytes_s) {}

  /// Told how many bytes a second a host sends and receives, together, when that changes.
  void on_rate(std::function<void(std::size_t host, std::int64_t bytes_s)> told) {
    on_rate_ = std::move(told);
  }

  /// Runs `done` once all has arrived; never from inside this call.
  FlowId send(std::size_t from, std::size_t to, std::int64_t bytes, reactor::Work done,
              std::int64_t most_bytes_s = kNoLimit);
  /// Bytes still to come; 0 once it has ended.
  std::int64_t left(FlowId flow) const;
  /// Its `done` never runs.
  void cancel(FlowId flow);
  /// Nothing moves to or from that host; what has moved by then is kept.
  void hold(std::size_t host, bool held);
  bool held(std::size_t host) const { return held_.contains(host); }

 private:
  struct Flow {
    std::size_t from, to;
    std::int64_t most = 0;  ///< bytes per second
    std::int64_t left = 0;  ///< thousandths of a byte, at `since`
    std::int64_t rate = 0;  ///< bytes per second: thousandths of a byte per millisecond
    reactor::Instant since{};
    int changes = 0;  ///< alarms set before the last change are out of date
    reactor::Work done{};
  };

  void share();
  void tell_rates();
  void set_alarm(FlowId id, Flow& flow);
  void end(FlowId id, int changes);

  reactor::Scheduler& loop_;
  const std::int64_t bytes_s_;
  FlowId last_ = 0;
  std::map<FlowId, Flow> flows_;
  std::set<std::size_t> held_;
  std::map<std::size_t, std::int64_t> rates_;  ///< as told; of who sends or receives
  std::function<void(std::size_t, std::int64_t)> on_rate_;
};

}  // namespace drivers::sim

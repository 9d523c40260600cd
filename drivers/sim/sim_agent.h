// The agent of one simulated host: a sample each second, a hello at its start, each resume and each
// change of its inventory, and its host's way to sleep.
//
// What it answers to orders is decided by the real agent's own rules (OrderGate, PowerKeeper); only
// the looks, the clock and the sleep are the model's.
#pragma once

#include <optional>

#include "drivers/agent/order_gate.h"
#include "drivers/agent/power_keeper.h"
#include "drivers/sim/agent_outlet.h"
#include "drivers/sim/faults.h"
#include "drivers/sim/migrator.h"

namespace drivers::sim {

/// What all agents share.
struct AgentWorld {
  reactor::Scheduler& loop;
  World& world;
  Migrator& migrator;
  AgentOutlet& outlet;
  const Faults& faults;
  Duration wall;  ///< the wall clock at the loop's time zero
};

class SimAgent {
 public:
  SimAgent(AgentWorld shared, std::size_t host);

  /// To be called once, before the loop runs.
  void start();
  /// Its connection to Redis is there again.
  void reconnected();
  void hear(const actors::OrderId& id, const actors::ports::Order& order);
  void domains_changed();
  void power_changed();
  /// Faults have begun or ended.
  void check();

 private:
  const HostModel& model() const { return shared_.world.hosts()[host_].model; }
  bool meets(FaultKind kind) const { return shared_.faults.now(kind, model().plan.name); }
  bool silent() const { return dead_ || meets(FaultKind::agent_silent); }
  Duration boottime() const;

  void end();
  void booted();
  void begin_anew();
  void say_hello(bool fresh);
  void put_hello();
  void begin_samples();
  void sample_again(int serial);
  void send_sample();
  void hand_over(actors::ports::HostSample sample);
  void spoil(actors::ports::HostSample& sample);
  Duration wall_clock() const;
  std::vector<actors::ports::VmSample> vm_samples(const Host& host, std::int64_t dt_ms);

  void end_incoming(const actors::OrderId& id, const actors::VmId& vm);
  void feed(const agent::PowerEvent& event);
  void act(const agent::Look& look);
  void act(const agent::Say& say);
  void act(const agent::GoDown&);
  void act(const agent::Sleep&);
  void act(const agent::ComeUp&);
  agent::Looked look(int number) const;
  void watch_deadline();

  struct Counter {
    std::size_t vm;
    std::int64_t cpu_ns;
  };

  const Counter* counter_before(std::size_t vm, std::size_t place) const;

  AgentWorld shared_;
  const std::size_t host_;
  actors::BootId boot_;
  int boots_ = 0;
  actors::ports::AgentState state_ = actors::ports::AgentState::up;  ///< as its last hello said
  bool dead_ = false, off_ = false, was_silent_ = false;
  Duration up_before_;  ///< BOOTTIME at the loop's time zero
  agent::OrderGate gate_;
  agent::PowerKeeper keeper_;
  Duration hello_{};  ///< BOOTTIME of the last start or resume
  std::int64_t revision_ = 0, seq_ = 0;
  int samples_ = 0;  ///< alarms of an earlier series are out of date
  std::optional<Instant> counted_;
  std::int64_t host_cpu_ns_ = 0;
  std::vector<Counter> counters_, before_;           ///< of the last sample and the one before it
  std::optional<actors::ports::HostSample> frozen_;  ///< what samples_frozen repeats
  std::optional<Instant> told_to_sleep_;
};

}  // namespace drivers::sim

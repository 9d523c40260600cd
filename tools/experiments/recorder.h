// Looks at the simulated world once a second, for an audience.
#pragma once

#include "tools/experiments/books.h"

namespace experiments {

namespace sim = drivers::sim;

class Recorder {
 public:
  /// `migrator` and `audience` must outlive it.
  Recorder(sim::World& world, const sim::Migrator& migrator,
           const std::vector<sim::SwitchModel>& switches, Audience& audience);

  /// To be called at each whole second, from zero on.
  void look(sim::Instant now);

 private:
  struct Counter {
    std::size_t vm;
    std::int64_t cpu_ns;
  };
  struct Counted {
    std::int64_t cpu_ns = 0, energy_uj = 0;
    std::vector<Counter> vms;
  };

  void look_at_host(std::size_t place, std::int64_t ms);
  void look_at_vms(std::size_t place, std::int64_t ms);
  void look_at_vm(HostSecond& out, std::size_t vm, std::int64_t cpu_ns, std::int64_t ms);
  void sum_up();

  sim::World& world_;
  const sim::Migrator& migrator_;
  Audience& audience_;
  Second second_;  ///< the same one again and again: its lists keep their memory
  std::vector<Counted> counted_;
  std::vector<Counter> before_;
  std::int64_t lost_ns_ = 0;
};

}  // namespace experiments

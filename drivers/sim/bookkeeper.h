// Sums a run up while it goes on: its energy by cause, its migrations, its lost CPU.
#pragma once

#include "drivers/sim/books.h"

namespace drivers::sim {

class Bookkeeper final : public Audience {
 public:
  void second_over(const Second& second) override;
  void migration_over(const MigrationRecord& migration) override;

  /// Of the seconds so far; the fields that name the run are left empty.
  RunSummary summary() const;
  /// Energy of one VM, millijoules.
  std::int64_t energy_of(std::size_t vm) const;

 private:
  void open(const Second& first);
  void book(actors::Account& account, const HostSecond& host, HostPower before, Instant t);

  std::vector<actors::Account> hosts_, switches_;  ///< by place
  std::vector<HostPower> powers_;                  ///< by place: a second ago
  std::vector<actors::VmShare> shares_;
  Instant last_{};
  std::int64_t seconds_ = 0, hosts_on_ = 0, lost_ns_ = 0, completed_ = 0;
  std::vector<Duration> downtimes_;
  Sla sla_;                     ///< as of the last second
  std::int64_t missed_ns_ = 0;  ///< by VMs, while they were stopped to switch
};

}  // namespace drivers::sim

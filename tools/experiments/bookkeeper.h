// Sums a run up while it goes on: its energy by cause, its migrations, its lost CPU.
#pragma once

#include "tools/experiments/books.h"

namespace experiments {

namespace sim = drivers::sim;

class Bookkeeper final : public Audience {
 public:
  void second_over(const Second& second) override;
  void migration_over(const sim::MigrationRecord& migration) override;

  /// Of the seconds so far; the fields that name the run are left empty.
  RunSummary summary() const;
  /// Energy of one VM, millijoules.
  std::int64_t energy_of(std::size_t vm) const;

 private:
  void open(const Second& first);
  void book(actors::Account& account, const HostSecond& host, sim::HostPower before,
            sim::Instant t);

  std::vector<actors::Account> hosts_, switches_;  ///< by place
  std::vector<sim::HostPower> powers_;             ///< by place: a second ago
  std::vector<actors::VmShare> shares_;
  sim::Instant last_{};
  std::int64_t seconds_ = 0, hosts_on_ = 0, lost_ns_ = 0, completed_ = 0;
  std::vector<reactor::Duration> downtimes_;
  sim::Sla sla_;                ///< as of the last second
  std::int64_t missed_ns_ = 0;  ///< by VMs, while they were stopped to switch
};

}  // namespace experiments

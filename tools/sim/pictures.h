// What a report shows of one run, taken while it goes on.
#pragma once

#include "tools/experiments/books.h"
#include "tools/report/recorder.h"

namespace sim_tool {

report::Pool pool_of(const drivers::sim::Scenario& scenario);

class Pictures final : public experiments::Audience {
 public:
  Pictures(const drivers::sim::Scenario& scenario, drivers::sim::RunKind kind);

  void second_over(const experiments::Second& second) override;
  void migration_over(const drivers::sim::MigrationRecord& migration) override;
  /// To be called once, at the end.
  report::Recording take() { return recorder_.take(); }

 private:
  void add_host(const experiments::HostSecond& host, std::size_t place);

  bool sums_only_;  ///< its hosts are not the scenario's
  report::Recorder recorder_;
  std::vector<report::HostSecond> hosts_;
  std::vector<report::VmSecond> vms_;
  std::vector<std::int32_t> switches_;
};

}  // namespace sim_tool

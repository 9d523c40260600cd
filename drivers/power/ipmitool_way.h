// Wakes a host by its BMC as ipmi_way.h does, by the program `ipmitool`: for BMCs that only take
// cipher suite 17 (SHA-256), which libOpenIPMI does not have.
//
// The password goes to it by its file (-f), never by its arguments, which every user sees. Two
// tries of a second each. What it is asked stands in ipmitool_way.cpp and is nothing but power on
// and two readings.
#pragma once

#include "drivers/power/way.h"
#include "drivers/process/child.h"
#include "drivers/settings.h"

namespace drivers::power {

class IpmitoolWay final : public Way {
 public:
  IpmitoolWay(reactor::Loop& loop, IpmiSettings settings);

  void wake(Done<reactor::Unit> done) override;
  bool reads() const override { return true; }
  /// Two runs, where the BMC does not know its ACPI power state: each has the whole limit.
  void read(Done<Power> done) override;

 private:
  enum class Request { power_on, power_status, acpi_power_state };
  using Judge = std::function<void(const process::ChildResult&)>;

  void run(Request request, std::function<void(reactor::Error)> fail, Judge judge);
  void read_chassis(const Done<Power>& done);
  reactor::Error error_of(const process::ChildResult& result) const;

  reactor::Loop& loop_;
  IpmiSettings settings_;
  process::Children children_;
};

}  // namespace drivers::power

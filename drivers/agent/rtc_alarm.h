// The alarm of the host's own clock: wakes it from S3 when controller, network and BMC are all
// gone.
//
// Linux ABI, Documentation/ABI/testing/sysfs-class-rtc: `wakealarm` takes seconds since 1970, 0
// turns it off, and it is empty while off.
#pragma once

#include <string>

#include "drivers/agent/files.h"
#include "reactor/time.h"

namespace drivers::agent {

class RtcAlarm {
 public:
  /// `sys`: /sys, or a test's.
  explicit RtcAlarm(const std::string& sys) : folder_(sys + "/class/rtc/rtc0") {}

  /// Off, then on in `after`, and read back. An alarm of somebody else's that comes sooner stays,
  /// as it does the same. Failure: this host has none, or it does not take it.
  Failure set(reactor::Duration after);

  /// If it was set by us.
  void clear();

  /// Sets and clears it.
  Failure test(reactor::Duration after);

 private:
  Failure write(std::int64_t at_s);

  const std::string folder_;
  bool ours_ = false;
};

}  // namespace drivers::agent

// What hosts measured: judged (actors/host/sample_guard.h), put into windows, and told to VMs that
// listen.
#pragma once

#include "actors/director/hosts.h"

namespace actors {

class Samples {
 public:
  Samples(Stage& stage, Vms& vms, Links& links, Hosts& hosts)
      : stage_(stage), pool_(stage.pool), vms_(vms), links_(links), hosts_(hosts) {}

  void take(const input::Stats& stats);

 private:
  bool take(Host& host, const ports::HostSample& sample);
  bool believed(Host& host, const ports::HostSample& sample);
  void measure_vms(const Host& host);

  Stage& stage_;
  Pool& pool_;
  Vms& vms_;
  Links& links_;
  Hosts& hosts_;
};

}  // namespace actors

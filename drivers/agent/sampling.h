// A sample a second: reads the host at each deadline, asks libvirt, hands the sample on.
//
// Deadlines are an interval apart whatever the loop was late by, so that seconds do not drift;
// those that were missed whole are left out, and the next sample's dt says so. Network and disk of
// the host are read on the loop (microseconds); libvirt is asked on its thread and waited for less
// than half an interval: then the sample goes without it (sampler.h).
#pragma once

#include <functional>

#include "drivers/agent/agent_settings.h"
#include "drivers/agent/libvirt_worker.h"
#include "drivers/agent/process_reader.h"
#include "drivers/agent/sampler.h"
#include "reactor/loop.h"

namespace drivers::agent {

struct SamplingEvents {
  std::function<void(actors::ports::HostSample)>
      sample;                                      ///< host, boot and revision left to fill in
  std::function<void(const DomainList&)> domains;  ///< libvirt's answer, each time there is one
};

class Sampling {
 public:
  Sampling(reactor::Loop& loop, const AgentSettings& settings, LibvirtWorker& libvirt,
           SamplingEvents events);

  void start();  ///< the first reading at once, the first sample an interval later
  void stop();   ///< no event follows; start() begins anew

 private:
  void schedule(reactor::Instant deadline);
  void read();
  void finish(Reading reading, const reactor::Result<DomainList>& domains);

  reactor::Loop& loop_;
  const AgentSettings& settings_;
  LibvirtWorker& libvirt_;
  SamplingEvents events_;
  Sampler sampler_;
  ProcessReader processes_;
  DomainList domains_;  ///< as libvirt named them last
  int run_ = 0;         ///< counts starts and stops: work of an earlier run finds another number
  bool libvirt_late_ = false, host_unreadable_ = false;
};

}  // namespace drivers::agent

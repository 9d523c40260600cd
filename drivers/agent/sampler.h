// Makes samples out of counters: what was used between two readings, about a second apart.
//
// Where counters can't be compared there is no figure rather than a wrong one:
//  * the first reading after a start or a resume makes no sample;
//  * a VM is left out of the second in which it was first seen or its counter went back. After a
//    migration cpu.time starts anew at the target (LAB.md §7) and has the work of receiving in it:
//    to count it from 0 would begin the VM's window with a burst that is not the guest's;
//  * while libvirt does not answer, the VMs are those it named last, as long as their processes
//  live,
//    with CPU from the process; their traffic comes in one piece with libvirt's next answer.
// Pure. Source: DESIGN.md §5, windows: §1.
#pragma once

#include <map>
#include <optional>

#include "drivers/agent/counters.h"

namespace drivers::agent {

struct Reading {
  reactor::Duration t{}, wall{};  ///< BOOTTIME, since 1970
  HostCounters host;
  std::optional<DomainList> domains;  ///< none: libvirt was late, or is gone
  std::map<actors::VmId, ProcessCpu> processes;
};

class Sampler {
 public:
  /// host, boot and revision are the caller's to fill in. None: nothing to compare with.
  std::optional<actors::ports::HostSample> take(const Reading& reading);

  /// What is read next is not compared with what was read before: the host slept. `seq` goes on.
  void forget();

 private:
  struct Known {
    DomainCounters counters;
    bool fresh = true;  ///< `counters.cpu_us` is of the last reading
    std::optional<ProcessCpu> process;
  };

  static std::optional<std::int64_t> spent(const Known& was, const DomainCounters& now,
                                           const std::optional<ProcessCpu>& process);
  void see(const Reading& reading, std::vector<actors::ports::VmSample>& samples);
  void see_late(const Reading& reading, std::vector<actors::ports::VmSample>& samples);

  std::optional<Reading> last_;  ///< without its domains
  std::map<actors::VmId, Known> known_;
  std::int64_t seq_ = 0;
};

}  // namespace drivers::agent

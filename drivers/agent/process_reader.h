// CPU time of domains from their processes: what is left to go by while libvirt does not answer.
//
// libvirt writes each domain's process number to a file and takes it away again. Read every second,
// so that the first second without libvirt has something to be compared with. Source: LAB.md §7.
#pragma once

#include <map>
#include <string>

#include "drivers/agent/counters.h"

namespace drivers::agent {

class ProcessReader {
 public:
  ProcessReader(std::string proc, std::string pid_folder);

  /// Those of `domains` whose process can be found. Domains not asked for are forgotten.
  std::map<actors::VmId, ProcessCpu> read(const DomainList& domains);

 private:
  struct Process {
    std::int64_t pid = 0;
    ProcessCpu cpu;
  };
  std::optional<Process> read_one(const std::string& name, const Process* known) const;
  std::optional<ProcessCpu> read_process(std::int64_t pid) const;

  std::string proc_, pid_folder_;
  std::map<actors::VmId, Process> known_;
};

}  // namespace drivers::agent

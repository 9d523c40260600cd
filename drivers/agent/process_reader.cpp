#include "drivers/agent/process_reader.h"

#include <unistd.h>

#include <utility>

#include "drivers/agent/files.h"
#include "drivers/agent/procfs.h"

namespace drivers::agent {

ProcessReader::ProcessReader(std::string proc, std::string pid_folder)
    : proc_(std::move(proc)), pid_folder_(std::move(pid_folder)) {}

std::map<actors::VmId, ProcessCpu> ProcessReader::read(const DomainList& domains) {
  std::map<actors::VmId, Process> known;
  std::map<actors::VmId, ProcessCpu> found;
  for (const DomainCounters& domain : domains) {
    const auto last = known_.find(domain.vm);
    const auto process = read_one(domain.name, last == known_.end() ? nullptr : &last->second);
    if (!process) continue;
    known.emplace(domain.vm, *process);
    found.emplace(domain.vm, process->cpu);
  }
  known_ = std::move(known);
  return found;
}

// The number known goes first: the file may be gone while libvirtd is. One that was given to
// another process since (it started at another time) is not looked up once more: the file is out of
// date.
std::optional<ProcessReader::Process> ProcessReader::read_one(const std::string& name,
                                                              const Process* known) const {
  if (known != nullptr) {
    const auto cpu = read_process(known->pid);
    if (cpu && cpu->started == known->cpu.started) return Process{known->pid, *cpu};
  }
  const auto pid = read_number(pid_folder_ + "/" + name + ".pid").value_or(0);
  if (pid == 0 || (known != nullptr && pid == known->pid)) return std::nullopt;
  const auto cpu = read_process(pid);
  return cpu ? std::optional{Process{pid, *cpu}} : std::nullopt;
}

std::optional<ProcessCpu> ProcessReader::read_process(std::int64_t pid) const {
  const auto text = read_file(proc_ + "/" + std::to_string(pid) + "/stat");
  return process_cpu(text.value_or(""), sysconf(_SC_CLK_TCK));
}

}  // namespace drivers::agent

#include "actors/director/samples.h"

namespace actors {

// Windows first, VMs after the whole batch: after a gap an old average is no reason to act.
void Samples::take(const input::Stats& stats) {
  Agenda::Hosts heard;
  for (const ports::HostSample& sample : stats.samples)
    if (Host* host = pool_.find(sample.host); host && take(*host, sample)) heard.insert(host);
  for (const Host* host : heard)
    measure_vms(*host);
}

bool Samples::take(Host& host, const ports::HostSample& sample) {
  if (!believed(host, sample) || !host.load.take(stage_.now, sample, pool_.settings)) return false;
  stage_.touch(host);
  const auto& hello = host.hello;
  const bool known = hello && hello->boot == sample.boot && hello->revision >= sample.revision;
  if (!known && !host.reading_hello) links_.ask_hello(host);
  return true;
}

// One that is not believed changes nothing but what the host's actor says if it falls silent.
bool Samples::believed(Host& host, const ports::HostSample& sample) {
  const auto cores = host.hello ? host.hello->cores : std::nullopt;
  const auto code = [&] {
    return host.guard.wrong() ? std::optional{host.guard.wrong()->code} : std::nullopt;
  };
  const auto before = code();
  const auto verdict = host.guard.judge(stage_.now, sample, cores, pool_.settings.guard);
  if (code() != before) hosts_.tell(host, Doubted{host.guard.wrong()});
  if (verdict == SampleGuard::Verdict::anew) host.load.forget();
  return verdict == SampleGuard::Verdict::good || verdict == SampleGuard::Verdict::anew;
}

void Samples::measure_vms(const Host& host) {
  const std::vector<VmId> listening(host.use.listening.begin(), host.use.listening.end());
  for (const VmId& vm : listening)
    vms_.tell(vm, Measure{host.load.average(vm, pool_.settings), pool_.vms.at(vm).vcpus});
}

}  // namespace actors

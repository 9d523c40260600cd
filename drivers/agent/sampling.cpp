#include "drivers/agent/sampling.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "drivers/agent/clock.h"
#include "drivers/agent/host_reader.h"

namespace drivers::agent {

using reactor::Instant;

Sampling::Sampling(reactor::Loop& loop, const AgentSettings& settings, LibvirtWorker& libvirt,
                   SamplingEvents events)
    : loop_(loop),
      settings_(settings),
      libvirt_(libvirt),
      events_(std::move(events)),
      processes_(settings.proc, settings.pid_folder) {}

void Sampling::start() {
  ++run_;
  sampler_.forget();
  read();
  schedule(loop_.now() + settings_.interval);
}

void Sampling::stop() {
  ++run_;
}

void Sampling::schedule(Instant deadline) {
  loop_.after(deadline - loop_.now(), [this, deadline, run = run_] {
    if (run != run_) return;
    read();
    Instant next = deadline + settings_.interval;
    while (next <= loop_.now())
      next += settings_.interval;
    schedule(next);
  });
}

void Sampling::read() {
  const auto host = read_host(settings_);
  if (!std::exchange(host_unreadable_, !host.ok()) && !host.ok())
    spdlog::error("no samples: {}", host.error().detail);
  if (!host.ok()) return;
  Reading reading{boottime(), wall_time(), host.value(), {}, processes_.read(domains_)};
  const auto limit = settings_.interval * 2 / 5;
  libvirt_.counters(limit,
                    [this, run = run_, reading = std::move(reading)](const auto& domains) mutable {
                      if (run == run_) finish(std::move(reading), domains);
                    });
}

void Sampling::finish(Reading reading, const reactor::Result<DomainList>& domains) {
  if (domains.ok()) {
    reading.domains = domains.value();
    domains_ = domains.value();
    events_.domains(domains_);
  }
  if (std::exchange(libvirt_late_, !domains.ok()) == domains.ok()) {
    if (domains.ok())
      spdlog::info("libvirt answers again");
    else
      spdlog::warn("VMs' CPU is read from /proc meanwhile: {}", domains.error().detail);
  }
  if (auto sample = sampler_.take(reading)) events_.sample(std::move(*sample));
}

}  // namespace drivers::agent

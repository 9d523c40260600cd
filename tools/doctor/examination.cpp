#include "tools/doctor/examination.h"

#include <algorithm>
#include <utility>

namespace doctor {

using actors::ports::AgentState;
using actors::ports::DomainLook;
using actors::ports::GuestCpu;
using actors::ports::Survey;
using actors::ports::SurveyCall;
using drivers::config::Loaded;
using reactor::Duration;
using reactor::Result;

namespace {

std::vector<HostId> names_of(const Loaded& config) {
  std::vector<HostId> out;
  for (const actors::HostPlan& plan : config.settings.hosts)
    out.push_back(plan.name);
  return out;
}

// People wait for it.
drivers::LibvirtSettings with_limit(drivers::LibvirtSettings settings, Duration limit) {
  settings.call_limit = std::min(settings.call_limit, limit);
  return settings;
}

constexpr const char* kNoUri =
    "no URI of its libvirt: neither libvirt_uri in conf.yaml nor its agent's hash in Redis";

}  // namespace

Examination::Examination(reactor::Loop& loop, const Loaded& config,
                         const Result<drivers::redis::Endpoint>& redis, Duration limit)
    : loop_(loop),
      config_(config),
      limit_(limit),
      reach_(loop),
      hypervisor_(loop, with_limit(config.drivers.libvirt, limit), *this) {
  for (const actors::HostPlan& plan : config.settings.hosts) {
    pool_.hosts.emplace_back().host = plan.name;
    uris_[plan.name] = plan.libvirt_uri;
  }
  if (redis.ok())
    redis_.emplace(loop, redis.value(), config.settings.pool, names_of(config));
  else
    pool_.why_no_redis = redis.error().detail;
}

HostSeen& Examination::seen(const HostId& host) {
  return *std::ranges::find(pool_.hosts, host, &HostSeen::host);
}

void Examination::begin(std::function<void(PoolSeen)> done) {
  done_ = std::move(done);
  if (!redis_) return loop_.post([this] { open_links(); });
  redis_->read(limit_, [this](AgentsSaid said) { agents_said(std::move(said)); });
}

void Examination::agents_said(AgentsSaid said) {
  pool_.why_no_redis = said.why_not;
  for (HostSeen& host : pool_.hosts) {
    const auto hello = said.hellos.find(host.host);
    const auto clock = said.clocks.find(host.host);
    if (clock != said.clocks.end()) host.clock_ahead = clock->second;
    if (hello == said.hellos.end()) continue;
    host.hello = std::move(hello->second);
    if (uris_[host.host].empty()) uris_[host.host] = host.hello->libvirt_uri;
  }
  open_links();
}

// One that has said that it sleeps would only keep us waiting.
bool Examination::has_uri(HostSeen& host) const {
  if (host.hello && host.hello->state == AgentState::down)
    host.why_unseen = "it sleeps, by its agent's word";
  else if (uris_.at(host.host).empty())
    host.why_unseen = kNoUri;
  return host.seen();
}

void Examination::open_links() {
  next_ = &Examination::compare_cpus;
  waiting_ = 1;  // this very round
  for (HostSeen& host : pool_.hosts) {
    if (!has_uri(host)) continue;
    ++waiting_;
    linking_.insert(host.host);
    hypervisor_.open(host.host, uris_.at(host.host));
  }
  loop_.after(limit_, [this] { give_up_links(); });
  answered();
}

void Examination::give_up_links() {
  for (const HostId& host : std::exchange(linking_, {})) {
    const std::string why = hypervisor_.why_unlinked(host);
    seen(host).why_unseen =
        why.empty() ? "its libvirt has not answered in " + std::to_string(limit_.count()) + " ms"
                    : why;
    hypervisor_.close(host);
    answered();
  }
}

void Examination::linked(const HostId& name, std::vector<DomainLook> domains) {
  if (linking_.erase(name) == 0) return;
  HostSeen& host = seen(name);
  for (const DomainLook& look : domains)
    if (!is_gone(look.state)) host.running.push_back({look.vm, look.name});
  knock(host);
  survey(host);
}

// It is asked again if it comes back; until then its calls answer.
void Examination::unlinked(const HostId& /*host*/, std::string /*why*/) {}

// Nobody listens there before a migration: a refusal is an answer, silence is a filter's.
void Examination::knock(HostSeen& host) {
  const auto libvirt = drivers::libvirt::endpoint_of(uris_.at(host.host));
  std::string address = host.hello ? host.hello->migration_address : std::string{};
  if (address.empty() && libvirt) address = libvirt->host;
  if (address.empty()) return;
  const bool told = host.hello && host.hello->facts;
  const auto facts = told ? *host.hello->facts : actors::ports::HostFacts{};
  for (const std::int64_t port : {facts.first_port, facts.last_port}) {
    ++waiting_;
    reach_.ask({address, std::to_string(port)}, limit_, [this, &host, port](bool silent) {
      if (silent) host.silent_port = port;
      answered();
    });
  }
}

void Examination::survey(HostSeen& host) {
  SurveyCall call{host.host, {}, {}};
  for (const auto& domain : host.running)
    call.vms.push_back(domain.vm);
  hypervisor_.survey(call, [this, &host](const auto& survey) { surveyed(host, survey); });
}

void Examination::surveyed(HostSeen& host, const Result<Survey>& survey) {
  if (survey.ok())
    host.survey = survey.value();
  else
    host.why_unseen = survey.error().detail;
  answered();
}

void Examination::compare_cpus() {
  next_ = &Examination::finish;
  waiting_ = 1;
  for (HostSeen& host : pool_.hosts) {
    if (!host.seen()) continue;
    SurveyCall call{host.host, {}, {}};
    for (const HostSeen& other : pool_.hosts)
      for (const GuestCpu& cpu : other.survey.cpus)
        if (&other != &host && std::ranges::count(call.cpus, cpu.id, &GuestCpu::id) == 0)
          call.cpus.push_back(cpu);
    if (call.cpus.empty()) continue;
    ++waiting_;
    hypervisor_.survey(call, [this, &host](const auto& survey) { compared(host, survey); });
  }
  answered();
}

void Examination::compared(HostSeen& host, const Result<Survey>& survey) {
  if (survey.ok())
    for (const actors::ports::CpuVerdict& verdict : survey.value().fits)
      host.fits.emplace(verdict.cpu, verdict);
  answered();
}

void Examination::answered() {
  if (--waiting_ == 0) (this->*next_)();
}

void Examination::finish() {
  const auto done = std::exchange(done_, nullptr);
  done(std::move(pool_));
}

}  // namespace doctor

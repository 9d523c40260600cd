#include "actors/director/surveys.h"

#include <algorithm>

namespace actors {

using enum ReasonCode;

namespace {

bool is_excluded(const Settings& settings, const VmId& id, const Vm& vm) {
  const auto& excluded_vms = settings.excluded;
  return std::ranges::count(excluded_vms, vm.name) > 0 ||
         std::ranges::count(excluded_vms, id.text()) > 0;
}

/// What the agent of its host says of it, if it does.
void look_up(const Host* host, const VmId& id, Vm& vm) {
  if (!host || !host->hello) return;
  const auto found = std::ranges::find(host->hello->vms, id, &ports::InventoryVm::vm);
  if (found == host->hello->vms.end()) return;
  vm.listed = true;
  vm.unmovable = found->unmovable;
}

std::optional<Reason> why_unmovable(const Pool& pool, const VmId& id, const Vm& vm) {
  if (is_excluded(pool.settings, id, vm)) return Reason{.code = excluded};
  if (vm.unmovable) return Reason{.code = unmovable, .detail = *vm.unmovable};
  auto nowhere = pool.why_nowhere(id);
  if (!nowhere) return std::nullopt;
  return Reason{.code = no_host_can_take, .detail = *std::move(nowhere)};
}

}  // namespace

void Surveys::ask(Host& host, const std::vector<ports::DomainLook>& domains) {
  ports::SurveyCall call{host.plan.name, {}, {}};
  for (const ports::DomainLook& look : domains)
    if (!is_gone(look.state)) call.vms.push_back(look.vm);
  for (const auto& [id, cpu] : pool_.cpus)
    call.cpus.push_back(cpu);
  host.surveying_until = stage_.now + pool_.settings.migration.preflight_wait;
  stage_.ask(effect::Survey{std::move(call)});
}

void Surveys::ask(const HostId& host, const VmId& vm) {
  stage_.ask(effect::Survey{{host, {vm}, {}}});
}

void Surveys::take(const input::Surveyed& event) {
  Host* host = pool_.find(event.host);
  if (!host) return;
  host->surveying_until = {};
  stage_.touch_use(*host);
  if (!event.survey) return;
  host->offers = event.survey->offers;
  for (const ports::CpuVerdict& verdict : event.survey->fits)
    host->fits.insert_or_assign(verdict.cpu, verdict);
  for (const ports::VmNeeds& needs : event.survey->vms)
    if (const auto known = pool_.vms.find(needs.vm); known != pool_.vms.end())
      known->second.needs = needs;
  learn_cpus(event.host, event.survey->cpus);
  judge_all();
}

// A CPU that nobody had yet is compared on all hosts that can be asked; on others, once they can.
void Surveys::learn_cpus(const HostId& from, const std::vector<ports::GuestCpu>& cpus) {
  std::vector<ports::GuestCpu> fresh;
  for (const ports::GuestCpu& cpu : cpus)
    if (pool_.cpus.emplace(cpu.id, cpu).second) fresh.push_back(cpu);
  if (fresh.empty()) return;
  for (const auto& [id, host] : pool_.hosts)
    if (host.linked && id != from) stage_.ask(effect::Survey{{id, {}, fresh}});
}

bool Surveys::answered(const HostId& host) const {
  return stage_.now >= pool_.hosts.at(host).surveying_until;
}

// Until an agent has listed it, nobody knows whether it can be moved, and it stays `unknown`.
void Surveys::judge(const VmId& id) {
  Vm& vm = pool_.vms.at(id);
  look_up(pool_.find(vm.actor.host()), id, vm);
  if (!vm.listed && !is_excluded(pool_.settings, id, vm)) return;
  vms_.tell(id, Movable{why_unmovable(pool_, id, vm)});
}

void Surveys::judge_residents(const HostId& host) {
  const std::set<VmId> residents = pool_.residents(host);
  for (const VmId& vm : residents)
    judge(vm);
}

void Surveys::judge_all() {
  std::vector<VmId> known;
  for (const auto& [id, vm] : pool_.vms)
    if (vm.needs) known.push_back(id);
  for (const VmId& id : known)
    if (pool_.vms.contains(id)) judge(id);
}

}  // namespace actors

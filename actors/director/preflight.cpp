// Which host can take which VM: asked as soon as somebody can answer, not when a move is wanted.
//
// What has not been answered counts as able: libvirt itself refuses, before anything moves, nearly
// all that the preflight would, so that the price of not knowing is one failed try, whereas waiting
// for a host that sleeps would mean that nothing is ever moved to it. Only a move to a host that
// was asked and has not answered yet waits, `migration.preflight_wait` at most: it just woke, and
// the answer is one round trip away.
#include "actors/director/director.h"

namespace actors {

void Director::survey(Host& host, const std::vector<ports::DomainLook>& domains) {
  ports::SurveyCall call{host.plan.name, {}, {}};
  for (const ports::DomainLook& look : domains)
    if (!is_gone(look.state)) call.vms.push_back(look.vm);
  for (const auto& [id, cpu] : pool_.cpus)
    call.cpus.push_back(cpu);
  host.surveying_until = now_ + pool_.settings.migration.preflight_wait;
  out_.effects.emplace_back(effect::Survey{std::move(call)});
}

// One that began, or was defined anew.
void Director::survey(const HostId& host, const VmId& vm) {
  out_.effects.emplace_back(effect::Survey{{host, {vm}, {}}});
}

void Director::take(const input::Surveyed& event) {
  Host* host = find_host(event.host);
  if (!host) return;
  host->surveying_until = {};
  touch_use(*host);
  if (!event.survey) return;
  host->offers = event.survey->offers;
  for (const ports::CpuVerdict& verdict : event.survey->fits)
    host->fits.insert_or_assign(verdict.cpu, verdict);
  for (const ports::VmNeeds& needs : event.survey->vms)
    if (const auto known = pool_.vms.find(needs.vm); known != pool_.vms.end())
      known->second.needs = needs;
  learn_cpus(event.host, event.survey->cpus);
  refresh_all_facts();
}

// A CPU that nobody had yet is compared on all hosts that can be asked; on others, once they can.
void Director::learn_cpus(const HostId& from, const std::vector<ports::GuestCpu>& cpus) {
  std::vector<ports::GuestCpu> fresh;
  for (const ports::GuestCpu& cpu : cpus)
    if (pool_.cpus.emplace(cpu.id, cpu).second) fresh.push_back(cpu);
  if (fresh.empty()) return;
  for (const auto& [id, host] : pool_.hosts)
    if (host.linked && id != from) out_.effects.emplace_back(effect::Survey{{id, {}, fresh}});
}

void Director::refresh_all_facts() {
  std::vector<VmId> known;
  for (const auto& [id, vm] : pool_.vms)
    if (vm.needs) known.push_back(id);
  for (const VmId& id : known)
    if (pool_.vms.contains(id)) refresh_facts(id);
}

bool Director::answered(const HostId& target) const {
  return now_ >= pool_.hosts.at(target).surveying_until;
}

// It has a ticket, which goes back; it asks again, elsewhere.
void Director::turn_away(const VmId& vm, const HostId& target) {
  if (pool_.vms.at(vm).actor.state() == VmState::returning) tell_desk(target, Withdrawn{vm});
}

}  // namespace actors

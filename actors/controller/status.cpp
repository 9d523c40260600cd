#include "actors/controller/status.h"

#include "actors/ports/json.h"

namespace actors {

using reactor::Instant;

namespace {

std::int64_t age(Instant now, Instant then) {
  return (now - then).count();
}

Json wait(Instant now, const Reason& reason) {
  Json out = Json::object();
  out["why"] = to_text(reason);
  if (reason.clears_at) out["clears_in_ms"] = age(*reason.clears_at, now);
  return out;
}

void add_load(Json& out, const std::optional<Mcores>& average) {
  if (average) out["cpu_mcores"] = average->count;
}

Json desk_status(const Pool& pool, const Host& host) {
  const Load promised = host.desk.promised();
  Json out = Json::object();
  out["tickets_out"] = host.desk.tickets_out();
  out["tickets"] = pool.settings.tickets;
  out["waiting"] = host.desk.waiting();
  out["promised_mcores"] = promised.cpu.count;
  out["promised_kib"] = promised.memory.count;
  return out;
}

Json way_status(const WayRecord& way) {
  Json out = Json::object();
  out["name"] = way.name;
  out["tried"] = way.tried;
  out["woke"] = way.woke;
  if (way.tried > 0) out["reliability_pct"] = way.woke * 100 / way.tried;
  for (const auto& [key, pct] : {std::pair{"p50_ms", 50}, std::pair{"p95_ms", 95}})
    if (const auto took = way.took.percentile(pct)) out[key] = took->count();
  return out;
}

// How surely it wakes (power.proof).
Json power_status(Instant now, const Pool& pool, const Host& host) {
  const WakeRecord& wakes = host.wakes;
  Json out = Json::object();
  out["may_sleep"] = host.plan.may_sleep;
  out["proven"] = wakes.proven(now, pool.settings.power);
  if (wakes.woke_at()) out["woke_ms_ago"] = age(now, *wakes.woke_at());
  out["sleeps"] = wakes.sleeps();
  out["tried"] = wakes.tried();
  out["woke"] = wakes.woken();
  if (const auto pct = wakes.reliability_pct()) out["reliability_pct"] = *pct;
  for (const auto& [key, pct] : {std::pair{"p50_ms", 50}, std::pair{"p95_ms", 95}})
    if (const auto took = wakes.percentile(pct)) out[key] = took->count();
  out["reserve"] = host.reserve;
  out["ways"] = Json::array();
  for (const WayRecord& way : wakes.ways())
    out["ways"].push_back(way_status(way));
  return out;
}

Json host_status(Instant now, const Pool& pool, const Host& host) {
  Json out = Json::object();
  const HostId& id = host.plan.name;
  out["name"] = id.text;
  out["role"] = name_of(host.plan.role);
  out["state"] = name_of(host.actor.state());
  out["for_ms"] = age(now, host.actor.since());
  out["capacity_mcores"] = pool.capacity(host).count;
  add_load(out, host.load.average(pool.settings));
  if (const auto pct = pool.load_pct(host)) out["load_pct"] = *pct;
  out["memory_kib"] = host.hello ? host.hello->memory.count : 0;
  out["booked_kib"] = host.use.memory.count;
  out["vms"] = host.use.residents.size();
  out["needed_by"] = Pool::needed_by(host);
  out["libvirt"] = host.linked ? "linked" : host.link_open ? "connecting" : "closed";
  out["power"] = power_status(now, pool, host);
  if (host.said) out["waits"] = *host.said;
  if (host.plan.role == Role::warehouse) out["desk"] = desk_status(pool, host);
  return out;
}

Json vm_status(Instant now, const Pool& pool, const VmId& id, const Vm& vm) {
  Json out = Json::object();
  out["id"] = id.text();
  out["name"] = vm.name;
  out["host"] = vm.actor.host().text;
  out["state"] = name_of(vm.actor.state());
  out["for_ms"] = age(now, vm.actor.since());
  out["vcpus"] = vm.vcpus;
  out["max_memory_kib"] = vm.max_memory.count;
  add_load(out, pool.average(id));
  if (!vm.actor.target().text.empty()) out["target"] = vm.actor.target().text;
  if (!vm.actor.desk().text.empty()) out["desk"] = vm.actor.desk().text;
  if (const auto reason = vm.actor.waits(now)) out["waits"] = wait(now, *reason);
  return out;
}

Json migration_status(Instant now, const Pool& pool, const Migration& migration) {
  const MigrationPlan& plan = migration.plan();
  Json out = Json::object();
  out["id"] = plan.id.text;
  out["vm"] = pool.name_of_vm(plan.vm);
  out["source"] = plan.source.text;
  out["target"] = plan.target.text;
  out["mode"] = name_of(plan.mode);
  out["phase"] = name_of(migration.phase());
  out["for_ms"] = age(now, migration.began_at());
  out["last"] = to_text(migration.reason());
  return out;
}

}  // namespace

Json status_of(Instant now, const Director& director) {
  const Pool& pool = director.pool();
  Json out = Json::object();
  out["type"] = "status";
  out["pool"] = pool.settings.pool;
  out["state"] = name_of(director.pool_state());
  if (director.blind())
    out["why"] = *director.why_blind();
  else if (director.why_held())
    out["why"] = to_text(*director.why_held());
  out["dry_run"] = pool.settings.dry_run;
  for (const char* list : {"hosts", "vms", "migrations"})
    out[list] = Json::array();
  for (const Role role : {Role::warehouse, Role::server})
    for (const Host* host : pool.in_order(role))
      out["hosts"].push_back(host_status(now, pool, *host));
  for (const auto& [id, vm] : pool.vms)
    out["vms"].push_back(vm_status(now, pool, id, vm));
  for (const auto& [id, migration] : pool.migrations)
    out["migrations"].push_back(migration_status(now, pool, migration));
  return out;
}

}  // namespace actors

#include "actors/director/director.h"

#include <algorithm>
#include <utility>

#include "reactor/invariant.h"

namespace actors {

using enum ReasonCode;
using reactor::Instant;

Director::Director(Settings settings) : policy_(make_policy(settings.policy)) {
  INVARIANT(policy_ != nullptr);
  pool_.settings = std::move(settings);
  ensure_hosts();
  touch_all();
}

Turn Director::turn(Instant now, const std::vector<Input>& inputs) {
  now_ = now;
  ticked_ = false;
  out_ = {};
  agenda_.begin(now);
  for (const Input& input : inputs)
    std::visit([this](const auto& known) { take(known); }, input);
  settle();
  return std::exchange(out_, {});
}

// Hosts last: a VM that has found its target by now keeps it from being put to sleep.
void Director::settle() {
  if (ticked_) tick_all();
  feed_desks();
  if (!surveyed_) survey();
  if (may_act()) plan();
  if (may_act()) start_ready();
  if (pool_.hosts.size() > pool_.settings.hosts.size()) drop_unplanned();
  feed_hosts();
  weigh_silence();
  tell_people();
}

Host* Director::find_host(const HostId& host) {
  const auto found = pool_.hosts.find(host);
  return found == pool_.hosts.end() ? nullptr : &found->second;
}

void Director::touch(const HostId& host) {
  if (Host* known = find_host(host)) agenda_.touch(*known);
}

void Director::touch_use(const HostId& host) {
  if (Host* known = find_host(host)) touch_use(*known);
}

void Director::touch_use(Host& host) {
  agenda_.touch(host);
  if (host.plan.role == Role::server) agenda_.server_changed();
}

void Director::touch_all() {
  for (auto& [id, host] : pool_.hosts)
    touch_use(host);
}

std::optional<MigrationId> Director::migration_at(const HostId& host, const VmId& vm) const {
  const Migration* migration = pool_.migration_of(vm);
  if (!migration) return std::nullopt;
  const MigrationPlan& plan = migration->plan();
  return plan.source == host || plan.target == host ? std::optional{plan.id} : std::nullopt;
}

}  // namespace actors

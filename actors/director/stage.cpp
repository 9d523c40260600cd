#include "actors/director/stage.h"

namespace actors {

void Stage::begin(reactor::Instant at) {
  now = at;
  out = {};
  agenda.begin(at);
}

void Stage::touch_use(const HostId& host) {
  if (Host* known = pool.find(host)) touch_use(*known);
}

void Stage::touch_use(Host& host) {
  touch(host);
  if (host.plan.role == Role::server) agenda.server_changed();
}

void Stage::touch_all() {
  for (auto& [id, host] : pool.hosts)
    touch_use(host);
}

void Stage::say_of(const Host& host, Reason reason) {
  const std::string& id = host.plan.name.text;
  const std::string state{name_of(host.actor.state())};
  say({ActorKind::host, id, id, state, state, std::move(reason), {}, {}});
}

void Stage::say_pool(PoolState from, PoolState to, Reason reason) {
  say_pool(std::string{name_of(from)}, std::string{name_of(to)}, std::move(reason));
}

void Stage::say_pool(std::string from, std::string to, Reason reason) {
  const std::string& id = pool.settings.pool;
  say({ActorKind::pool, id, id, std::move(from), std::move(to), std::move(reason), {}, {}});
}

}  // namespace actors

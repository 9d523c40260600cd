// The pools of these tests: hosts of one core each, as the paper's figures want them.
#pragma once

#include "tests/actors/world.h"

inline actors::Settings pool_of(int warehouses, int servers) {
  actors::Settings out;
  out.power.proof = actors::Proof::off;
  for (int i = 1; i <= warehouses; ++i)
    out.hosts.push_back({.name = {"wh" + std::to_string(i)}, .role = actors::Role::warehouse});
  for (int i = 1; i <= servers; ++i)
    out.hosts.push_back({.name = {"s" + std::to_string(i)}, .role = actors::Role::server});
  return out;
}

/// wh1 with two VMs, `a` and `b`, that use little; its server nodes have gone to sleep.
inline World quiet_world(int servers = 2, int warehouses = 1) {
  World world{pool_of(warehouses, servers)};
  world.add("a", "wh1", 100);
  world.add("b", "wh1", 80);
  REQUIRE(world.run_until(
      [&] {
        return world.vm_state("a") == actors::VmState::parked &&
               world.vm_state("b") == actors::VmState::parked && !world.host("s1").up &&
               world.state("s" + std::to_string(servers)) == actors::HostState::asleep;
      },
      60s));
  return world;
}

// Looks at a whole pool once, without its controller: agents' hashes in Redis, then libvirt of
// every host. Nothing is changed, and nobody who is silent is waited for beyond a limit.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "actors/ports/hypervisor.h"
#include "drivers/config/config.h"
#include "drivers/libvirt/hypervisor.h"
#include "drivers/libvirt/reach.h"
#include "tools/doctor/pool_seen.h"
#include "tools/doctor/redis_look.h"

namespace doctor {

class Examination final : private actors::ports::HypervisorListener {
 public:
  /// `limit`: for Redis, then for each host's libvirt. `redis`: an error is told with the rest.
  Examination(reactor::Loop& loop, const drivers::config::Loaded& config,
              const reactor::Result<drivers::redis::Endpoint>& redis, reactor::Duration limit);

  /// `done` runs once, on the loop, after three limits at the latest.
  void begin(std::function<void(PoolSeen)> done);

 private:
  void linked(const actors::HostId& name, std::vector<actors::ports::DomainLook> domains) override;
  void unlinked(const actors::HostId& host, std::string why) override;
  void news(actors::ports::DomainNews /*news*/) override {}
  void stats(actors::ports::MigrationStats /*stats*/) override {}

  void agents_said(AgentsSaid said);
  void open_links();
  bool has_uri(HostSeen& host) const;
  void knock(HostSeen& host);
  void survey(HostSeen& host);
  void surveyed(HostSeen& host, const reactor::Result<actors::ports::Survey>& survey);
  void give_up_links();
  void compare_cpus();
  void compared(HostSeen& host, const reactor::Result<actors::ports::Survey>& survey);
  void finish();
  /// One less to wait for; with none left it goes on with `next_`.
  void answered();
  HostSeen& seen(const actors::HostId& host);

  reactor::Loop& loop_;
  const drivers::config::Loaded& config_;
  reactor::Duration limit_;
  PoolSeen pool_;
  std::function<void(PoolSeen)> done_;
  std::size_t waiting_ = 0;
  void (Examination::*next_)() = nullptr;
  std::map<actors::HostId, std::string> uris_;
  std::set<actors::HostId> linking_;  ///< not heard of yet
  drivers::libvirt::Reach reach_;
  drivers::libvirt::Hypervisor hypervisor_;
  std::optional<RedisLook> redis_;
};

}  // namespace doctor

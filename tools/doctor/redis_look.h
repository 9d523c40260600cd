// What agents have written into the pool's Redis, read once; without it too, soon.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/ports/facts.h"
#include "drivers/redis/connection.h"
#include "drivers/redis/keys.h"

namespace doctor {

struct AgentsSaid {
  std::string why_not;  ///< Redis did not answer: why; empty: it did
  std::map<actors::HostId, actors::ports::HostHello> hellos;
  std::map<actors::HostId, reactor::Duration> clocks;  ///< ahead of Redis' clock; if samples come
};

class RedisLook {
 public:
  RedisLook(reactor::Loop& loop, drivers::redis::Endpoint endpoint, const std::string& pool,
            std::vector<actors::HostId> hosts);

  /// `done` runs once, on the loop, never from inside the call, after `limit` at the latest.
  void read(reactor::Duration limit, std::function<void(AgentsSaid)> done);

 private:
  void ask();
  void heard_hello(const actors::HostId& host, const reactor::Result<drivers::redis::Value>& reply);
  void heard_stats(const reactor::Result<drivers::redis::Value>& reply);
  void answered();
  void finish(const std::string& why_not);

  reactor::Loop& loop_;
  drivers::redis::Keys keys_;
  std::vector<actors::HostId> hosts_;
  AgentsSaid said_;
  std::function<void(AgentsSaid)> done_;
  std::size_t waiting_ = 0;
  drivers::redis::Connection connection_;  ///< last: its events use the others
};

}  // namespace doctor

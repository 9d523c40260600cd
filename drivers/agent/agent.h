// What runs on a host: a sample a second into Redis, the host's hash, and the controller's orders.
//
// Push only: it listens on no port. Order of things at a start and after a sleep: the end of the
// orders stream is found, then the hello goes out, then replies and samples. So an order given on
// the strength of a hello is always heard. There is no hello before libvirt has answered once, as a
// host without libvirt is of no use to the controller. Source: DESIGN.md §5, §7.
#pragma once

#include <functional>

#include "drivers/agent/agent_settings.h"
#include "drivers/agent/host_reader.h"
#include "drivers/agent/inventory_watch.h"
#include "drivers/agent/libvirt_worker.h"
#include "drivers/agent/order_gate.h"
#include "drivers/agent/order_reader.h"
#include "drivers/agent/outbox.h"
#include "drivers/agent/power_keeper.h"
#include "drivers/agent/sampling.h"
#include "drivers/agent/sleeper.h"
#include "drivers/redis/keys.h"

namespace drivers::agent {

/// Parts put together; decisions are theirs. To be destroyed once its loop does not run any more.
class Agent {
 public:
  Agent(reactor::Loop& loop, AgentSettings settings, const redis::Endpoint& endpoint,
        actors::BootId boot);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Writes what is not in Redis yet, then calls `ended`: within `exit_limit`, whatever comes.
  void end(std::function<void()> ended);

  /// A call to libvirt has not come back: the destructor would wait for it.
  bool hangs() const { return libvirt_.hangs(); }

 private:
  void redis_up();
  void heard_own_hash(const reactor::Result<redis::Value>& hash);
  void open_outbox();

  void look_at_inventory();
  void have_inventory(const reactor::Result<std::vector<actors::ports::InventoryVm>>& inventory);
  void have_domains(const DomainList& domains);
  void have_sample(actors::ports::HostSample sample);
  void notice_foreign_sleep();

  void heard(const HeardOrder& heard);
  void follow(const HeardOrder& heard);
  void end_incoming(const HeardOrder& heard);
  void power(const PowerEvent& event);
  void act(const Look& action);
  void look_for_residents(int look);
  void act(const Say& action);
  void act(const GoDown& action);
  void act(const Sleep& action);
  void act(const ComeUp& action);

  void reply(actors::ports::Reply reply);
  void refuse(const HeardOrder& heard, actors::ports::RefusalKind refusal, std::string detail);
  void accept(const HeardOrder& heard);
  void renew_hello();
  void put_hello();
  void begin_after_sleep();

  reactor::Loop& loop_;
  const AgentSettings settings_;
  const redis::Keys keys_;
  actors::ports::HostHello hello_;
  bool orders_heard_ = false, hash_read_ = false, ending_ = false;
  reactor::Duration slept_so_far_{};  ///< BOOTTIME less the clock that stands still in a sleep

  OrderGate gate_;
  InventoryWatch watch_;
  PowerKeeper keeper_;
  LibvirtWorker libvirt_;
  Sleeper sleeper_;
  Outbox outbox_;
  Sampling sampling_;
  redis::Connection redis_;  ///< the last two: their events use the others
  OrderReader orders_;
};

/// The whole process: until SIGTERM or SIGINT, which end it with 0. 1: it could not begin.
int run_agent(const AgentSettings& settings);

}  // namespace drivers::agent

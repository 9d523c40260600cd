// A running controller: its parts put together, its signals, its end. Decides nothing.
#pragma once

#include <optional>
#include <string>

#include "actors/controller/controller.h"
#include "actors/ports/relay.h"
#include "drivers/config/config.h"
#include "drivers/local/exec_alert.h"
#include "drivers/local/line_server.h"
#include "drivers/redis/holder.h"
#include "drivers/redis/redis_stream.h"
#include "drivers/redis/server.h"
#include "reactor/loop.h"
#include "tools/commands/options.h"
#include "tools/commands/pool_hosts.h"

namespace commands {

struct RunOptions {
  std::string config = kConfigFile;
  bool dry_run = false;
  bool check = false;
  std::string simulate;   ///< a scenario whose hosts stand in for real ones; empty: real ones
  std::string state_dir;  ///< of a simulation; empty: one of its own, gone at its end
};

class Running {
 public:
  /// `holder` and `redis` are there already: what can fail at the start has not failed. What
  /// `hosts` say comes by `relay`.
  Running(reactor::Loop& loop, RunOptions options, drivers::config::Loaded config,
          const drivers::redis::Holder& holder, drivers::redis::Server* own_redis,
          drivers::redis::Endpoint redis, PoolHosts& hosts, actors::ports::Relay& relay);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  /// Errors: refused (the tail's socket).
  reactor::Result<reactor::Unit> open() { return tail_.open(); }
  /// As SIGTERM does: no new moves; migrations that run are driven to their end, then it ends.
  /// Called again: at once, libvirt goes on.
  void wind_down();

 private:
  actors::ControllerSetup setup();
  std::string answer(const std::string& request);
  actors::Json drill(const actors::Json& in);
  void read_config_again();
  void take(drivers::config::Loaded config);
  void leave_when_done();
  void leave();

  reactor::Loop& loop_;
  RunOptions options_;
  drivers::config::Loaded config_;
  drivers::redis::Server* own_redis_;  ///< none: somebody else's
  drivers::local::LineServer tail_;
  PoolHosts& hosts_;
  actors::ports::Relay& relay_;
  drivers::redis::RedisStream stream_;
  drivers::local::ExecAlert alert_;
  actors::Controller controller_;
  std::optional<reactor::Instant> leaving_at_;  ///< told to end; at the latest then
  bool left_ = false;
};

}  // namespace commands

// Our own redis-server, for pools where none is configured: a child on a unix socket in the state
// folder, with users for the controller and each host, and on TCP if agents live elsewhere.
//
// It outlives a controller that is killed, and is adopted by the next one: it holds a lock on its
// folder for as long as it lives, so that there is never a second one on the same data. If it dies
// it is started again, with pauses up to 10 s. It trusts nobody without a secret of ours, kept in
// `state_dir`/secrets. Source: DESIGN.md §5.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/ports/done.h"
#include "actors/ports/ids.h"
#include "drivers/process/process.h"
#include "drivers/redis/access.h"
#include "drivers/redis/backoff.h"
#include "drivers/redis/connection.h"
#include "reactor/timer.h"

namespace drivers::redis {

struct ServerSettings {
  std::string state_dir;  ///< ours alone, mode 0700, locked by us: see Holder
  std::string pool;
  std::string user = "nemuri-controller";
  std::string listen;  ///< host:port for agents; empty: unix socket only
  std::vector<actors::HostId> hosts;
  std::string program = "redis-server";
};

/// Where our own one is, or would be, for the controller's user.
Endpoint endpoint_of_own(const std::string& state_dir, const std::string& user);

class Server {
 public:
  Server(reactor::Loop& loop, const ServerSettings& settings);
  /// Without stop() it runs on, and the next run adopts it. Not to be called from inside a `done`.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Starts or adopts it; answers with where to connect once it takes commands, `listen` included.
  /// Errors: refused, saying what is in the way (a TCP port that is taken, a broken append-only
  /// file); then it does not run.
  void start(actors::ports::Done<Endpoint> done);

  /// Users for these hosts and no others. Errors: refused; unreachable or outcome_unknown: it is
  /// done when the server is back.
  void set_hosts(std::vector<actors::HostId> hosts, actors::ports::Done<reactor::Unit> done);

  /// Ends it: SIGTERM, which to Redis is SHUTDOWN, and SIGKILL after 10 s. `done` runs once.
  void stop(std::function<void()> done);

  bool adopted() const { return adopted_; }
  pid_t pid() const { return process_.pid(); }

 private:
  enum class Phase { idle, starting, running, failing, stopping };

  reactor::Result<reactor::Unit> prepare();
  void bring_up();
  reactor::Result<reactor::Unit> spawn(int lock);
  void adopt();
  void step();
  void watch_start();
  void finish_end();
  bool terminate();
  void set_up();
  void ready();
  void fault(const reactor::Error& error);
  void ended(const std::string& how);
  std::string last_log_line() const;

  reactor::Loop& loop_;
  std::string state_dir_, listen_, program_, folder_;
  AccessSettings access_;
  Endpoint endpoint_;
  process::Process process_;
  reactor::Timer step_;
  Backoff backoff_;
  std::unique_ptr<Connection> admin_;
  Phase phase_ = Phase::idle;
  bool adopted_ = false;
  actors::ports::Done<Endpoint> started_;
  std::function<void()> stopped_;
  std::string why_;  ///< a start failed, told when the child has ended
  reactor::Instant began_{}, next_try_{}, ready_{}, signalled_{};
  std::optional<reactor::Instant> set_up_again_;  ///< it was refused while running
};

}  // namespace drivers::redis

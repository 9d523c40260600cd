// Wakes hosts by the operator's own commands (`hosts[].wake`, `hosts[].power_command`).
//
// A command's exit status 0 means: the request went out. Any other, or a command that cannot be
// started, is a refusal; one that had to be killed may have done its work: outcome_unknown. At most
// kMostCommands run at a time and kMostWaiting wait; more are unreachable at once.
#pragma once

#include <map>

#include "actors/ports/host_wake.h"
#include "drivers/local/command_queue.h"
#include "drivers/settings.h"

namespace drivers::local {

inline constexpr std::size_t kMostCommands = 8;
inline constexpr std::size_t kMostWaiting = 1'000;

class ExecWake final : public actors::ports::HostWake {
 public:
  using Commands = std::map<actors::HostId, HostCommands>;

  ExecWake(reactor::Loop& loop, Commands commands, reactor::Duration limit);

  /// From the next call on; what runs or waits goes on as it began (SIGHUP).
  void configure(Commands commands, reactor::Duration limit);

  void wake(const actors::HostId& host, int attempt,
            actors::ports::Done<reactor::Unit> done) override;
  /// The command prints on, asleep or off, and nothing else.
  void read(const actors::HostId& host, actors::ports::Done<actors::ports::Power> done) override;

 private:
  using Argv = std::vector<std::string>;

  template <class T>
  void submit(const Argv& argv, actors::ports::Done<T> done,
              reactor::Result<T> (*judge)(const Argv&, const ChildResult&));
  template <class T>
  void fail(actors::ports::Done<T> done, reactor::Errc code, std::string detail);

  reactor::Loop& loop_;
  Commands commands_;
  reactor::Duration limit_;
  CommandQueue queue_;
};

}  // namespace drivers::local

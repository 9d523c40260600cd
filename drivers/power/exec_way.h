// The operator's own commands: one that wakes (`hosts[].wake: exec`), one that reads the state of
// its power (`hosts[].power_command`).
//
// A command's exit status 0 means: the request went out. Any other, or a command that cannot be
// started, is a refusal; one that had to be killed may have done its work: outcome_unknown.
#pragma once

#include "drivers/power/way.h"
#include "drivers/process/child.h"

namespace drivers::power {

class ExecWay final : public Way {
 public:
  /// Argument lists; an empty one: it cannot be asked for that.
  struct Commands {
    std::vector<std::string> wake, read;
  };

  ExecWay(reactor::Loop& loop, Commands commands, reactor::Duration limit)
      : commands_(std::move(commands)), limit_(limit), children_(loop) {}

  void wake(Done<reactor::Unit> done) override;
  bool reads() const override { return !commands_.read.empty(); }
  /// The command prints on, asleep or off, and nothing else.
  void read(Done<Power> done) override;

 private:
  Commands commands_;
  reactor::Duration limit_;
  process::Children children_;
};

}  // namespace drivers::power

// Tells people of an alert by the operator's own command (`alert.command`): the alert as one line
// of JSON on its standard input, no shell. docs/alerts.md has what stands in it.
//
// Exit status 0 means: told. One runs after the other, each for `limit`, so that an alert's end
// never overtakes its beginning; kMostAlertsWaiting wait, more are unreachable at once. Those are
// told when they are repeated, but for an end, which never is.
#pragma once

#include "actors/ports/done.h"
#include "drivers/local/command_queue.h"
#include "drivers/settings.h"

namespace drivers::local {

inline constexpr std::size_t kMostAlertsWaiting = 100;

class ExecAlert {
 public:
  ExecAlert(reactor::Loop& loop, AlertCommand settings);

  /// From the next call on (SIGHUP).
  void configure(AlertCommand settings) { settings_ = std::move(settings); }

  /// `done` runs once, on the loop, never from inside the call; without a command nobody is told,
  /// and it never runs. Errors: refused, unreachable (too many wait), outcome_unknown (killed at
  /// its deadline).
  void tell(const std::string& line, actors::ports::Done<reactor::Unit> done);

 private:
  reactor::Loop& loop_;
  AlertCommand settings_;
  CommandQueue queue_;
};

}  // namespace drivers::local

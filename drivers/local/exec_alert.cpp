#include "drivers/local/exec_alert.h"

#include <utility>

namespace drivers::local {

using actors::ports::Done;
using reactor::Errc;
using reactor::Error;
using reactor::Unit;

ExecAlert::ExecAlert(reactor::Loop& loop, AlertCommand settings)
    : loop_(loop),
      settings_(std::move(settings)),
      queue_(loop, {.running = 1, .waiting = kMostAlertsWaiting}) {}

void ExecAlert::tell(const std::string& line, Done<Unit> done) {
  const auto& argv = settings_.argv;
  if (argv.empty()) return;
  const auto judge = [argv, done](const process::ChildResult& result) {
    if (result.good()) return done(Unit{});
    done(Error{result.timed_out ? Errc::outcome_unknown : Errc::refused,
               process::describe(argv, result)});
  };
  if (queue_.submit({argv, settings_.limit, line + "\n"}, judge)) return;
  loop_.post([done = std::move(done), command = argv.front()] {
    done(Error{Errc::unreachable, command + " was not started: " +
                                      std::to_string(kMostAlertsWaiting) + " alerts wait already"});
  });
}

}  // namespace drivers::local

// What a redis-server of our own is told once it answers: its users, and where to listen.
//
// By commands, not by arguments, so that one that was adopted or runs already follows the settings
// too, and a port that is taken is an answer rather than a dead server.
#pragma once

#include <string>

#include "actors/ports/done.h"
#include "drivers/redis/access.h"
#include "drivers/redis/connection.h"

namespace drivers::redis {

/// One after the other until one is refused. `connection` and what `done` needs outlive the
/// answers.
void run_in_turn(Connection& connection, Commands commands,
                 actors::ports::Done<reactor::Unit> done);

/// Checks that process `pid` is the one that answers. Errors: refused.
void check_pid(Connection& connection, pid_t pid, actors::ports::Done<reactor::Unit> done);

/// Makes the users these, and no others. Errors: refused, unreachable, outcome_unknown.
void set_users(Connection& connection, const AccessSettings& settings,
               actors::ports::Done<reactor::Unit> done);

/// `address`: host:port, or empty for the unix socket only. Errors: also malformed.
void set_listen(Connection& connection, const std::string& address,
                actors::ports::Done<reactor::Unit> done);

}  // namespace drivers::redis

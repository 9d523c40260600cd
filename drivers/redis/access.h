// Who may do what in our own Redis: one user for the controller, one for each host, nobody else.
//
// A host's user may write its own hash, read its own orders, and add to stats and replies; it can
// read neither of these. All hosts of a pool still trust one another's samples. Each has a secret
// made at random once, in a file of its own (mode 0600). Source: DESIGN.md §5.
#pragma once

#include <string>
#include <vector>

#include "actors/ports/ids.h"
#include "drivers/redis/connection.h"
#include "drivers/redis/keys.h"
#include "reactor/result.h"

namespace drivers::redis {

struct AccessSettings {
  std::string pool;
  std::string secrets;     ///< the folder of their files: `controller`, `agent-H`
  std::string controller;  ///< user name
  std::vector<actors::HostId> hosts;
};

struct User {
  std::string name;
  std::vector<std::string> rules;  ///< as ACL SETUSER takes them
};

/// "agent-H": the user's name, and its secret's file.
std::string agent_user(const actors::HostId& host);

/// All users, with secrets made where there were none. Errors: refused: a name that can't go into a
/// key pattern or file name, a secret that others can read.
reactor::Result<std::vector<User>> users_of(const AccessSettings& settings);

/// As an access list file has them, read when a server starts.
std::string as_file(const std::vector<User>& users);

/// As commands to one that runs, where users of the names `present` are known; others are deleted.
/// (ACL LOAD would throw all clients out.)
Commands as_commands(const std::vector<User>& users, const Value& present);

}  // namespace drivers::redis

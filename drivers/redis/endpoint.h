// Where a Redis is, and who we are to it.
#pragma once

#include <string>
#include <string_view>

#include "reactor/result.h"

namespace drivers::redis {

struct Endpoint {
  std::string unix_path;      ///< used if not empty, else
  std::string host;           ///< an address, or a name, and
  int port = 6379;            ///< a port
  std::string user;           ///< empty: no AUTH, or with a password file the user `default`
  std::string password_file;  ///< read at each attempt, so that it may come later; mode 0600
};

/// "tcp://host:port", "host:port", "[::1]:port", "unix:/path". Errors: malformed.
reactor::Result<Endpoint> parse_url(std::string_view url);

/// "tcp://host:port" or "unix:/path", for people.
std::string to_string(const Endpoint& endpoint);

/// The first line of the file. Errors: unreachable (not there, not readable), refused (others may
/// read it too), malformed (empty, or far too long for a password).
reactor::Result<std::string> read_password(const std::string& path);

}  // namespace drivers::redis

// One connection to Redis on the loop: commands in, replies out, gone noticed within three seconds.
//
// Our own hiredis adapter (Debian's loses errors: LIMITS.md §2) and a watchdog: while anything is
// unanswered for longer than it may take, or a PING goes unanswered, the connection is given up. It
// connects again by itself, with jittered pauses, until it is destroyed. All on the loop's thread.
// Source: DESIGN.md §5.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/loop.h"
#include "reactor/result.h"

namespace drivers::redis {

struct Endpoint {
  std::string unix_path;      ///< used if not empty, else
  std::string host;           ///< an address, or a name, and
  int port = 6379;            ///< a port
  std::string user;           ///< empty: no AUTH
  std::string password_file;  ///< read at each attempt, so that it may come later; mode 0600
};

/// "tcp://host:port", "host:port", "unix:/path". Errors: malformed.
reactor::Result<Endpoint> parse_url(std::string_view url);

/// A RESP reply by value. Nested for arrays.
struct Value {
  enum class Kind { nil, integer, text, array };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;
  std::vector<Value> items;
};

/// Errors: unreachable (not sent), outcome_unknown (sent, then the connection broke), refused (an
/// error reply of Redis, in `detail` as it came).
using ReplyDone = std::function<void(reactor::Result<Value>)>;

struct ConnectionEvents {
  std::function<void()> up;                 ///< connected, authenticated, PING answered
  std::function<void(std::string)> down;    ///< was up, is not any more: why
};

class Connection {
 public:
  Connection(reactor::Loop& loop, Endpoint endpoint, ConnectionEvents events);
  /// Commands still out answer outcome_unknown from inside the destructor's turn or never: callers
  /// that may be gone by then guard themselves.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool up() const;

  /// `done` runs exactly once, on the loop, never from inside the call. `may_block`: how long Redis may
  /// take on purpose (XREAD BLOCK); the watchdog allows for it.
  void command(std::vector<std::string> words, ReplyDone done, reactor::Duration may_block = {});

  /// Like one whose end was noticed: down, then connecting anew.
  void drop(std::string_view why);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drivers::redis

// One connection to Redis on the loop: commands in, replies out, gone noticed within three seconds.
//
// Our own hiredis adapter (Debian's loses errors: LIMITS.md §2) and a watchdog: while a command is
// unanswered for longer than it may take, or a PING goes unanswered, the connection is given up. It
// connects again by itself, with jittered pauses, until it is destroyed. An outage is one line in
// the log, and one when it is over; what Redis itself says against us is one of its own. All on the
// loop's thread. Source: DESIGN.md §5.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/redis/endpoint.h"
#include "drivers/redis/value.h"
#include "reactor/loop.h"
#include "reactor/result.h"

namespace drivers::redis {

/// Redis may take this long for an answer, then it counts as gone. With XREAD BLOCK 1000 that makes
/// 2.6 s at worst.
inline constexpr reactor::Duration kAnswerLimit{1'500};

/// Who of several connections to one Redis speaks of its outages.
enum class Voice { speaks, silent };

/// Errors: unreachable (not sent), outcome_unknown (sent, then the connection broke), refused (an
/// error reply of Redis, in `detail` as it came).
using ReplyDone = std::function<void(reactor::Result<Value>)>;

/// The same for hiredis' own reply, which is gone when this returns: for the hot path.
using RawDone = std::function<void(reactor::Result<const redisReply*>)>;

using Commands = std::vector<std::vector<std::string>>;

struct ConnectionEvents {
  std::function<void()> up;  ///< connected, authenticated, PING answered
  /// Was up, is not any more: why. Comes after the `done` of all commands that were out.
  std::function<void(std::string)> down;
};

class Connection {
 public:
  /// Begins to connect; `seed` is for the pauses between attempts. Ignores SIGPIPE in the whole
  /// process: hiredis writes without MSG_NOSIGNAL.
  Connection(reactor::Loop& loop, Endpoint endpoint, ConnectionEvents events,
             std::uint32_t seed = std::random_device{}(), Voice voice = Voice::speaks);
  /// No `done` and no event runs from here on. Not to be called from inside one of them.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool up() const;

  /// Why the last attempt failed or the connection broke; for people. Empty while it is up.
  const std::string& why_down() const;

  /// `done` runs exactly once, on the loop, never from inside the call, in the order of the
  /// commands. `may_block`: how long Redis may take on purpose (XREAD BLOCK); the watchdog allows
  /// for it.
  void command(const std::vector<std::string>& words, ReplyDone done,
               reactor::Duration may_block = {});
  void raw_command(const std::vector<std::string>& words, RawDone done,
                   reactor::Duration may_block = {});

  /// Like one whose end was noticed: down, then connecting anew. Nothing if it is not connected.
  void drop(std::string_view why);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drivers::redis

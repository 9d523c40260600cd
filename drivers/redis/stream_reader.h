// Reads what hosts say, `stats` and `replies`, entry by entry and none twice, on a connection of
// its own that waits in XREAD. After a gap it goes on from the last entry read.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "actors/ports/stream.h"
#include "drivers/redis/connection.h"
#include "drivers/redis/entries.h"
#include "drivers/redis/keys.h"
#include "reactor/timer.h"

namespace drivers::redis {

/// Where to begin. Without an id: `window` ago on Redis's clock, so that a restarted controller has
/// full windows at once.
struct ReadFrom {
  reactor::Duration window{10'000};
  std::optional<actors::StreamId> stats_after, replies_after;
  reactor::Duration pause{};  ///< before the next read; 20 ms above some 1 000 hosts (LIMITS.md §4)
};

struct ReaderEvents {
  std::function<void(actors::ports::StatsBatch)> stats;
  std::function<void(actors::ports::Reply)> reply;
  std::function<void()> changed;  ///< fault() did
};

class StreamReader {
 public:
  StreamReader(reactor::Loop& loop, Connection& connection, const Keys& keys, ReadFrom from,
               ReaderEvents events);

  /// Reads from now on; the connection is up. Not while it reads already.
  void start();
  /// Reads nothing more; what Redis sent already is thrown away and read again after start().
  void stop();

  /// Why Redis gives no entries; empty while it does.
  const std::string& fault() const { return fault_; }

 private:
  void begin();
  void place(const reactor::Result<Value>& time);
  void check(const std::string& key, actors::StreamId& at, std::function<void()> then);
  void read();
  void arrived(const redisReply& reply);
  void take_stats(const redisReply& list);
  void take_replies(const Value& list);
  void failed(const reactor::Error& error);
  void malformed(const std::string& what, std::int64_t count);

  reactor::Loop& loop_;
  Connection& connection_;
  std::string stats_key_, replies_key_;
  ReadFrom from_;
  ReaderEvents events_;
  reactor::Timer next_, again_;
  actors::StreamId stats_at_, replies_at_;  ///< the last entries read
  bool reading_ = false;
  std::int64_t turn_ = 0;  ///< grows at each start and stop: older answers are not ours
  std::string fault_;
  std::int64_t malformed_ = 0;
  std::optional<reactor::Instant> complained_;
};

}  // namespace drivers::redis

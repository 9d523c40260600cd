// Reads this host's orders as they come, on a connection of its own (the read blocks).
//
// At the agent's start and after each sleep it begins at the stream's end: what was ordered before
// is for nobody any more. After a mere loss of the connection it goes on where it was. Source:
// DESIGN.md §5.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "actors/ports/orders.h"
#include "drivers/redis/connection.h"

namespace drivers::agent {

struct HeardOrder {
  actors::OrderId id;
  actors::ports::Order order;
  reactor::Duration age{};  ///< on Redis's clock
};

struct OrderEvents {
  /// The place to read from is known: an order given from now on will be heard.
  std::function<void()> listening;
  std::function<void(HeardOrder)> order;
};

class OrderReader {
 public:
  OrderReader(reactor::Loop& loop, const redis::Endpoint& endpoint, std::string stream,
              OrderEvents events);

  /// From the end again, on a new connection: the host slept, and the old one may be dead.
  void begin_anew();

 private:
  void find_end();
  void read();
  void ask_time(redis::Value entries);
  void deliver(const redis::Value& entries, std::int64_t now_ms);
  void failed(const reactor::Error& error);

  /// Calls `then` with the answer, unless begin_anew() came in between.
  void command(const std::vector<std::string>& words,
               void (OrderReader::*then)(const redis::Value&), reactor::Duration may_block = {});
  void found_end(const redis::Value& newest);
  void have_read(const redis::Value& streams);

  reactor::Loop& loop_;
  const std::string stream_;
  OrderEvents events_;
  std::optional<std::string> from_;  ///< id of the last entry heard of
  int run_ = 0;                      ///< answers to an earlier run's questions are dropped
  std::string said_;                 ///< the last refusal of Redis, so that it is logged once
  redis::Connection connection_;     ///< the last member: its events use the others
};

/// The milliseconds in an entry id. Pure. None: no entry id.
std::optional<std::int64_t> time_of(std::string_view entry_id);

/// Entry ids in the order of a stream; both are ids.
bool comes_before(std::string_view a, std::string_view b);

}  // namespace drivers::agent

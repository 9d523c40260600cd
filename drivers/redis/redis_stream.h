// The ports Stream and Orders on a real Redis: journal, definitions, hellos and orders go out on
// one connection, statistics and replies come in on another, which waits in XREAD.
//
// stats() and reply() come only between leading() and blind(). Leading: both connections are up,
// the lease is held, Redis takes writes. Journal entries and orders are written by a script that
// looks at the lease first, so a controller that lost it without noticing writes nothing. Source:
// DESIGN.md §5, LIMITS.md §2, §9.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/ports/orders.h"
#include "actors/ports/stream.h"
#include "drivers/redis/connection.h"
#include "drivers/redis/keys.h"
#include "drivers/redis/lease.h"
#include "drivers/redis/stream_reader.h"
#include "drivers/redis/trimmer.h"
#include "drivers/settings.h"

namespace drivers::redis {

struct StreamSettings {
  Endpoint endpoint;
  Keys keys;
  std::string lease_value;  ///< Holder::lease_value()
  RedisSettings redis;      ///< keep, keep_bytes, journal_keep_entries, lease
  std::vector<actors::HostId> hosts;
  ReadFrom from;
};

class RedisStream final : public actors::ports::Stream, public actors::ports::Orders {
 public:
  /// Begins to connect at once; `listener` outlives this.
  RedisStream(reactor::Loop& loop, StreamSettings settings,
              actors::ports::StreamListener& listener);

  void append(const actors::ports::JournalFields& entry,
              actors::ports::Done<actors::StreamId> done) override;
  void keep_definition(const actors::ports::KeptMove& move, const std::string& xml,
                       actors::ports::Done<reactor::Unit> done) override;
  void mark_definition(const actors::ports::KeptMove& move,
                       actors::ports::Done<reactor::Unit> done) override;
  /// Tried again after a gap until Redis has done it.
  void drop_definition(const actors::VmId& vm) override;
  void read_definition(const actors::VmId& vm, actors::ports::Done<std::string> done) override;
  void read_moves(actors::ports::Done<std::vector<actors::ports::KeptMove>> done) override;
  void keep_wakes(const actors::HostId& host, const std::string& record,
                  actors::ports::Done<reactor::Unit> done) override;
  void read_wakes(const actors::HostId& host, actors::ports::Done<std::string> done) override;
  void read_hello(const actors::HostId& host,
                  actors::ports::Done<actors::ports::HostHello> done) override;
  void give(const actors::HostId& host, const actors::ports::Order& order,
            actors::ports::Done<actors::OrderId> done) override;

  /// The connection for commands, to read history on.
  Connection& commands() { return commands_; }

  void set_hosts(std::vector<actors::HostId> hosts) { lease_.set_hosts(std::move(hosts)); }

  /// At the end of a run: blind, and the lease given back. Nothing more is read; `done` runs once.
  void stop(std::function<void()> done);

 private:
  void set(const std::vector<std::string>& words, actors::ports::Done<reactor::Unit> done);
  void get(const std::string& key, actors::ports::Done<std::string> done);
  void look_again();
  std::string obstacle() const;
  void write(const std::string& key, std::int64_t most, const Fields& fields,
             actors::ports::Done<std::string> done);
  void written(const reactor::Result<Value>& reply, const actors::ports::Done<std::string>& done);
  void drop_again();

  StreamSettings settings_;
  actors::ports::StreamListener& listener_;
  Connection commands_, reading_;
  Lease lease_;
  StreamReader reader_;
  Trimmer trimmer_;
  reactor::Timer looks_;
  std::set<actors::VmId> to_drop_;
  bool leading_ = false, stopped_ = false;
  std::string lease_fault_, said_;
};

}  // namespace drivers::redis

// What agents and controller write into Redis, and how it is read back: the stats, orders and
// replies streams and the hash of a host. Pure functions; the formats stand in DESIGN.md §5.
//
// What comes in is not trusted: anything missing, unknown, negative, over 10^15 or out of order is
// malformed, and the error says what and where. All ids and texts that pass are printable.
#pragma once

#include "actors/ports/facts.h"
#include "actors/ports/orders.h"
#include "drivers/redis/value.h"

struct redisReply;

namespace drivers::redis {

inline constexpr std::size_t kMostVms = 4'096;  ///< of one host, in a sample or an inventory

/// Bounds of their own, so that CPU times dt stays far from overflow whatever a host claims.
inline constexpr std::int64_t kMostMcores = 1'000'000'000;
inline constexpr std::int64_t kLongestDtMs = 3'600'000;

/// An entry of `stats`, version 1: `v 1 host H boot B seq N inv REV t_ms T wall_ms W dt_ms D
/// cpu_mcores .. mem_kib .. rx .. tx .. rd .. wr ..`, then a pair per VM: `<uuid>` ->
/// `cpu_mcores vcpus mem_kib rx tx rd wr state`. In just this order, VMs ascending by UUID: so a VM
/// can't be there twice.
Fields encode_stats(const actors::ports::HostSample& sample);

/// From an entry's array of field, text, field, text... The second reads hiredis' own reply, with
/// no copy in between: the hot path (LIMITS.md §2).
reactor::Result<actors::ports::HostSample> decode_stats(const Value& fields);
reactor::Result<actors::ports::HostSample> decode_stats(const redisReply& fields);

Fields encode_order(const actors::ports::Order& order);
reactor::Result<actors::ports::Order> decode_order(const Value& fields);

/// `order` may be empty in `resumed`: a host that somebody else put to sleep.
Fields encode_reply(const actors::ports::Reply& reply);
reactor::Result<actors::ports::Reply> decode_reply(const Value& fields);

/// The hash of a host, as HSET takes it and HGETALL gives it. Errors of decoding also: refused, an
/// empty hash: the host never said hello.
Fields encode_hello(const actors::ports::HostHello& hello);
reactor::Result<actors::ports::HostHello> decode_hello(const Value& fields);

/// Fields as a reply would hold them; for tests and models.
Value as_value(const Fields& fields);

}  // namespace drivers::redis

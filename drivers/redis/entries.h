// Entries of Redis streams: the replies of XRANGE and XREAD taken apart, and XADD put together.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/ports/stream.h"
#include "drivers/redis/value.h"

struct redisReply;

namespace drivers::redis {

struct Entry {
  actors::StreamId id;
  Fields fields;
};

/// XRANGE's reply, or one stream's part of XREAD's. Errors: malformed.
reactor::Result<std::vector<Entry>> parse_entries(const Value& list);

/// The part of XREAD's reply (nil: nothing new) that belongs to a stream; empty if there is none.
Value part_of(const Value& xread, const std::string& key);

/// Ids compare as the two numbers they are made of. What is no id counts as "0-0".
std::pair<std::uint64_t, std::uint64_t> as_numbers(const actors::StreamId& id);

/// "XADD key MAXLEN ~ most * field text..."
std::vector<std::string> xadd(const std::string& key, std::int64_t most, const Fields& fields);

/// Samples out of a list of entries; what does not parse is counted, and `fault` tells of the last
/// such entry. An entry that a stream can't hold (no id) is counted and leaves no trace in the
/// range.
struct ReadBatch {
  actors::ports::StatsBatch batch;
  std::string fault;
};
ReadBatch read_stats(const redisReply& list);

}  // namespace drivers::redis

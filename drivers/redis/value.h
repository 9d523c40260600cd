// A RESP reply by value, for everything but the hot path (wire.h reads hiredis' own replies).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

struct redisReply;

namespace drivers::redis {

/// Nested for arrays. Status replies ("OK") are text.
struct Value {
  enum class Kind { nil, integer, text, array };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;
  std::vector<Value> items;
};

Value to_value(const redisReply& reply);

/// Of a hash or a stream entry: field -> text, in order.
using Fields = std::vector<std::pair<std::string, std::string>>;

}  // namespace drivers::redis

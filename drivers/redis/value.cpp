#include "drivers/redis/value.h"

#include <hiredis/hiredis.h>

namespace drivers::redis {

namespace {

Value array(const redisReply& reply) {
  Value value;
  value.kind = Value::Kind::array;
  value.items.reserve(reply.elements);
  for (std::size_t i = 0; i < reply.elements; ++i)
    value.items.push_back(to_value(*reply.element[i]));
  return value;
}

}  // namespace

Value to_value(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_ARRAY: return array(reply);
    case REDIS_REPLY_INTEGER: return {Value::Kind::integer, reply.integer, {}, {}};
    case REDIS_REPLY_NIL: return {};
    default: return {Value::Kind::text, 0, std::string{reply.str, reply.len}, {}};
  }
}

}  // namespace drivers::redis

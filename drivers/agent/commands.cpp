#include "drivers/agent/commands.h"

#include <utility>

#include "drivers/redis/wire.h"

namespace drivers::agent {

namespace {

Words command(Words words, const redis::Fields& fields) {
  for (const auto& [field, text] : fields) {
    words.push_back(field);
    words.push_back(text);
  }
  return words;
}

}  // namespace

Words write_sample(const redis::Keys& keys, const actors::ports::HostSample& sample) {
  return command({"XADD", keys.stats(), "*"}, redis::encode_stats(sample));
}

Words write_reply(const redis::Keys& keys, const actors::ports::Reply& reply) {
  return command({"XADD", keys.replies(), "*"}, redis::encode_reply(reply));
}

Words write_hello(const redis::Keys& keys, const actors::ports::HostHello& hello) {
  return command({"HSET", keys.host(hello.host)}, redis::encode_hello(hello));
}

}  // namespace drivers::agent

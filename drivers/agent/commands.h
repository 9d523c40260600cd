// The Redis commands by which an agent says what it has to say. Pure. Source: DESIGN.md §5.
#pragma once

#include "actors/ports/facts.h"
#include "actors/ports/orders.h"
#include "drivers/agent/outbox.h"
#include "drivers/redis/keys.h"

namespace drivers::agent {

Words write_sample(const redis::Keys& keys, const actors::ports::HostSample& sample);
Words write_reply(const redis::Keys& keys, const actors::ports::Reply& reply);
Words write_hello(const redis::Keys& keys, const actors::ports::HostHello& hello);

}  // namespace drivers::agent

#include "tools/commands/redis_endpoint.h"

#include "drivers/redis/server.h"

namespace commands {

using drivers::redis::Endpoint;

reactor::Result<Endpoint> endpoint_of(const drivers::DriverSettings& settings) {
  if (settings.redis.url.empty())
    return drivers::redis::endpoint_of_own(settings.state_dir, settings.redis.user);
  auto endpoint = drivers::redis::parse_url(settings.redis.url);
  if (!endpoint.ok()) return endpoint;
  Endpoint to = std::move(endpoint).value();
  to.user = settings.redis.user;
  to.password_file = settings.redis.password_file;
  return to;
}

}  // namespace commands

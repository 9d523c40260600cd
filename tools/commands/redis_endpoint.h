// Where a pool's Redis is, by its conf.yaml: the one that is named there, or our own.
#pragma once

#include "drivers/config/config.h"
#include "drivers/redis/endpoint.h"

namespace commands {

/// Errors: malformed (redis.url).
reactor::Result<drivers::redis::Endpoint> endpoint_of(const drivers::DriverSettings& settings);

}  // namespace commands

#include "drivers/agent/clock.h"

#include <ctime>

namespace drivers::agent {

namespace {

reactor::Duration read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return reactor::Duration{now.tv_sec * 1'000 + now.tv_nsec / 1'000'000};
}

}  // namespace

reactor::Duration boottime() {
  return read(CLOCK_BOOTTIME);
}

reactor::Duration steady_time() {
  return read(CLOCK_MONOTONIC);
}

reactor::Duration wall_time() {
  return read(CLOCK_REALTIME);
}

}  // namespace drivers::agent

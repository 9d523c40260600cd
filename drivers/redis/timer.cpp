#include "drivers/redis/timer.h"

#include <utility>

namespace drivers::redis {

struct Timer::Held {
  uv_timer_t handle{};
  reactor::Work work;
};

Timer::Timer(reactor::Loop& loop, reactor::Work work) : held_(new Held{{}, std::move(work)}) {
  held_->handle.data = held_;
  uv_timer_init(loop.uv(), &held_->handle);
}

Timer::~Timer() {
  uv_close(reinterpret_cast<uv_handle_t*>(&held_->handle),
           [](uv_handle_t* handle) { delete static_cast<Held*>(handle->data); });
}

void Timer::start(reactor::Duration delay, reactor::Duration period) {
  const auto ms = [](reactor::Duration d) { return static_cast<std::uint64_t>(d.count()); };
  uv_timer_start(
      &held_->handle, [](uv_timer_t* handle) { static_cast<Held*>(handle->data)->work(); },
      ms(delay), ms(period));
}

void Timer::stop() {
  uv_timer_stop(&held_->handle);
}

}  // namespace drivers::redis

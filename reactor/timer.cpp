#include "reactor/timer.h"

#include <utility>

namespace reactor {

struct Timer::Held {
  uv_timer_t handle{};
  Work work;
};

Timer::Timer(Loop& loop, Work work) : held_(new Held{{}, std::move(work)}) {
  held_->handle.data = held_;
  uv_timer_init(loop.uv(), &held_->handle);
}

Timer::~Timer() {
  uv_close(reinterpret_cast<uv_handle_t*>(&held_->handle),
           [](uv_handle_t* handle) { delete static_cast<Held*>(handle->data); });
}

void Timer::start(Duration delay, Duration period) {
  const auto ms = [](Duration d) { return static_cast<std::uint64_t>(d.count()); };
  uv_timer_start(
      &held_->handle, [](uv_timer_t* handle) { static_cast<Held*>(handle->data)->work(); },
      ms(delay), ms(period));
}

void Timer::stop() {
  uv_timer_stop(&held_->handle);
}

}  // namespace reactor

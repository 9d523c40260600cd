#include "reactor/loop.h"

#include <algorithm>
#include <utility>

#include "reactor/invariant.h"

namespace reactor {

namespace {

template <class Handle>
uv_handle_t* base(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

template <class Handle>
Loop* owner(Handle* handle) {
  return static_cast<Loop*>(handle->data);
}

}  // namespace

Loop::Loop() {
  INVARIANT(uv_loop_init(&uv_) == 0);
  wake_.data = alarm_.data = tick_.data = turn_end_.data = this;
  INVARIANT(uv_async_init(&uv_, &wake_, [](uv_async_t* h) { owner(h)->run_posted(); }) == 0);
  uv_timer_init(&uv_, &alarm_);
  uv_timer_init(&uv_, &tick_);
  uv_prepare_init(&uv_, &turn_end_);
  uv_prepare_start(&turn_end_, [](uv_prepare_t* h) { owner(h)->end_turn(); });
}

Loop::~Loop() {
  for (uv_handle_t* handle : {base(&wake_), base(&alarm_), base(&tick_), base(&turn_end_)})
    uv_close(handle, nullptr);
  for (const auto& signal : signals_)
    uv_close(base(&signal->handle), nullptr);
  uv_run(&uv_, UV_RUN_DEFAULT);
  INVARIANT(uv_loop_close(&uv_) == 0);
}

Instant Loop::now() const {
  if (!turn_time_) turn_time_ = Instant{Duration{static_cast<Duration::rep>(uv_now(&uv_))}};
  return *turn_time_;
}

void Loop::post(Work work) {
  {
    const std::lock_guard lock{mutex_};
    posted_.push_back(std::move(work));
  }
  uv_async_send(&wake_);
}

// Swapped out first: what this work posts belongs to a later turn.
void Loop::run_posted() {
  std::vector<Work> batch;
  {
    const std::lock_guard lock{mutex_};
    batch.swap(posted_);
  }
  for (Work& work : batch)
    work();
}

void Loop::after(Duration delay, Work work) {
  alarms_.set(now() + std::max(delay, Duration::zero()), std::move(work));
}

// At the end of a turn only. Within libuv's round of timers, one set to no delay would run in that
// very round, and work that sets itself anew would keep the world out for ever.
void Loop::arm() {
  const auto next = alarms_.next();
  if (!next) return;
  const Instant clock{Duration{static_cast<Duration::rep>(uv_now(&uv_))}};
  const auto wait = std::max(*next - clock, Duration::zero());
  uv_timer_start(
      &alarm_, [](uv_timer_t* h) { owner(h)->run_due(); }, static_cast<std::uint64_t>(wait.count()),
      0);
}

// Taken out first: what this work sets, even to no delay, belongs to a later turn.
void Loop::run_due() {
  std::vector<Work> due;
  while (auto work = alarms_.take_due(now()))
    due.push_back(std::move(*work));
  for (Work& work : due)
    work();
}

void Loop::on_tick(Work work) {
  ticks_.push_back(std::move(work));
  const auto period = static_cast<std::uint64_t>(kTickPeriod.count());
  const auto run = [](uv_timer_t* h) { owner(h)->run_ticks(); };
  if (uv_is_active(base(&tick_)) == 0) uv_timer_start(&tick_, run, period, period);
}

void Loop::run_ticks() {
  for (std::size_t i = 0; i < ticks_.size(); ++i)
    ticks_[i]();
}

void Loop::on_signal(int signum, Work work) {
  const auto& signal = signals_.emplace_back(std::make_unique<Signal>());
  signal->work = std::move(work);
  signal->handle.data = signal.get();
  uv_signal_init(&uv_, &signal->handle);
  const auto run = [](uv_signal_t* h, int) { static_cast<Signal*>(h->data)->work(); };
  uv_signal_start(&signal->handle, run, signum);
}

void Loop::run() {
  ending_ = false;
  turn_time_.reset();
  uv_run(&uv_, UV_RUN_DEFAULT);
  turn_time_.reset();
}

void Loop::stop() {
  ending_ = true;
  uv_async_send(&wake_);  // so that a turn comes
}

void Loop::end_turn() {
  for (std::size_t i = 0; i < turn_ends_.size(); ++i)
    turn_ends_[i]();
  if (ending_) uv_stop(&uv_);
  arm();
  turn_time_.reset();
}

}  // namespace reactor

#include "drivers/libvirt/scope.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "reactor/invariant.h"

namespace drivers::libvirt {

namespace {

template <class Handle>
uv_handle_t* base(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

}  // namespace

Scope::Scope(reactor::Loop& loop) : loop_(loop), handles_(new Handles) {
  handles_->wake.data = handles_->alarm.data = this;
  const auto woken = [](uv_async_t* h) { static_cast<Scope*>(h->data)->run_posted(); };
  INVARIANT(uv_async_init(loop.uv(), &handles_->wake, woken) == 0);
  uv_timer_init(loop.uv(), &handles_->alarm);
}

Scope::~Scope() {
  handles_->wake.data = handles_->alarm.data = handles_;
  const auto closed = [](uv_handle_t* h) {
    auto* handles = static_cast<Handles*>(h->data);
    if (++handles->closed == 2) delete handles;
  };
  uv_close(base(&handles_->wake), closed);
  uv_close(base(&handles_->alarm), closed);
}

void Scope::post(reactor::Work work) {
  const std::lock_guard lock{mutex_};
  posted_.push_back(std::move(work));
  uv_async_send(&handles_->wake);
}

// Swapped out first: what this work posts belongs to a later turn.
void Scope::run_posted() {
  std::vector<reactor::Work> batch;
  {
    const std::lock_guard lock{mutex_};
    batch.swap(posted_);
  }
  for (reactor::Work& work : batch)
    work();
}

void Scope::after(reactor::Duration delay, reactor::Work work) {
  alarms_.set(now() + std::max(delay, reactor::Duration::zero()), std::move(work));
  arm();
}

void Scope::arm() {
  const auto next = alarms_.next();
  if (!next) return;
  const auto wait = std::max(*next - now(), reactor::Duration::zero());
  const auto due = [](uv_timer_t* h) { static_cast<Scope*>(h->data)->run_due(); };
  uv_timer_start(&handles_->alarm, due, static_cast<std::uint64_t>(wait.count()), 0);
}

void Scope::run_due() {
  const reactor::Instant time = now();
  while (auto work = alarms_.take_due(time))
    (*work)();
  arm();
}

}  // namespace drivers::libvirt

#include "reactor/pool.h"

namespace reactor {

Pool::Pool(Scheduler& loop, std::size_t threads, std::size_t most_waiting)
    : loop_(loop), most_waiting_(most_waiting) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { serve(); });
}

Pool::~Pool() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

bool Pool::enqueue(Call call) {
  {
    const std::lock_guard lock{mutex_};
    // What idle threads are about to take does not wait: they may not have woken yet.
    if (ending_ || waiting_.size() + at_work_ >= most_waiting_ + threads_.size()) return false;
    waiting_.push_back(std::move(call));
  }
  changed_.notify_one();
  return true;
}

// A thread is free again before the loop hears of its result: who then submits finds the place.
void Pool::serve() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Call call = std::move(waiting_.front());
    waiting_.pop_front();
    ++at_work_;
    lock.unlock();
    Work finish = call();
    call = nullptr;  // what it held is let go of outside the lock, too
    lock.lock();
    --at_work_;
    loop_.post(std::move(finish));
  }
}

}  // namespace reactor

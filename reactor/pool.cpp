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

bool Pool::enqueue(Work work) {
  {
    const std::lock_guard lock{mutex_};
    if (ending_ || waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

void Pool::serve() {
  for (;;) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
  }
}

}  // namespace reactor

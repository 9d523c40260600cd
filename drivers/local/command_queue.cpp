#include "drivers/local/command_queue.h"

#include <utility>

namespace drivers::local {

bool CommandQueue::submit(process::Command command, process::Children::Done done) {
  if (waiting_.size() >= bounds_.waiting) return false;
  waiting_.push_back({std::move(command), std::move(done)});
  serve();
  return true;
}

void CommandQueue::serve() {
  while (!waiting_.empty() && children_.running() < bounds_.running) {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    children_.run(job.command, [this, done = std::move(job.done)](process::ChildResult result) {
      done(std::move(result));
      serve();
    });
  }
}

}  // namespace drivers::local

#include "drivers/agent/logind_way.h"

#include <utility>

namespace drivers::agent {

void LogindWay::talk(bool suspend, LogindTalk::Done done) {
  const int number = ++begun_;
  auto end = [this, number, done = std::move(done)](LogindAnswer answer) {
    talks_.erase(number);
    done(std::move(answer));
  };
  talks_.try_emplace(number, loop_, bus_, suspend, std::move(end));
}

// logind writes "mem", too, and leaves mem_sleep as it is.
void LogindWay::ask(LogindTalk::Done done) {
  talk(false, [this, done = std::move(done)](LogindAnswer answer) {
    if (!answer.failure) answer.failure = select_deep(power_);
    done(std::move(answer));
  });
}

void LogindWay::check(Done done) {
  ask([done = std::move(done)](LogindAnswer answer) { done(std::move(answer.failure)); });
}

void LogindWay::sleep(Done done) {
  if (auto failure = select_deep(power_))
    return loop_.post([done = std::move(done), failure = std::move(failure)] { done(failure); });
  talk(true, [done = std::move(done)](LogindAnswer answer) { done(std::move(answer.failure)); });
}

void AutoWay::check(Done done) {
  logind_.ask([this, done = std::move(done)](LogindAnswer answer) {
    chosen_ = answer.absent ? static_cast<SuspendWay*>(&sys_) : &logind_;
    if (answer.absent) return sys_.check(done);
    done(std::move(answer.failure));
  });
}

void AutoWay::sleep(Done done) {
  chosen_->sleep(std::move(done));
}

}  // namespace drivers::agent

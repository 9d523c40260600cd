#include "drivers/agent/command_way.h"

#include <csignal>
#include <utility>

#include "reactor/invariant.h"

namespace drivers::agent {

namespace {

std::string how_it_ended(std::int64_t status, int signal) {
  if (signal != 0) return "ended by signal " + std::to_string(signal);
  return "exit status " + std::to_string(status);
}

}  // namespace

CommandWay::~CommandWay() {
  let_go();
}

// Only running it would tell.
void CommandWay::check(Done done) {
  loop_.post([done = std::move(done)] { done({}); });
}

void CommandWay::sleep(Done done) {
  INVARIANT(!done_);
  done_ = std::move(done);
  ++run_;
  std::vector<char*> words;
  for (const std::string& word : argv_)
    words.push_back(const_cast<char*>(word.c_str()));  // libuv copies
  words.push_back(nullptr);
  uv_process_options_t options{};
  options.file = words.front();
  options.args = words.data();
  options.exit_cb = [](uv_process_t* handle, std::int64_t status, int signal) {
    CommandWay* const self = static_cast<Process*>(handle->data)->owner;
    if (self == nullptr) return;
    const bool good = status == 0 && signal == 0;
    self->let_go();
    self->finish(good ? Failure{} : how_it_ended(status, signal));
  };
  process_ = new Process{{}, this};
  process_->handle.data = process_;
  const int error = uv_spawn(loop_.uv(), &process_->handle, &options);
  if (error == 0) return watch(0);
  let_go();
  loop_.post([this, error] { finish(uv_strerror(error)); });
}

// Counted in turns of a second instead of read off a clock: after a sleep there is one turn more.
void CommandWay::watch(int seconds) {
  loop_.after(std::chrono::seconds{1}, [this, seconds, run = run_] {
    if (run != run_ || process_ == nullptr) return;
    if (seconds < kAwakeSeconds) return watch(seconds + 1);
    uv_process_kill(&process_->handle, SIGKILL);
  });
}

void CommandWay::let_go() {
  if (process_ == nullptr) return;
  Process* const process = std::exchange(process_, nullptr);
  process->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&process->handle),
           [](uv_handle_t* handle) { delete static_cast<Process*>(handle->data); });
}

void CommandWay::finish(Failure failure) {
  if (failure) failure = "suspend command " + argv_.front() + ": " + *failure;
  std::exchange(done_, nullptr)(std::move(failure));
}

}  // namespace drivers::agent

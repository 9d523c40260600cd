#include "drivers/agent/sleeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "drivers/agent/clock.h"
#include "drivers/agent/files.h"
#include "reactor/invariant.h"

namespace drivers::agent {

namespace {

using Failure = std::optional<std::string>;

Failure write_word(const std::string& path, std::string_view word) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return "opening " + path + ": " + std::strerror(errno);
  const ssize_t written = write(file, word.data(), word.size());
  const int error = errno;
  close(file);
  if (written == static_cast<ssize_t>(word.size())) return std::nullopt;
  return "writing " + std::string{word} + " to " + path + ": " + std::strerror(error);
}

// "deep" is S3; without it "mem" may mean s2idle, which saves little. Old kernels have no choice.
Failure suspend_to_ram(const std::string& power) {
  if (const auto modes = read_file(power + "/mem_sleep"); modes && !modes->empty())
    if (auto failure = write_word(power + "/mem_sleep", "deep")) return failure;
  return write_word(power + "/state", "mem");
}

std::string how_it_ended(std::int64_t status, int signal) {
  if (signal != 0) return "ended by signal " + std::to_string(signal);
  return "exit status " + std::to_string(status);
}

}  // namespace

Sleeper::Sleeper(reactor::Loop& loop, const AgentSettings& settings)
    : loop_(loop), settings_(settings), pool_(loop, 1, 1) {}

Sleeper::~Sleeper() {
  let_go();
}

void Sleeper::sleep(std::function<void(SleepOutcome)> done) {
  INVARIANT(!done_);
  done_ = std::move(done);
  began_ = boottime();
  ++run_;
  if (settings_.suspend_command.empty())
    write_state();
  else
    run_command();
}

void Sleeper::write_state() {
  const bool begun =
      pool_.submit([power = settings_.sys + "/power"] { return suspend_to_ram(power); },
                   [this](Failure failure) { finish(std::move(failure)); });
  INVARIANT(begun);
}

void Sleeper::run_command() {
  std::vector<char*> words;
  for (const std::string& word : settings_.suspend_command)
    words.push_back(const_cast<char*>(word.c_str()));  // libuv copies
  words.push_back(nullptr);
  uv_process_options_t options{};
  options.file = words.front();
  options.args = words.data();
  options.exit_cb = [](uv_process_t* handle, std::int64_t status, int signal) {
    Sleeper* const self = static_cast<Process*>(handle->data)->owner;
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
void Sleeper::watch(int seconds) {
  loop_.after(std::chrono::seconds{1}, [this, seconds, run = run_] {
    if (run != run_ || process_ == nullptr) return;
    if (seconds < kAwakeSeconds) return watch(seconds + 1);
    uv_process_kill(&process_->handle, SIGKILL);
  });
}

void Sleeper::let_go() {
  if (process_ == nullptr) return;
  Process* const process = std::exchange(process_, nullptr);
  process->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&process->handle),
           [](uv_handle_t* handle) { delete static_cast<Process*>(handle->data); });
}

void Sleeper::finish(Failure failure) {
  if (failure && !settings_.suspend_command.empty())
    failure = "suspend command " + settings_.suspend_command.front() + ": " + *failure;
  const auto done = std::exchange(done_, nullptr);
  done(SleepOutcome{std::move(failure), boottime() - began_});
}

}  // namespace drivers::agent

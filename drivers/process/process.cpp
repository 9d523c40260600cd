#include "drivers/process/process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "drivers/process/words.h"

namespace drivers::process {

using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

struct Process::Held {
  Process* owner = nullptr;  ///< nullptr once let go
  pid_t pid = 0;
  int pidfd = -1;  ///< of one that was adopted
  uv_process_t child{};
  uv_poll_t found{};

  uv_handle_t* handle() {
    return pidfd < 0 ? reinterpret_cast<uv_handle_t*>(&child)
                     : reinterpret_cast<uv_handle_t*>(&found);
  }
  void close() {
    owner = nullptr;
    uv_close(handle(), [](uv_handle_t* closed) {
      auto* held = static_cast<Held*>(closed->data);
      if (held->pidfd >= 0) ::close(held->pidfd);
      delete held;
    });
  }
};

namespace {

// Not from <sys/pidfd.h>: in glibc 2.36 it gives C++ the wrong linkage.
int pidfd_open(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0U));
}

void pidfd_signal(int pidfd, int signum) {
  syscall(SYS_pidfd_send_signal, pidfd, signum, nullptr, 0U);
}

std::string how_ended(std::int64_t status, int signum) {
  if (signum != 0) return std::string{"by "} + strsignal(signum);
  return "with exit status " + std::to_string(status);
}

}  // namespace

Process::Process(reactor::Loop& loop, Ended ended) : loop_(loop), ended_(std::move(ended)) {}

Process::~Process() {
  if (held_ != nullptr) held_->close();
}

Result<Unit> Process::spawn(const std::vector<std::string>& argv, int output, int kept) {
  INVARIANT(held_ == nullptr);
  held_ = new Held;
  held_->owner = this;
  held_->child.data = held_;
  const int status = start(argv, {output, output, kept});
  held_->pid = held_->child.pid;
  if (status == 0) return Unit{};
  std::exchange(held_, nullptr)->close();
  return Error{Errc::refused, "cannot start " + argv.front() + ": " + uv_strerror(status)};
}

int Process::start(const std::vector<std::string>& argv, const std::array<int, 3>& descriptors) {
  std::vector<char*> words = c_words(argv);
  std::array<uv_stdio_container_t, 4> stdio{};
  stdio[0].flags = UV_IGNORE;
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    stdio[i + 1].flags = UV_INHERIT_FD;
    stdio[i + 1].data.fd = descriptors[i];
  }
  uv_process_options_t options{};
  options.file = words.front();
  options.args = words.data();
  options.flags = UV_PROCESS_DETACHED;
  options.stdio_count = static_cast<int>(stdio.size());
  options.stdio = stdio.data();
  options.exit_cb = [](uv_process_t* process, std::int64_t status, int signum) {
    Process* owner = static_cast<Held*>(process->data)->owner;
    if (owner != nullptr) owner->end(how_ended(status, signum));
  };
  return uv_spawn(loop_.uv(), &held_->child, &options);
}

// A pidfd becomes readable when its process ends.
Result<Unit> Process::adopt(pid_t pid, const std::function<bool(pid_t)>& is_it) {
  INVARIANT(held_ == nullptr);
  const int fd = pidfd_open(pid);
  if (fd < 0 || !is_it(pid)) {
    const std::string why = fd < 0 ? std::strerror(errno) : "it is some other process";
    if (fd >= 0) close(fd);
    return Error{Errc::refused, "process " + std::to_string(pid) + ": " + why};
  }
  held_ = new Held;
  held_->owner = this;
  held_->pid = pid;
  held_->pidfd = fd;
  held_->found.data = held_;
  INVARIANT(uv_poll_init(loop_.uv(), &held_->found, fd) == 0);
  uv_poll_start(&held_->found, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<Held*>(poll->data)->owner->end("in a way only its parent was told");
  });
  return Unit{};
}

void Process::end(const std::string& how) {
  std::exchange(held_, nullptr)->close();
  ended_(how);
}

bool Process::adopted() const {
  return held_ != nullptr && held_->pidfd >= 0;
}

pid_t Process::pid() const {
  return held_ == nullptr ? 0 : held_->pid;
}

void Process::signal(int signum) const {
  if (held_ == nullptr) return;
  if (held_->pidfd >= 0) {
    pidfd_signal(held_->pidfd, signum);
  } else {
    kill(held_->pid, signum);
  }
}

}  // namespace drivers::process

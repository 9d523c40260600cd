#include "drivers/process/child.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>

#include "drivers/process/words.h"
#include "reactor/invariant.h"

namespace drivers::process {

namespace {

template <class Handle>
uv_handle_t* base(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

template <class Handle>
uv_stream_t* stream(Handle* handle) {
  return reinterpret_cast<uv_stream_t*>(handle);
}

// Without the blank lines and the newline at its end that most commands print.
std::string_view trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return text.substr(0, end == text.npos ? 0 : end + 1);
}

/// What a child reads as its standard input; ours is closed once it has its own.
class InputFile {
 public:
  explicit InputFile(const std::string& text) {
    if (text.empty()) return;
    fd_ = memfd_create("input", MFD_CLOEXEC);
    const auto size = static_cast<ssize_t>(text.size());
    const bool good =
        fd_ >= 0 && write(fd_, text.data(), text.size()) == size && lseek(fd_, 0, SEEK_SET) == 0;
    if (!good) error_ = errno != 0 ? errno : EIO;
  }
  ~InputFile() {
    if (fd_ >= 0) close(fd_);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  int error() const { return error_; }  ///< errno; 0: none
  uv_stdio_container_t stdio() const {
    uv_stdio_container_t out{};
    out.flags = fd_ < 0 ? UV_IGNORE : UV_INHERIT_FD;
    if (fd_ >= 0) out.data.fd = fd_;
    return out;
  }

 private:
  int fd_ = -1;
  int error_ = 0;
};

}  // namespace

class Children::Run {
 public:
  Run(Children& parent, Done done) : parent_(&parent), done_(std::move(done)) {}

  void start(const Command& command);
  void abandon();

 private:
  template <class Handle>
  static Run& of(const Handle* handle) {
    return *static_cast<Run*>(handle->data);
  }

  int spawn(const Command& command);
  void listen(uv_pipe_t& pipe);
  void on_read(uv_stream_t* from, ssize_t size, const char* text);
  void on_deadline();
  void on_exit(std::int64_t status, int signal);
  void close_all();
  void on_closed();

  Children* parent_;  ///< null: abandoned
  Done done_;
  ChildResult result_;
  uv_process_t process_{};
  uv_pipe_t out_{}, err_{};
  uv_timer_t deadline_{};
  std::array<char, 16UL * 1024> buffer_{};
  int open_handles_ = 4;
  int open_streams_ = 0;  ///< which may still bring output
  bool exited_ = false;
};

Children::~Children() {
  for (Run* run : runs_)
    run->abandon();
}

void Children::run(const Command& command, Done done) {
  INVARIANT(!command.argv.empty());
  auto run = std::make_unique<Run>(*this, std::move(done));
  run->start(command);
  runs_.insert(run.release());
}

void Children::Run::start(const Command& command) {
  uv_loop_t* loop = parent_->loop_.uv();
  process_.data = out_.data = err_.data = deadline_.data = this;
  uv_pipe_init(loop, &out_, 0);
  uv_pipe_init(loop, &err_, 0);
  uv_timer_init(loop, &deadline_);
  if (const int failed = spawn(command); failed != 0) {
    result_.failure = uv_strerror(failed);
    close_all();
    return;
  }
  uv_timer_start(
      &deadline_, [](uv_timer_t* timer) { of(timer).on_deadline(); },
      static_cast<std::uint64_t>(command.limit.count()), 0);
  listen(out_);
  listen(err_);
}

int Children::Run::spawn(const Command& command) {
  const InputFile input{command.input};
  if (input.error() != 0) return -input.error();
  std::vector<char*> words = c_words(command.argv);
  constexpr auto kOutput = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  std::array<uv_stdio_container_t, 3> stdio{};
  stdio[0] = input.stdio();
  stdio[1].flags = stdio[2].flags = kOutput;
  stdio[1].data.stream = stream(&out_);
  stdio[2].data.stream = stream(&err_);
  uv_process_options_t options{};
  options.file = words.front();
  options.args = words.data();
  options.stdio = stdio.data();
  options.stdio_count = static_cast<int>(stdio.size());
  options.exit_cb = [](uv_process_t* process, std::int64_t status, int signal) {
    of(process).on_exit(status, signal);
  };
  return uv_spawn(parent_->loop_.uv(), &process_, &options);
}

void Children::Run::listen(uv_pipe_t& pipe) {
  ++open_streams_;
  const auto allocate = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& room = of(handle).buffer_;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  };
  const auto read = [](uv_stream_t* from, ssize_t size, const uv_buf_t* buffer) {
    of(from).on_read(from, size, buffer->base);
  };
  uv_read_start(stream(&pipe), allocate, read);
}

void Children::Run::on_read(uv_stream_t* from, ssize_t size, const char* text) {
  if (size >= 0) {
    std::string& kept = from == stream(&out_) ? result_.out : result_.err;
    kept.append(text, std::min(static_cast<std::size_t>(size), kMostOutput - kept.size()));
    return;
  }
  uv_read_stop(from);
  --open_streams_;
  if (exited_ && open_streams_ == 0) close_all();
}

void Children::Run::on_deadline() {
  if (exited_) return close_all();
  result_.timed_out = true;
  uv_process_kill(&process_, SIGKILL);  // on_exit() follows, and reaps it
}

void Children::Run::on_exit(std::int64_t status, int signal) {
  exited_ = true;
  result_.signal = signal;
  if (signal == 0) result_.exit_code = static_cast<int>(status);
  if (open_streams_ == 0 || result_.timed_out) close_all();
}

void Children::Run::abandon() {
  parent_ = nullptr;
  if (uv_is_closing(base(&deadline_)) == 0) on_deadline();
}

void Children::Run::close_all() {
  if (uv_is_closing(base(&deadline_)) != 0) return;
  for (uv_handle_t* handle : {base(&process_), base(&out_), base(&err_), base(&deadline_)})
    uv_close(handle, [](uv_handle_t* closed) { of(closed).on_closed(); });
}

void Children::Run::on_closed() {
  if (--open_handles_ > 0) return;
  const std::unique_ptr<Run> self{this};
  if (parent_ == nullptr) return;
  parent_->runs_.erase(this);
  done_(std::move(result_));
}

std::string describe(const std::vector<std::string>& argv, const ChildResult& result) {
  std::string out = argv.front() + ": ";
  if (!result.failure.empty()) return out + "could not be started: " + result.failure;
  if (result.timed_out)
    out += "killed, as it had not ended by its deadline";
  else if (result.signal != 0)
    out += "ended by signal " + std::to_string(result.signal);
  else
    out += "exit status " + std::to_string(result.exit_code);
  const std::string_view said = trimmed(result.err);
  return said.empty() ? out : out + ": " + std::string{said.substr(0, 1'000)};
}

}  // namespace drivers::process

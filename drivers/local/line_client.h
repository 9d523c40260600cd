// One client of the tail socket: a place in the shared log, and the requests that it sends.
//
// It listens to the live tail unless its first line, within kPatience, asks for something else.
// While a write waits for it nothing more is read from it, so that its answers are bounded too. It
// closes by `leave`, which may destroy it.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "drivers/local/tail_log.h"
#include "reactor/loop.h"
#include "reactor/uv_handle.h"

namespace drivers::local {

class LineClient {
 public:
  struct Setting {
    const reactor::Loop& loop;
    const TailLog& log;
    reactor::Duration no_progress;  ///< a write that stands still for so long ends the client
    std::size_t most_behind;        ///< bytes; a client that is further behind loses lines
    std::function<std::string(const std::string&)> answer;
    std::function<void(LineClient&)> leave;
  };

  /// `pipe` is connected.
  LineClient(const Setting& setting, reactor::Owned<uv_pipe_t> pipe,
             reactor::Owned<uv_timer_t> timer);
  LineClient(const LineClient&) = delete;
  LineClient& operator=(const LineClient&) = delete;
  ~LineClient() = default;

  /// The log has more. May destroy this client.
  void notify();

 private:
  struct Write;

  void on_read(ssize_t size);
  void on_written(int status);
  void on_timer();

  void read_on();
  void serve_requests(bool at_end);
  void serve(const std::string& line);
  void follow(std::int64_t from);
  void say_error(const std::string& what);
  void pump();
  void catch_up();
  void write(const std::string& text);
  void write_later(std::string rest);
  bool hung_up() const;
  void settle();

  const Setting& setting_;
  reactor::Owned<uv_pipe_t> pipe_;
  reactor::Owned<uv_timer_t> timer_;
  std::array<char, 4UL * 1024> buffer_{};
  std::string requests_;   ///< what came in and is not served, at most the buffer's size
  bool skipping_ = false;  ///< the rest of a line that was too long
  bool asked_ = false;     ///< its first request is in, or its time for one is over
  bool following_ = false;
  bool writing_ = false;
  bool ended_ = false;  ///< it sends no more; it may still listen
  bool broken_ = false;
  std::int64_t next_ = 0;  ///< batch
  std::int64_t next_line_ = 0;
  std::int64_t live_from_ = 0;  ///< batches before are history, which may be further behind
  std::size_t queued_ = 0;      ///< bytes that libuv held at the last look
  reactor::Instant progress_;
};

}  // namespace drivers::local

// The tail socket: lines out to everybody who listens, requests in, on a unix stream socket.
//
// Newline-delimited JSON both ways, so that `socat - UNIX:PATH` is a client. Lines that are
// published go out together every 10 ms, from one log for all clients (LIMITS.md §6: 129 ns an
// event and client). A slow client loses its own lines only, whole batches of them, and is told
// {"type":"lost","count":n}; one that takes nothing for 30 s is closed.
//
// A client that sends nothing within 200 ms gets the live tail. {"op":"tail","since_ms":600000}
// gets the last ten minutes first, as far as they are kept. A request with another "op" is answered
// in one line by `answer`. Anything else gets {"type":"error","error":"..."}. Source: DESIGN.md
// §10.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "drivers/local/line_client.h"
#include "drivers/local/listening_socket.h"
#include "drivers/local/tail_log.h"
#include "reactor/loop.h"

namespace drivers::local {

inline constexpr std::size_t kMostClients = 64;  ///< more are closed at once

class LineServer {
 public:
  struct Options {
    std::string path;
    std::string group;                               ///< empty: unchanged
    std::size_t client_bytes = 4UL * 1024 * 1024;    ///< how far behind a client may be
    std::size_t history_bytes = 16UL * 1024 * 1024;  ///< at least client_bytes are kept
    reactor::Duration no_progress{30'000};           ///< of a write: then its client is closed
  };
  /// A request as it came -> one line of JSON, without its newline. Runs on the loop.
  using Answer = std::function<std::string(const std::string& request)>;

  LineServer(reactor::Loop& loop, Options options, Answer answer);
  /// Closes all clients and removes the socket's file.
  ~LineServer();
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

  /// Errors: refused (see bind_socket()).
  reactor::Result<reactor::Unit> open();

  /// One line, without its newline and without any in it. Kept for history also before open().
  void publish(std::string_view line);

  std::size_t clients() const { return clients_.size(); }

 private:
  void accept();
  void flush();

  reactor::Loop& loop_;
  Options options_;
  TailLog log_;
  LineClient::Setting setting_;
  BoundSocket socket_;
  reactor::Owned<uv_pipe_t> listener_;
  reactor::Owned<uv_timer_t> flush_;
  std::list<std::unique_ptr<LineClient>> clients_;
};

}  // namespace drivers::local

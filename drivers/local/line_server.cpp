#include "drivers/local/line_server.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace drivers::local {

namespace {

constexpr std::uint64_t kBatchMs = 10;
constexpr int kBacklog = 64;

reactor::Owned<uv_pipe_t> new_pipe(reactor::Loop& loop) {
  auto* pipe = new uv_pipe_t{};
  uv_pipe_init(loop.uv(), pipe, 0);
  return reactor::Owned<uv_pipe_t>{pipe};
}

reactor::Owned<uv_timer_t> new_timer(reactor::Loop& loop) {
  auto* timer = new uv_timer_t{};
  uv_timer_init(loop.uv(), timer);
  return reactor::Owned<uv_timer_t>{timer};
}

}  // namespace

LineServer::LineServer(reactor::Loop& loop, Options options, Answer answer)
    : loop_(loop),
      options_(std::move(options)),
      log_(std::max(options_.history_bytes, options_.client_bytes)),
      setting_{loop,
               log_,
               options_.no_progress,
               options_.client_bytes,
               std::move(answer),
               [this](LineClient& gone) {
                 clients_.remove_if([&](const auto& client) { return client.get() == &gone; });
               }},
      flush_(new_timer(loop)) {
  flush_->data = this;
}

LineServer::~LineServer() {
  if (listener_) remove_socket(socket_, options_.path);
}

reactor::Result<reactor::Unit> LineServer::open() {
  const auto bound = bind_socket(options_.path, options_.group);
  if (!bound.ok()) return bound.error();
  socket_ = bound.value();
  listener_ = new_pipe(loop_);
  listener_->data = this;
  const auto connected = [](uv_stream_t* listener, int status) {
    if (status == 0 && listener->data != nullptr)
      static_cast<LineServer*>(listener->data)->accept();
  };
  int failed = uv_pipe_open(listener_.get(), socket_.fd);
  if (failed != 0) ::close(socket_.fd);
  if (failed == 0)
    failed = uv_listen(reinterpret_cast<uv_stream_t*>(listener_.get()), kBacklog, connected);
  if (failed == 0) return reactor::Unit{};
  return reactor::Error{reactor::Errc::refused,
                        "socket " + options_.path + ": listen: " + uv_strerror(failed)};
}

void LineServer::accept() {
  reactor::Owned<uv_pipe_t> pipe = new_pipe(loop_);
  if (uv_accept(reinterpret_cast<uv_stream_t*>(listener_.get()),
                reinterpret_cast<uv_stream_t*>(pipe.get())) != 0)
    return;
  if (clients_.size() >= kMostClients) return;  // closed unheard: it sees an end
  clients_.push_back(std::make_unique<LineClient>(setting_, std::move(pipe), new_timer(loop_)));
}

// Clients hear of it later: one of them may be who called, by way of `answer`.
void LineServer::publish(std::string_view line) {
  const auto due = [](uv_timer_t* timer) { static_cast<LineServer*>(timer->data)->flush(); };
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(flush_.get())) == 0)
    uv_timer_start(flush_.get(), due, kBatchMs, 0);
  if (log_.add(line)) log_.seal(loop_.now());
}

// A client that leaves is destroyed on the way: its place in the list is passed before.
void LineServer::flush() {
  log_.seal(loop_.now());
  for (auto next = clients_.begin(); next != clients_.end();) {
    LineClient& client = **next++;
    client.notify();
  }
}

}  // namespace drivers::local

#include "drivers/local/line_client.h"

#include <poll.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace drivers::local {

namespace {

using json = nlohmann::ordered_json;
using reactor::Duration;

constexpr Duration kPatience{200};  // a client's time to ask for something but the live tail
constexpr Duration kLook{1'000};    // how often a slow client is looked at

uv_stream_t* stream(const reactor::Owned<uv_pipe_t>& pipe) {
  return reinterpret_cast<uv_stream_t*>(pipe.get());
}

LineClient* owner(const void* data) {
  return static_cast<LineClient*>(const_cast<void*>(data));
}

std::uint64_t ms(Duration time) {
  return static_cast<std::uint64_t>(time.count());
}

}  // namespace

// Outlives its client if that leaves first; `pipe->data` is null then.
struct LineClient::Write {
  uv_write_t request{};
  std::string text;
};

LineClient::LineClient(const Setting& setting, reactor::Owned<uv_pipe_t> pipe,
                       reactor::Owned<uv_timer_t> timer)
    : setting_(setting), pipe_(std::move(pipe)), timer_(std::move(timer)) {
  pipe_->data = timer_->data = this;
  const auto fire = [](uv_timer_t* t) { owner(t->data)->on_timer(); };
  uv_timer_start(timer_.get(), fire, ms(kPatience), ms(kLook));
  read_on();
}

void LineClient::read_on() {
  const auto allocate = [](uv_handle_t* handle, std::size_t, uv_buf_t* room) {
    LineClient* client = owner(handle->data);
    const std::size_t size = client->buffer_.size() - client->requests_.size();
    *room = uv_buf_init(client->buffer_.data(), static_cast<unsigned>(size));
  };
  const auto read = [](uv_stream_t* from, ssize_t size, const uv_buf_t*) {
    if (from->data != nullptr) owner(from->data)->on_read(size);
  };
  if (!ended_) uv_read_start(stream(pipe_), allocate, read);
}

void LineClient::on_read(ssize_t size) {
  if (size > 0) requests_.append(buffer_.data(), static_cast<std::size_t>(size));
  if (size < 0) {
    uv_read_stop(stream(pipe_));
    ended_ = true;
    broken_ = size != UV_EOF;
  }
  serve_requests(ended_);
  pump();
  settle();
}

// One after the other, and no further while an answer waits to be written.
void LineClient::serve_requests(bool at_end) {
  while (!writing_ && !broken_) {
    const std::size_t newline = requests_.find('\n');
    if (newline == requests_.npos) break;
    const std::string line = requests_.substr(0, newline);
    requests_.erase(0, newline + 1);
    if (!std::exchange(skipping_, false)) serve(line);
  }
  if (writing_ || broken_) return;
  if (at_end && !requests_.empty()) return serve(std::exchange(requests_, {}));
  if (requests_.size() < buffer_.size()) return;
  requests_.clear();
  if (!std::exchange(skipping_, true)) say_error("the request is longer than 4096 bytes");
}

void LineClient::serve(const std::string& line) {
  if (line.find_first_not_of(" \t\r") == line.npos) return;
  const json request = json::parse(line, nullptr, false);
  if (!request.is_object() || !request.contains("op") || !request["op"].is_string())
    return say_error("the request is no JSON object with an \"op\", such as {\"op\":\"tail\"}");
  asked_ = true;
  if (request["op"] != "tail") return write(setting_.answer(line) + "\n");
  const json since = request.value("since_ms", json(0U));
  if (!since.is_number_unsigned() || since.get<std::uint64_t>() > INT32_MAX * std::uint64_t{1'000})
    return say_error("since_ms is no number of milliseconds");
  const Duration back{since.get<Duration::rep>()};
  follow(back.count() == 0 ? setting_.log.end() : setting_.log.since(setting_.loop.now() - back));
}

void LineClient::follow(std::int64_t from) {
  following_ = true;
  next_ = from;
  live_from_ = setting_.log.end();
  next_line_ = from < live_from_ ? setting_.log.at(from).first_line : setting_.log.lines();
}

void LineClient::say_error(const std::string& what) {
  write(json{{"type", "error"}, {"error", what}}.dump() + "\n");
}

void LineClient::notify() {
  pump();
  settle();
}

void LineClient::pump() {
  while (following_ && !writing_ && !broken_ && next_ < setting_.log.end()) {
    catch_up();
    if (writing_ || broken_) return;
    const TailLog::Batch& batch = setting_.log.at(next_++);
    next_line_ = batch.first_line + batch.lines;
    write(batch.text);
  }
}

// Loses what it is too far behind for, whole batches, and says how much that was.
void LineClient::catch_up() {
  std::int64_t from = std::max(next_, setting_.log.first());
  if (from >= live_from_) from = std::max(from, setting_.log.within(setting_.most_behind));
  if (from == next_) return;
  const std::int64_t line =
      from < setting_.log.end() ? setting_.log.at(from).first_line : setting_.log.lines();
  const std::int64_t lost = line - std::exchange(next_line_, line);
  next_ = from;
  write(json{{"type", "lost"}, {"count", lost}}.dump() + "\n");
}

void LineClient::write(const std::string& text) {
  const auto buffer = [](const std::string& all) {
    return uv_buf_init(const_cast<char*>(all.data()), static_cast<unsigned>(all.size()));
  };
  const uv_buf_t whole = buffer(text);
  const int sent = uv_try_write(stream(pipe_), &whole, 1);
  broken_ = sent < 0 && sent != UV_EAGAIN;
  const std::size_t size = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (!broken_ && size < text.size()) write_later(text.substr(size));
}

// The rest of one batch: all that is ever copied for one client.
void LineClient::write_later(std::string rest) {
  auto write = std::make_unique<Write>();
  write->text = std::move(rest);
  write->request.data = write.get();
  const uv_buf_t buffer =
      uv_buf_init(write->text.data(), static_cast<unsigned>(write->text.size()));
  const auto written = [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> done{static_cast<Write*>(request->data)};
    if (request->handle->data != nullptr) owner(request->handle->data)->on_written(status);
  };
  uv_read_stop(stream(pipe_));
  broken_ = uv_write(&write->request, stream(pipe_), &buffer, 1, written) != 0;
  if (broken_) return;
  queued_ = uv_stream_get_write_queue_size(stream(pipe_));
  progress_ = setting_.loop.now();
  writing_ = true;
  static_cast<void>(write.release());  // libuv has it until `written`
}

void LineClient::on_written(int status) {
  writing_ = false;
  broken_ = status < 0;
  if (!broken_) {
    serve_requests(ended_);
    pump();
    if (!writing_) read_on();
  }
  settle();
}

void LineClient::on_timer() {
  if (!std::exchange(asked_, true)) follow(setting_.log.end());
  const reactor::Instant now = setting_.loop.now();
  const std::size_t queued = uv_stream_get_write_queue_size(stream(pipe_));
  if (!writing_ || std::exchange(queued_, queued) != queued) progress_ = now;
  if (now - progress_ >= setting_.no_progress || (ended_ && hung_up())) broken_ = true;
  settle();
}

// Tells a client that closed its end from one that only has nothing more to ask (socat at the end
// of its input).
bool LineClient::hung_up() const {
  pollfd look{-1, 0, 0};
  uv_fileno(reinterpret_cast<const uv_handle_t*>(pipe_.get()), &look.fd);
  return poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

void LineClient::settle() {
  const bool idle = ended_ && asked_ && !following_ && !writing_;
  if (broken_ || idle) setting_.leave(*this);
}

}  // namespace drivers::local

#include "drivers/power/http_client.h"

#include <uv.h>

#include <utility>

#include "drivers/power/http_transfer.h"
#include "reactor/invariant.h"
#include "reactor/uv_handle.h"

namespace drivers::power {

namespace {

constexpr long kKeptConnections = 16;  // idle ones; a way closes its own (HttpRequest::last)

int to_uv(int what) {
  int events = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= UV_READABLE;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= UV_WRITABLE;
  return events;
}

}  // namespace

HttpCall::HttpCall(HttpCall&& other) noexcept
    : client_(std::exchange(other.client_, nullptr)), id_(other.id_) {}

HttpCall& HttpCall::operator=(HttpCall&& other) noexcept {
  HttpCall old{std::move(*this)};
  client_ = std::exchange(other.client_, nullptr);
  id_ = other.id_;
  return *this;
}

HttpCall::~HttpCall() {
  if (client_ != nullptr) client_->drop(id_);
}

/// A socket of libcurl's that the loop looks at; `poll->data` is null once libcurl wants no more.
struct HttpClient::Watch {
  HttpClient& client;
  curl_socket_t socket;
  reactor::Owned<uv_poll_t> poll;
  int events = 0;

  static void on_event(uv_poll_t* poll, int status, int events);
  void look() { uv_poll_start(poll.get(), events, on_event); }
};

// libuv stops a poll that reported an error. libcurl is told to go on, meets the error itself and
// says what it was; bytes may stand before it.
void HttpClient::Watch::on_event(uv_poll_t* poll, int status, int events) {
  const auto* watch = static_cast<Watch*>(poll->data);
  if (status < 0) events = watch->events;
  int what = 0;
  if ((events & UV_READABLE) != 0) what |= CURL_CSELECT_IN;
  if ((events & UV_WRITABLE) != 0) what |= CURL_CSELECT_OUT;
  watch->client.act(watch->socket, what);
  if (status < 0 && poll->data != nullptr) static_cast<Watch*>(poll->data)->look();
}

HttpClient::HttpClient(reactor::Loop& loop)
    : loop_(loop), alarm_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  INVARIANT(once == CURLE_OK);
  multi_.reset(curl_multi_init());
  INVARIANT(multi_ != nullptr);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &HttpClient::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &HttpClient::on_alarm);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kKeptConnections);
}

HttpClient::~HttpClient() {
  while (!transfers_.empty())
    drop(transfers_.begin()->first);
}

HttpCall HttpClient::send(const HttpRequest& request, Done done) {
  const std::uint64_t id = next_id_++;
  const auto& transfer = transfers_[id] = std::make_unique<Transfer>(id, request, std::move(done));
  const CURLMcode code = curl_multi_add_handle(multi_.get(), transfer->easy);
  INVARIANT(code == CURLM_OK);
  return {*this, id};
}

void HttpClient::drop(std::uint64_t id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  curl_multi_remove_handle(multi_.get(), found->second->easy);
  transfers_.erase(found);
}

int HttpClient::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* known) {
  auto& client = *static_cast<HttpClient*>(self);
  auto* watch = static_cast<Watch*>(known);
  if (what == CURL_POLL_REMOVE) {
    curl_multi_assign(client.multi_.get(), socket, nullptr);
    delete watch;
    return 0;
  }
  if (watch == nullptr) {
    auto* poll = new uv_poll_t{};
    if (uv_poll_init_socket(client.loop_.uv(), poll, socket) != 0) {
      delete poll;
      return -1;
    }
    watch = new Watch{client, socket, reactor::Owned<uv_poll_t>{poll}};
    poll->data = watch;
    curl_multi_assign(client.multi_.get(), socket, watch);
  }
  watch->events = to_uv(what);
  watch->look();
  return 0;
}

// Also at 0 ms through the loop: libcurl may not be called from inside its own callback. One that
// rings early is not set again by libcurl, so the loop's time is made true first.
int HttpClient::on_alarm(CURLM* /*multi*/, long ms, void* self) {
  auto& client = *static_cast<HttpClient*>(self);
  uv_update_time(client.loop_.uv());
  if (ms < 0) {
    client.alarm_.stop();
  } else {
    client.alarm_.start(reactor::Duration{ms == 0 ? 0 : ms + 1});
  }
  return 0;
}

void HttpClient::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, events, &running);
  take_ended();
}

void HttpClient::take_ended() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left))
    if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
}

void HttpClient::end(CURL* easy, CURLcode code) {
  Transfer* ended = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &ended);
  auto node = transfers_.extract(ended->id);
  auto result = ended->result(code);
  curl_multi_remove_handle(multi_.get(), easy);
  const Done done = std::move(ended->done);
  node = {};  // the connection is free for what `done` asks for
  done(std::move(result));
}

}  // namespace drivers::power

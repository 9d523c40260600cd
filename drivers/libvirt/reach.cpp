#include "drivers/libvirt/reach.h"

#include <algorithm>
#include <array>
#include <utility>

namespace drivers::libvirt {

namespace {

constexpr const char* kTcpPort = "16509";
constexpr const char* kTlsPort = "16514";

// "[::1]:16509", "host:16509", "host".
Endpoint split(const std::string& authority, const std::string& usual_port) {
  const auto user = authority.find('@');
  const std::string place = user == std::string::npos ? authority : authority.substr(user + 1);
  const auto bracket = place.starts_with('[') ? place.find(']') : std::string::npos;
  const bool ipv6 = bracket != std::string::npos;
  const auto colon = place.find(':', ipv6 ? bracket : 0);
  const std::string host = ipv6 ? place.substr(1, bracket - 1) : place.substr(0, colon);
  return {host, colon == std::string::npos ? usual_port : place.substr(colon + 1)};
}

}  // namespace

std::optional<Endpoint> endpoint_of(const std::string& uri) {
  const auto mark = uri.find("://");
  if (mark == std::string::npos) return std::nullopt;
  const std::string scheme = uri.substr(0, mark);
  const std::string rest = uri.substr(mark + 3);
  const std::string authority = rest.substr(0, rest.find_first_of("/?"));
  const auto plus = scheme.find('+');
  const std::string transport = plus == std::string::npos ? "tls" : scheme.substr(plus + 1);
  if (authority.empty() || (transport != "tcp" && transport != "tls")) return std::nullopt;
  return split(authority, transport == "tcp" ? kTcpPort : kTlsPort);
}

/// On the heap, until libuv has given back the request and closed both handles.
struct Reach::Question {
  Reach* reach = nullptr;  ///< null: answered, or nobody asks any more
  std::function<void(bool)> done;
  uv_getaddrinfo_t resolve{};
  uv_tcp_t socket{};
  uv_connect_t connect{};
  uv_timer_t limit{};
  int held = 3;
};

Reach::~Reach() {
  while (!open_.empty()) {
    (*open_.begin())->done = nullptr;
    answer(**open_.begin(), true);
  }
}

void Reach::ask(const Endpoint& endpoint, reactor::Duration limit, std::function<void(bool)> done) {
  auto* question = new Question{.reach = this, .done = std::move(done)};
  open_.insert(question);
  question->resolve.data = question->socket.data = question;
  question->connect.data = question->limit.data = question;
  uv_tcp_init(uv_, &question->socket);
  uv_timer_init(uv_, &question->limit);
  const auto silent = [](uv_timer_t* h) { answer(*static_cast<Question*>(h->data), true); };
  uv_timer_start(&question->limit, silent, static_cast<std::uint64_t>(limit.count()), 0);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const auto resolve_done = [](uv_getaddrinfo_t* r, int status, addrinfo* found) {
    resolved(*static_cast<Question*>(r->data), status, found);
  };
  const int status = uv_getaddrinfo(uv_, &question->resolve, resolve_done, endpoint.host.c_str(),
                                    endpoint.port.c_str(), &hints);
  if (status == 0) return;
  --question->held;  // no request: the timer answers, at once
  const auto heard = [](uv_timer_t* h) { answer(*static_cast<Question*>(h->data), false); };
  uv_timer_start(&question->limit, heard, 0, 0);
}

void Reach::resolved(Question& question, int status, addrinfo* found) {
  if (question.reach != nullptr) {
    const auto connected = [](uv_connect_t* r, int result) {
      auto& asked = *static_cast<Question*>(r->data);
      if (result != UV_ECANCELED) answer(asked, result == UV_ETIMEDOUT);
    };
    const bool begun = status == 0 && uv_tcp_connect(&question.connect, &question.socket,
                                                     found->ai_addr, connected) == 0;
    if (!begun) answer(question, false);
  }
  uv_freeaddrinfo(found);
  let_go(&question);
}

void Reach::answer(Question& question, bool silent) {
  if (question.reach == nullptr) return;
  question.reach->open_.erase(&question);
  question.reach = nullptr;
  const auto closed = [](uv_handle_t* h) { let_go(static_cast<Question*>(h->data)); };
  uv_close(reinterpret_cast<uv_handle_t*>(&question.socket), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&question.limit), closed);
  const auto done = std::exchange(question.done, nullptr);
  if (done) done(silent);
}

void Reach::let_go(Question* question) {
  if (--question->held == 0) delete question;
}

}  // namespace drivers::libvirt

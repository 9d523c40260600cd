#include "reactor/resolver.h"

#include <array>
#include <utility>

namespace reactor {

struct Resolver::Request {
  uv_getaddrinfo_t handle{};
  Resolver* owner = nullptr;  ///< nullptr once it has gone
  std::string name;
  Done done;
};

namespace {

Result<std::string> first_address(const std::string& name, int status, const addrinfo* found) {
  std::array<char, 64> text{};
  if (status == 0 && found != nullptr) {
    const bool ipv6 = found->ai_family == AF_INET6;
    status = ipv6 ? uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(found->ai_addr), text.data(),
                                text.size())
                  : uv_ip4_name(reinterpret_cast<const sockaddr_in*>(found->ai_addr), text.data(),
                                text.size());
  }
  if (status == 0 && text.front() != '\0') return std::string{text.data()};
  return Error{Errc::unreachable, "cannot look up \"" + name +
                                      "\": " + (status < 0 ? uv_strerror(status) : "nothing")};
}

}  // namespace

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return uv_inet_pton(AF_INET, host.c_str(), bytes.data()) == 0 ||
         uv_inet_pton(AF_INET6, host.c_str(), bytes.data()) == 0;
}

Resolver::~Resolver() {
  if (request_ == nullptr) return;
  request_->owner = nullptr;
  uv_cancel(reinterpret_cast<uv_req_t*>(&request_->handle));
}

// libuv keeps no callback of a request it refuses.
Result<Unit> Resolver::look_up(const std::string& name, Done done) {
  INVARIANT(request_ == nullptr);
  auto request = std::make_unique<Request>(Request{{}, this, name, std::move(done)});
  request->handle.data = request.get();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(
      loop_.uv(), &request->handle,
      [](uv_getaddrinfo_t* handle, int result, addrinfo* found) { ended(handle, result, found); },
      request->name.c_str(), nullptr, &hints);
  if (status != 0)
    return Error{Errc::malformed, "no host name: \"" + name + "\": " + uv_strerror(status)};
  request_ = request.release();
  return Unit{};
}

void Resolver::ended(uv_getaddrinfo_t* handle, int status, addrinfo* found) {
  const std::unique_ptr<Request> request{static_cast<Request*>(handle->data)};
  auto address = first_address(request->name, status, found);
  uv_freeaddrinfo(found);
  if (request->owner == nullptr) return;
  request->owner->request_ = nullptr;
  request->done(std::move(address));
}

}  // namespace reactor

// Looks up the address of a name without holding up the loop: hiredis would block on DNS.
#pragma once

#include <functional>
#include <string>

#include "reactor/loop.h"
#include "reactor/result.h"

namespace reactor {

/// True for "10.0.0.1" and "::1", which need no looking up.
bool is_address(const std::string& host);

class Resolver {
 public:
  using Done = std::function<void(Result<std::string>)>;
  explicit Resolver(Loop& loop) : loop_(loop) {}
  /// A look-up under way ends unheard.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// `done` runs once, on the loop, never from inside the call. One at a time. Error: malformed, no
  /// name that could be asked for, and `done` never runs.
  Result<Unit> look_up(const std::string& name, Done done);

 private:
  struct Request;
  static void ended(uv_getaddrinfo_t* handle, int status, addrinfo* found);

  Loop& loop_;
  Request* request_ = nullptr;  ///< freed by its own callback
};

}  // namespace reactor

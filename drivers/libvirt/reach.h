// Is there an answer at all at a daemon's address? Asked before libvirt connects to it.
//
// libvirt connects with a blocking connect(), which nothing can end: to a host that is off or cut
// it holds its thread for the kernel's two minutes, and a process that wants to end as long. So a
// silent address is found out here, without a thread. Any answer, a refusal included, is for
// libvirt to see.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "reactor/loop.h"

namespace drivers::libvirt {

struct Endpoint {
  std::string host, port;
};

/// Where libvirt would connect to by TCP or TLS. None: it would not (unix, ssh, test).
std::optional<Endpoint> endpoint_of(const std::string& uri);

class Reach {
 public:
  explicit Reach(reactor::Loop& loop) : uv_(loop.uv()) {}
  /// Nothing is answered any more.
  ~Reach();
  Reach(const Reach&) = delete;
  Reach& operator=(const Reach&) = delete;

  /// `done(silent)` once, on the loop, never from inside the call. Silent: no answer from the first
  /// address within `limit`.
  void ask(const Endpoint& endpoint, reactor::Duration limit, std::function<void(bool)> done);

 private:
  struct Question;
  static void resolved(Question& question, int status, addrinfo* found);
  static void answer(Question& question, bool silent);
  static void let_go(Question* question);

  uv_loop_t* uv_;
  std::set<Question*> open_;  ///< not answered yet
};

}  // namespace drivers::libvirt

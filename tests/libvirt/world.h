// What the tests of this driver share: a loop that runs until something is so, a listener that
// keeps what it is told.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/ports/hypervisor.h"
#include "drivers/settings.h"
#include "reactor/loop.h"

namespace tests {

using namespace std::chrono_literals;

class World {
 public:
  World() {
    loop.on_tick([this] {  // so that a deadline is looked at
      const auto now = std::chrono::steady_clock::now();
      if (until_ran_) longest_gap = std::max(longest_gap, now - last_tick_);
      last_tick_ = now;
      until_ran_ = true;
    });
  }

  /// Runs the loop until `is_so`, or until `limit` has passed: then false.
  bool until(const std::function<bool()>& is_so, std::chrono::milliseconds limit = 20s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    until_ran_ = false;
    while (!is_so() && std::chrono::steady_clock::now() < end)
      uv_run(loop.uv(), UV_RUN_ONCE);
    return is_so();
  }

  /// The answer to a call of the port. None: there was none within `limit`.
  template <class T>
  std::optional<reactor::Result<T>> answer(
      const std::function<void(std::function<void(reactor::Result<T>)>)>& call,
      std::chrono::milliseconds limit = 20s) {
    std::optional<reactor::Result<T>> got;
    call([&](reactor::Result<T> result) { got.emplace(std::move(result)); });
    until([&] { return got.has_value(); }, limit);
    return got;
  }

  reactor::Loop loop;
  std::chrono::steady_clock::duration longest_gap{};  ///< between two ticks of 100 ms

 private:
  std::chrono::steady_clock::time_point last_tick_;
  bool until_ran_ = false;
};

struct Heard final : actors::ports::HypervisorListener {
  using HostId = actors::HostId;

  void linked(const HostId& host, std::vector<actors::ports::DomainLook> domains) override {
    up[host] = std::move(domains);
    ++links;
  }
  void unlinked(const HostId& host, std::string why) override {
    up.erase(host);
    lost[host] = std::move(why);
  }
  void news(actors::ports::DomainNews one) override { all.push_back(std::move(one)); }
  void stats(actors::ports::MigrationStats one) override { costs.push_back(std::move(one)); }

  bool has(const HostId& host, actors::ports::News news) const {
    return std::ranges::any_of(
        all, [&](const auto& one) { return one.host == host && one.news == news; });
  }

  std::map<HostId, std::vector<actors::ports::DomainLook>> up;
  std::map<HostId, std::string> lost;
  std::vector<actors::ports::DomainNews> all;
  std::vector<actors::ports::MigrationStats> costs;
  int links = 0;
};

}  // namespace tests

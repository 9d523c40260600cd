// The keys of one pool. The braces make a pool one slot of a Redis cluster.
#pragma once

#include <string>
#include <string_view>

#include "actors/ports/ids.h"

namespace drivers::redis {

class Keys {
 public:
  explicit Keys(std::string_view pool) : prefix_("nemuri:{" + std::string{pool} + "}:") {}

  const std::string& prefix() const { return prefix_; }
  std::string stats() const { return prefix_ + "stats"; }
  std::string replies() const { return prefix_ + "replies"; }
  std::string power() const { return prefix_ + "power"; }
  std::string journal() const { return prefix_ + "journal"; }
  std::string lease() const { return prefix_ + "lease"; }
  std::string epoch() const { return prefix_ + "epoch"; }
  std::string host(const actors::HostId& host) const { return prefix_ + "host:" + host.text; }
  std::string orders(const actors::HostId& host) const { return prefix_ + "orders:" + host.text; }
  std::string wakes(const actors::HostId& host) const { return prefix_ + "wakes:" + host.text; }
  std::string moves() const { return prefix_ + "moves"; }
  std::string definition(const actors::VmId& vm) const { return prefix_ + "domain:" + vm.text(); }

 private:
  std::string prefix_;
};

}  // namespace drivers::redis

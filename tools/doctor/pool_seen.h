// What was seen of a pool at one moment, and who can move where by it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/migration/preflight.h"

namespace doctor {

using actors::HostId;

struct HostSeen {
  HostId host;
  std::string why_unseen;  ///< its libvirt said nothing: why; empty: it did
  actors::ports::Survey survey;
  std::vector<actors::ports::DefinedDomain> running;
  std::map<actors::CpuId, actors::ports::CpuVerdict> fits;
  std::optional<actors::ports::HostHello> hello;
  std::optional<std::int64_t> silent_port;  ///< the first and the last for migrations were tried
  std::optional<reactor::Duration> clock_ahead;  ///< of Redis' clock

  bool seen() const { return why_unseen.empty(); }
};

struct PoolSeen {
  std::vector<HostSeen> hosts;  ///< in the order of conf.yaml
  std::string why_no_redis;     ///< so nothing is known of the agents; empty: it was there
};

enum class Answer { here, yes, warning, no, unseen };
constexpr auto names(Answer) {
  using namespace std::string_view_literals;
  return std::array{"here"sv, "yes"sv, "warning"sv, "no"sv, "unseen"sv};
}

/// A VM on a host, or one that it might go to.
struct Cell {
  HostId host;
  Answer answer = Answer::yes;
  std::vector<actors::preflight::Finding> findings;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("answer", self.answer)("findings", self.findings);
  }
};

struct Row {
  std::string name;
  actors::VmId vm;
  HostId on;
  std::vector<Cell> cells;  ///< one a host, in the pool's order
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("name", self.name)("vm", self.vm)("on", self.on)("hosts", self.cells);
  }
};

/// A row for each VM that runs, by host, then name. Pure.
std::vector<Row> judge(const PoolSeen& pool, actors::ports::MigrationMode mode);

}  // namespace doctor

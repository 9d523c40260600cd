#include "actors/pool/passing.h"

#include <algorithm>

#include "actors/migration/both_ends.h"

namespace actors {

using ports::DomainState;

namespace {

// One that is whole and is in `passing` has a job: it is being copied. It may have come by a
// migration before.
bool leaves(DomainState state) {
  return runs_here(state) || has_switched(state);
}

}  // namespace

bool leaves_for_nowhere(const Pool& pool, const Host& host) {
  return std::ranges::any_of(host.passing, [&](const auto& here) {
    return leaves(here.second.state) && !ends_of(pool, here.first);
  });
}

// Both are paused just before a precopy's switch: then the source is where it ran until now.
std::optional<Ends> ends_of(const Pool& pool, const VmId& vm) {
  Ends ends;
  if (const auto known = pool.vms.find(vm); known != pool.vms.end())
    ends.source = known->second.actor.host();
  std::vector<HostId> paused;
  for (const auto& [id, host] : pool.hosts) {
    const auto here = host.passing.find(vm);
    if (here == host.passing.end()) continue;
    const DomainState state = here->second.state;
    if (leaves(state)) ends.source = id;
    if (runs_in_part(state)) ends.target = id;
    if (state == DomainState::paused_migrating) paused.push_back(id);
  }
  std::erase(paused, ends.source);
  if (ends.target.text.empty() && paused.size() == 1) ends.target = paused.front();
  const bool both = !ends.source.text.empty() && !ends.target.text.empty();
  return both && ends.source != ends.target ? std::optional{ends} : std::nullopt;
}

bool passes(const Pool& pool, const VmId& vm) {
  return std::ranges::any_of(pool.hosts,
                             [&](const auto& host) { return host.second.passing.contains(vm); });
}

}  // namespace actors

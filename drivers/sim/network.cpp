#include "drivers/sim/network.h"

#include <algorithm>
#include <utility>

namespace drivers::sim {

namespace {

constexpr std::int64_t kPerByte = 1'000;

}  // namespace

Network::FlowId Network::send(std::size_t from, std::size_t to, std::int64_t bytes,
                              reactor::Work done, std::int64_t most_bytes_s) {
  const FlowId id = ++last_;
  Flow flow{.from = from,
            .to = to,
            .most = most_bytes_s,
            .left = bytes * kPerByte,
            .since = loop_.now(),
            .done = std::move(done)};
  flows_.emplace(id, std::move(flow));
  share();
  return id;
}

void Network::cancel(FlowId flow) {
  if (flows_.erase(flow) > 0) share();
}

void Network::hold(std::size_t host, bool held) {
  const bool changes = held ? held_.insert(host).second : held_.erase(host) > 0;
  if (changes) share();
}

void Network::share() {
  std::map<std::size_t, std::int64_t> sending, receiving;
  for (const auto& [id, flow] : flows_) {
    ++sending[flow.from];
    ++receiving[flow.to];
  }
  for (auto& [id, flow] : flows_) {
    const bool held = held_.contains(flow.from) || held_.contains(flow.to);
    const std::int64_t part = bytes_s_ / std::max(sending[flow.from], receiving[flow.to]);
    const std::int64_t rate = held ? 0 : std::min(part, flow.most);
    if (rate == flow.rate) continue;
    flow.left -= flow.rate * (loop_.now() - flow.since).count();
    flow.since = loop_.now();
    flow.rate = rate;
    set_alarm(id, flow);
  }
  if (on_rate_) tell_rates();
}

void Network::tell_rates() {
  std::map<std::size_t, std::int64_t> now;
  for (const auto& [host, rate] : rates_)
    now[host] = 0;
  for (const auto& [id, flow] : flows_) {
    now[flow.from] += flow.rate;
    now[flow.to] += flow.rate;
  }
  for (const auto& [host, rate] : now)
    if (rate != rates_[host]) on_rate_(host, rate);
  std::erase_if(now, [](const auto& entry) { return entry.second == 0; });
  rates_ = std::move(now);
}

std::int64_t Network::left(FlowId flow) const {
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return 0;
  const Flow& here = found->second;
  const std::int64_t left = here.left - here.rate * (loop_.now() - here.since).count();
  return std::max(left, std::int64_t{0}) / kPerByte;
}

void Network::set_alarm(FlowId id, Flow& flow) {
  const int changes = ++flow.changes;
  if (flow.rate == 0) return;
  const std::int64_t left = std::max(flow.left, std::int64_t{0});
  const reactor::Duration takes{(left + flow.rate - 1) / flow.rate};
  loop_.after(takes, [this, id, changes] { end(id, changes); });
}

void Network::end(FlowId id, int changes) {
  const auto found = flows_.find(id);
  if (found == flows_.end() || found->second.changes != changes) return;
  const reactor::Work done = std::move(found->second.done);
  flows_.erase(found);
  share();
  done();
}

}  // namespace drivers::sim

#include "drivers/sim/sim_agents.h"

#include <utility>

namespace drivers::sim {

using actors::OrderId;
using actors::ports::Done;
using actors::ports::News;
using actors::ports::Order;
using reactor::Errc;
using reactor::Error;

namespace {

constexpr Duration kReachesAgent{3};
constexpr Duration kAnswers{2};
constexpr Duration kInventoryWritten{20};

// What changes which domains there are; the others change only their states.
bool changes_inventory(News news) {
  return news == News::started || news == News::arriving || news == News::stopped_migrated ||
         news == News::stopped_failed || news == News::stopped;
}

}  // namespace

SimAgents::SimAgents(AgentWorld shared, SimStream& stream) : shared_(shared), stream_(stream) {
  for (std::size_t host = 0; host < shared.world.hosts().size(); ++host)
    agents_.push_back(std::make_unique<SimAgent>(shared, host));
  shared.world.add(*this);
}

void SimAgents::start() {
  for (const auto& agent : agents_)
    agent->start();
}

void SimAgents::check() {
  for (const auto& agent : agents_)
    agent->check();
}

void SimAgents::reconnected() {
  for (const auto& agent : agents_)
    agent->reconnected();
}

void SimAgents::give(const HostId& host, const Order& order, Done<OrderId> done) {
  const auto place = shared_.world.find(host);
  const bool written = !stream_.gone();
  const OrderId id{stream_.next_id().text};
  if (written && place)
    shared_.loop.after(kReachesAgent,
                       [this, place, id, order] { agents_[*place]->hear(id, order); });
  shared_.loop.after(kAnswers, [written, id, host, done = std::move(done)] {
    if (written) return done(id);
    done(Error{Errc::unreachable, "XADD orders:" + host.text + ": Redis does not answer"});
  });
}

void SimAgents::happened(std::size_t host, std::size_t /*vm*/, News news) {
  if (!changes_inventory(news)) return;
  shared_.loop.after(kInventoryWritten, [this, host] { agents_[host]->domains_changed(); });
}

}  // namespace drivers::sim

#include "drivers/sim_live/redis_agents.h"

#include "drivers/agent/commands.h"
#include "drivers/redis/access.h"

namespace drivers::sim_live {

/// One agent's two connections. Nothing leaves before its orders can be heard.
class RedisAgents::Line {
 public:
  Line(reactor::Loop& loop, const redis::Endpoint& endpoint, const std::string& orders,
       std::function<void(agent::HeardOrder)> on_order)
      : outbox_([this](const agent::Words& words, redis::ReplyDone done) {
          redis_.command(words, std::move(done));
        }),
        redis_(loop, endpoint, {[this] { open(); }, [this](const auto&) { outbox_.down(); }}),
        orders_(loop, endpoint, orders,
                {[this] {
                   listening_ = true;
                   open();
                 },
                 std::move(on_order)}) {}

  agent::Outbox& outbox() { return outbox_; }

 private:
  void open() {
    if (listening_ && redis_.up()) outbox_.up();
  }

  bool listening_ = false;
  agent::Outbox outbox_;
  redis::Connection redis_;
  agent::OrderReader orders_;
};

RedisAgents::RedisAgents(reactor::Loop& loop, const RedisAccess& access,
                         const std::vector<actors::HostId>& hosts, const OnOrder& on_order)
    : keys_(access.pool) {
  for (std::size_t place = 0; place < hosts.size(); ++place) {
    const actors::HostId& host = hosts[place];
    redis::Endpoint endpoint = access.endpoint;
    endpoint.user = redis::agent_user(host);
    endpoint.password_file = access.secrets + "/" + endpoint.user;
    lines_.emplace(host, std::make_shared<Line>(
                             loop, endpoint, keys_.orders(host),
                             [on_order, place](const auto& order) { on_order(place, order); }));
  }
}

void RedisAgents::add(actors::ports::HostSample sample) {
  lines_.at(sample.host)->outbox().put_sample(agent::write_sample(keys_, sample));
}

void RedisAgents::reply(actors::ports::Reply reply) {
  lines_.at(reply.host)->outbox().put_reply(agent::write_reply(keys_, reply));
}

void RedisAgents::write(actors::ports::HostHello hello) {
  lines_.at(hello.host)->outbox().put_hello(agent::write_hello(keys_, hello));
}

}  // namespace drivers::sim_live

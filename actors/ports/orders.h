// Orders to the agents on the hosts, through the stream `orders:H` (DESIGN.md §5).
//
// Every implementation (drivers/redis, drivers/sim) keeps this: a call returns at once; its `done`
// runs exactly once, on the loop, never from inside the call.
#pragma once

#include "actors/ports/done.h"
#include "actors/ports/fields.h"

namespace actors::ports {

using namespace std::string_view_literals;

enum class OrderKind {
  suspend,
  cancel,
  ack,
  identify,
  end_incoming  ///< the connection by which a VM comes in, as nobody is at its other end
};
constexpr auto names(OrderKind) {
  return std::array{"suspend"sv, "cancel"sv, "ack"sv, "identify"sv, "end_incoming"sv};
}

struct Order {
  OrderKind kind = OrderKind::suspend;
  BootId boot;                ///< an agent refuses an order meant for another boot of its host,
  std::int64_t epoch = 0;     ///< from a controller older than one it has heard,
  reactor::Duration ttl{};    ///< or older than this on Redis's clock (its entry id)
  std::optional<OrderId> of;  ///< cancel, ack: the suspend that is meant
  /// suspend: the host's own clock is to wake it after this long, whatever becomes of everybody
  /// else
  std::optional<reactor::Duration> wake_after{};
  std::optional<VmId> vm{};  ///< end_incoming: whose connection
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("order", self.kind)("boot", self.boot)("epoch", self.epoch)("ttl_ms", self.ttl);
    archive("of", self.of)("wake_after_ms", self.wake_after)("vm", self.vm);
  }
};

class Orders {
 public:
  virtual ~Orders() = default;

  /// Puts an order into the host's stream. Success means it stands there, not that the agent saw
  /// it: accepted, refused, going_down and resumed come later as inputs of a turn. Errors:
  /// unreachable, outcome_unknown (the connection broke in mid-command: it may stand there).
  virtual void give(const HostId& host, const Order& order, Done<OrderId> done) = 0;
};

}  // namespace actors::ports

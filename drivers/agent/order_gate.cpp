#include "drivers/agent/order_gate.h"

namespace drivers::agent {

// The epoch counts even if the order is late: a newer controller has been here, whatever it wanted.
std::optional<std::string> OrderGate::check(const actors::ports::Order& order,
                                            reactor::Duration age) {
  if (order.epoch < epoch_)
    return "epoch " + std::to_string(order.epoch) + ", but " + std::to_string(epoch_) +
           " has been heard: a newer controller is in charge";
  heard(order.epoch);
  if (order.boot != boot_)
    return "meant for boot " + order.boot.text + ", this is boot " + boot_.text;
  if (age > order.ttl)
    return std::to_string(age.count()) + " ms old, was good for " +
           std::to_string(order.ttl.count()) + " ms";
  return std::nullopt;
}

}  // namespace drivers::agent

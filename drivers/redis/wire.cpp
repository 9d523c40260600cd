#include "drivers/redis/wire.h"

#include <set>

#include "drivers/redis/flat.h"
#include "drivers/redis/text.h"

namespace drivers::redis {

namespace {

using namespace actors::ports;
using actors::kMostAmount;
using reactor::Errc;
using reactor::Error;
using reactor::Result;

constexpr std::int64_t kMostVcpus = 65'536;

Error malformed(std::string_view what, std::string_view where) {
  return {Errc::malformed, std::string{what} + ": " + std::string{where}};
}

bool amount_ok(std::int64_t count) {
  return count >= 0 && count <= kMostAmount;
}

// What the generic reader can't know of an inventory's lines.
std::string fault_of(const InventoryVm& vm) {
  const std::string where = "vms: " + vm.vm.text() + ": ";
  if (vm.name.empty() || !is_text(vm.name)) return where + "name: empty or not printable";
  if (vm.vcpus < 1 || vm.vcpus > kMostVcpus) return where + "vcpus: " + std::to_string(vm.vcpus);
  if (!amount_ok(vm.max_memory.count)) return where + "max_memory_kib: out of range";
  if (vm.unmovable && !is_text(*vm.unmovable)) return where + "unmovable: not printable";
  return {};
}

std::string fault_of(const HostFacts& facts) {
  constexpr std::int64_t kMostPort = 65'535;
  if (facts.version < 1) return "facts: v: " + std::to_string(facts.version);
  if (!is_text(facts.qemu_user)) return "facts: qemu_user: not printable";
  if (facts.first_port < 1 || facts.last_port < facts.first_port || facts.last_port > kMostPort)
    return "facts: ports: " + std::to_string(facts.first_port) + " to " +
           std::to_string(facts.last_port);
  return {};
}

std::string fault_of(const HostHello& hello) {
  if (hello.vms.size() > kMostVms) return "vms: " + std::to_string(hello.vms.size()) + " VMs";
  if (hello.capacity.count < 1 || hello.capacity.count > kMostMcores)
    return "capacity_mcores: " + std::to_string(hello.capacity.count);
  if (hello.cores && (*hello.cores < 1 || *hello.cores > kMostVcpus))
    return "cores: " + std::to_string(*hello.cores);
  if (hello.facts)
    if (std::string fault = fault_of(*hello.facts); !fault.empty()) return fault;
  std::set<actors::VmId> seen;
  for (const InventoryVm& vm : hello.vms) {
    if (std::string fault = fault_of(vm); !fault.empty()) return fault;
    if (!seen.insert(vm.vm).second) return "vms: twice there: " + vm.vm.text();
  }
  return {};
}

}  // namespace

Fields encode_order(const Order& order) {
  return flatten(order);
}

Result<Order> decode_order(const Value& fields) {
  auto order = unflatten<Order>(fields, "order");
  if (order.ok() && order.value().of && !is_stream_id(order.value().of->text))
    return malformed("order", "of: no entry id: " + order.value().of->text);
  const bool names_vm = order.ok() && order.value().vm.has_value();
  if (order.ok() && names_vm != (order.value().kind == OrderKind::end_incoming))
    return malformed("order", "vm: of an end_incoming, and only there");
  return order;
}

Fields encode_reply(const Reply& reply) {
  Fields fields = flatten(reply);
  if (reply.order.text.empty()) fields[1].second = "-";
  return fields;
}

Result<Reply> decode_reply(const Value& fields) {
  auto read = unflatten<Reply>(fields, "reply");
  if (!read.ok()) return read;
  Reply reply = read.value();
  if (reply.order.text == "-" && reply.kind == ReplyKind::resumed) reply.order.text.clear();
  if (!reply.order.text.empty() && !is_stream_id(reply.order.text))
    return malformed("reply", "order: no entry id: " + reply.order.text);
  return reply;
}

Fields encode_hello(const HostHello& hello) {
  return flatten(hello);
}

Result<HostHello> decode_hello(const Value& fields) {
  if (fields.items.empty()) return Error{Errc::refused, "the host has never said hello"};
  auto hello = unflatten<HostHello>(fields, "host hash");
  if (!hello.ok()) return hello;
  const std::string fault = fault_of(hello.value());
  if (!fault.empty()) return malformed("host hash", fault);
  return hello;
}

Value as_value(const Fields& fields) {
  Value value;
  value.kind = Value::Kind::array;
  for (const auto& [name, text] : fields) {
    value.items.push_back({Value::Kind::text, 0, name, {}});
    value.items.push_back({Value::Kind::text, 0, text, {}});
  }
  return value;
}

}  // namespace drivers::redis

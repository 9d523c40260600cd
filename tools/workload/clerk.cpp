#include "workload/clerk.h"

namespace workload {
namespace {

struct Clerk {
  Worker& worker;
  Region& region;

  Reply operator()(const SetLoad& order) const {
    worker.set_load(now_ns() / 1000, order);
    const Load& load = worker.load();
    return {"ok cpu=" + show_hundredths(load.cpu_hundredths) + " dirty=" +
            show_hundredths(load.dirty_hundredths) + " wss=" + std::to_string(load.wss_mib)};
  }
  Reply operator()(const Stat&) const { return {"ok " + worker.stat(now_ns() / 1000)}; }
  Reply operator()(const Verify&) const {
    region.verify_all();
    return {"ok verified_pages=" + std::to_string(region.verified()) +
            " bad_pages=" + std::to_string(region.bad())};
  }
  Reply operator()(const Ping& order) const { return {"ok pong " + order.word}; }
  Reply operator()(const Off&) const { return {"ok off", true}; }
  Reply operator()(const Malformed& order) const { return {"err " + order.why}; }
};

}  // namespace

Reply carry_out(const Order& order, Worker& worker, Region& region) {
  return std::visit(Clerk{worker, region}, order);
}

}  // namespace workload

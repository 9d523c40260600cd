// Carries out orders and words the replies: one line each, "ok ..." or "err ...".
#pragma once

#include <string>

#include "workload/order.h"
#include "workload/region.h"
#include "workload/worker.h"

namespace workload {

struct Reply {
  std::string line;
  bool power_off = false;  ///< to be done once the line is out
};

Reply carry_out(const Order& order, Worker& worker, Region& region);

}  // namespace workload

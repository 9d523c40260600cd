#include "drivers/sim/faults.h"

namespace drivers::sim {

using enum FaultKind;

FaultOf fault_of(FaultKind kind) {
  if (kind == clock_ahead || kind == clock_back) return FaultOf::either;
  const bool of_node = kind == redis_gone || kind == redis_emptied || kind == controller_killed;
  return of_node ? FaultOf::management_node : FaultOf::host;
}

bool has_size(FaultKind kind) {
  return kind == samples_late || kind == wake_slow || kind == clock_ahead || kind == clock_back;
}

}  // namespace drivers::sim

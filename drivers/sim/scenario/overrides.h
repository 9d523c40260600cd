// Values of a scenario's file set from outside (`nemuri sim --set key=value`).
#pragma once

#include <yaml-cpp/yaml.h>

#include "drivers/sim/scenario.h"

namespace drivers::sim {

/// Writes each into the tree, so that it is read, and found faulty, as if it stood there. Faults:
/// what has no place in the tree.
config::Faults apply(const std::vector<Override>& overrides, YAML::Node& root);

/// What is wrong with a value that an override gave is said of the override.
void name_overrides(const std::vector<Override>& overrides, config::Faults& faults);

}  // namespace drivers::sim

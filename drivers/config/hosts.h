// The section `hosts` of conf.yaml.
#pragma once

#include "drivers/config/reader.h"

namespace drivers::config {

/// Reads the list and checks each host by itself, and that none is given twice.
void read_hosts(Reader& reader, const YAML::Node& node, Loaded& into);

}  // namespace drivers::config

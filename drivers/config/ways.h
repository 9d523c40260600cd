// The list `wake` of a host: ways of waking, each a map of one key, its kind.
#pragma once

#include "drivers/config/reader.h"

namespace drivers::config {

/// The settings of one way; none of `exec`, which is an argument list.
Table way_table(WaySettings& way);

/// `key`: "hosts.h1.wake".
void read_ways(Reader& reader, const std::string& key, const YAML::Node& node,
               std::vector<WaySettings>& into);

/// As it would stand in conf.yaml.
std::string show(const WaySettings& way);

/// "hosts.h1.wake[2].ipmi.": how faults name the settings of the way at `place`, from 0.
std::string label_of(const std::string& key, std::size_t place, const WaySettings& way);

}  // namespace drivers::config

// conf.yaml, read whole: all of its settings, or all of its faults.
//
// Nothing here is in force until the caller puts it there. A file with one fault is refused as a
// whole, since half of an operator's wishes may be worse than none of them. The file itself is the
// manual of the settings; table.h has the one list of them.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/settings.h"
#include "drivers/settings.h"

namespace drivers::config {

struct Loaded {
  actors::Settings settings;
  DriverSettings drivers;
};

struct Fault {
  int line = 1, column = 1;  ///< from 1, as editors count; 0: it stands nowhere in the file
  std::string key;           ///< "consolidation.return_threshold"; empty: the file as a whole
  std::string message;       ///< what is wrong, and what would be right
};
using Faults = std::vector<Fault>;  ///< by line and column

/// The text of a conf.yaml.
std::variant<Loaded, Faults> read(std::string_view text);

/// A file, at most 1 MiB. What is no readable file is a fault too.
std::variant<Loaded, Faults> load(const std::string& path);

/// "conf.yaml:12:5: consolidation.return_threshold: ..."
std::string to_text(const Fault& fault, std::string_view file);

struct Change {
  std::string text;            ///< "window: 10s -> 20s"
  bool needs_restart = false;  ///< what runs keeps the old value until then
};

/// What SIGHUP would change, in the order of the table.
std::vector<Change> difference(Loaded before, Loaded after);

}  // namespace drivers::config

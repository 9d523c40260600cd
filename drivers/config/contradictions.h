// Settings that are right one by one and wrong together.
#pragma once

#include "drivers/config/reader.h"

namespace drivers::config {

/// Notes each contradiction at the first of its keys that stands in the file. Settings with a fault
/// of their own are left out: what stands in `loaded` for them is a default that nobody wrote.
void check_together(Reader& reader, Loaded& loaded);

}  // namespace drivers::config

// A gzip file, unpacked whole.
#pragma once

#include <string>

#include "reactor/result.h"

namespace drivers::sim {

/// Its text, at most 256 MiB of it. Errors: unreachable (cannot be opened), malformed (is no gzip
/// file, is cut off or damaged, or too large); `detail` begins with the path.
reactor::Result<std::string> read_packed(const std::string& path);

}  // namespace drivers::sim

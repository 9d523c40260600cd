// The lines of a journal in a file: JSON, one entry each, its samples after it.
//   {"journal":{field:text}}
//   {"stats":[first,last],"samples":[{field:text}]}
// As `nemuri replay --save` and `nemuri sim` write them and `nemuri replay --file` reads them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/director/input.h"

namespace journal {

/// The samples of a range of `stats`. Errors: unreachable, malformed (also: trimmed).
using ReadSamples = std::function<reactor::Result<std::vector<actors::ports::HostSample>>(
    const actors::input::Stats& range)>;

/// The lines of one entry, each with its end. Errors: those of reading samples.
reactor::Result<std::string> lines_of(const actors::ports::JournalFields& entry,
                                      const ReadSamples& read_samples);

}  // namespace journal

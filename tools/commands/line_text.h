// How a line of the tail looks on a terminal.
#pragma once

#include <string>

#include "actors/ports/fields.h"

namespace commands {

/// "14:03:07.412  vm web1       parked -> departing   wh1 at 93 % for 10.0 s, ..."
std::string to_terminal(const actors::Json& line, bool colour);

/// True if a line is about this VM (name or UUID) and this host; empty: about any.
bool is_about(const actors::Json& line, const std::string& vm, const std::string& host);

/// "1m 5s", "20.1s"; the ages of status.
std::string age_text(std::int64_t ms);

}  // namespace commands

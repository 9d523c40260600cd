// Recorded loads of real VMs, one VM a line, its values at equal times (files of the project's
// tests are made by the tests; formats and sources of real ones: tests/scenarios/README.md).
#pragma once

#include <string>
#include <vector>

#include "drivers/sim/scenario.h"
#include "reactor/result.h"

namespace drivers::sim {

enum class TraceFormat {
  planetlab,  ///< name,v0,v1,...: whole percent of the VM's CPU
  bitbrains   ///< name,cores,MHz,RAM_MB,v0,v1,...: tenths of a percent of all its cores
};
constexpr auto names(TraceFormat) {
  using namespace std::string_view_literals;
  return std::array{"planetlab"sv, "bitbrains"sv};
}

struct TraceRow {
  std::string name;
  std::int64_t vcpus = 0;  ///< 0: the format does not say
  actors::Kib memory;      ///< 0: the format does not say
  std::vector<std::int16_t> per_mille;
};
using Trace = std::vector<TraceRow>;  ///< not empty, all of one length, in the order of the lines

/// The text of a trace; `file` is its name in errors. Errors: malformed, with file, line, value and
/// what was expected.
reactor::Result<Trace> read_trace(const std::string& text, TraceFormat format,
                                  const std::string& file);

}  // namespace drivers::sim

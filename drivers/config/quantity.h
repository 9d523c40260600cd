// Whole numbers with a unit, as people write them in conf.yaml: 500ms, 90%, 512MiB, 100MiB/s.
//
// The unit is always written, also of 0, and there are no fractions: what stands in the file is
// what the actors, who know integers only, will reckon with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace drivers::config {

/// What is measured, and what one of it counts as inside the program.
enum class Measure {
  milliseconds,
  seconds,
  percent,
  bytes,
  kibibytes,
  mebibytes_per_second,
  count
};

/// A number of `measure`, or what is wrong with the text and what would be right.
std::variant<std::int64_t, std::string> parse_quantity(std::string_view text, Measure measure);

/// In the largest unit that needs no fraction; parse_quantity() reads it back.
std::string show_quantity(std::int64_t number, Measure measure);

/// "a time such as 500ms, 10s, 5m or 1h"
std::string_view expected(Measure measure);

}  // namespace drivers::config

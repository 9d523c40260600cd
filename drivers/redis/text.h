// What counts as a number, a word and a text where data comes in from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace drivers::redis {

/// Decimal digits and nothing else, 0..kMostAmount (actors/ports/units.h).
std::optional<std::int64_t> parse_amount(std::string_view text);

/// A name without blanks: 1..253 printable ASCII characters.
bool is_word(std::string_view text);

/// An entry id of a stream: "1700000000000-0".
bool is_stream_id(std::string_view text);

/// Valid UTF-8 without control characters, so that it can go into JSON and onto a terminal.
bool is_text(std::string_view text);

}  // namespace drivers::redis

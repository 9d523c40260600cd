// Small files of /proc, /sys and cgroups, read whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drivers::agent {

/// At most 1 MiB. None: it can't be opened or read.
std::optional<std::string> read_file(const std::string& path);

/// A file with one number in it, and maybe a line end. None also for "max" and other words.
std::optional<std::int64_t> read_number(const std::string& path);

using Failure = std::optional<std::string>;  ///< for people; none: it went well

/// In one write(), as files of /sys want it. Failure: what was tried, and the system's word.
Failure write_file(const std::string& path, std::string_view text);

/// Takes the first line off `text`; empty once there is none left.
std::string_view next_line(std::string_view& text);
/// Takes the first word (between blanks, tabs, line ends) off `text`; empty once there is none
/// left.
std::string_view next_word(std::string_view& text);

/// Decimal, 0 or more, nothing else in it.
std::optional<std::int64_t> to_number(std::string_view word);

}  // namespace drivers::agent

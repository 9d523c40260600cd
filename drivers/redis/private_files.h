// Files that only we may read: secrets, access lists, names.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "reactor/result.h"

namespace drivers::redis {

/// Makes the folder, and its parents, mode 0700; one that is there must be ours and closed to
/// others.
reactor::Result<reactor::Unit> make_private_folder(const std::string& path);

/// Replaces the file as a whole, mode 0600: a reader finds the old or the new text, never a part.
reactor::Result<reactor::Unit> write_private_file(const std::string& path, std::string_view text);

/// The file's text, without the newline at its end; empty if there is no such file.
reactor::Result<std::string> read_small_file(const std::string& path);

std::string to_hex(std::span<const unsigned char> bytes);

/// From the kernel's generator; `bytes` of them as hex digits.
std::string random_hex(std::size_t bytes);

}  // namespace drivers::redis

// Digests of secrets, so that a file need not hold the secrets themselves.
#pragma once

#include <string>
#include <string_view>

namespace drivers::redis {

/// SHA-256 of `text`, as 64 hex digits in lower case: what Redis takes after '#' in a user's rules.
std::string sha256_hex(std::string_view text);

}  // namespace drivers::redis

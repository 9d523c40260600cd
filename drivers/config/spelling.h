// What somebody probably meant to write.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drivers::config {

/// The known word nearest to `word`, or empty if none is near enough to be a typo of it.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace drivers::config

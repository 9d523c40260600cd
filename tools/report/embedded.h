// The page without its data, made at build time by embed.cmake from page/ and Debian's dygraphs.
#pragma once

#include <string_view>

namespace report {

std::string_view embedded_page();

}  // namespace report

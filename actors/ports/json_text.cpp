#include "actors/ports/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace actors {

namespace {

bool plain(char c) {
  return c >= ' ' && c != '"' && c != '\\';  // not beyond ASCII: there char is negative
}

}  // namespace

// Nearly all text is plain; what JSON makes of the rest is left to who knows.
void append_quoted(std::string& out, std::string_view text) {
  if (!std::ranges::all_of(text, plain)) {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

}  // namespace actors

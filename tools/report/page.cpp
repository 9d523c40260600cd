#include "tools/report/page.h"

#include "tools/report/embedded.h"
#include "tools/report/page_data.h"

namespace report {
namespace {

constexpr std::string_view kDataGoesHere = "{{data}}";

// Inside a script element nothing but `<` can end it.
std::string script_safe(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string page(const Report& report) {
  const std::string_view whole = embedded_page();
  const std::size_t at = whole.find(kDataGoesHere);
  // Names come from outside: bytes that are no UTF-8 are replaced.
  const std::string data =
      page_data(report).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out{whole.substr(0, at)};
  out += script_safe(data);
  out += whole.substr(at + kDataGoesHere.size());
  return out;
}

}  // namespace report

#include "drivers/xml/capabilities_xml.h"

#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <sstream>

namespace drivers::xml {

namespace {

using actors::ports::GuestKind;
using pugi::xml_node;

constexpr int kUsualPageKib = 4;

// Those of the architecture, and where an accelerator has machines of its own, these.
std::vector<std::string> machines_of(const xml_node& node) {
  std::set<std::string> out;
  for (const xml_node& machine : node.children("machine")) {
    out.insert(machine.child_value());
    if (const auto canonical = machine.attribute("canonical")) out.insert(canonical.as_string());
  }
  return {out.begin(), out.end()};
}

void read_guest(const xml_node& arch, std::vector<GuestKind>& into) {
  for (const xml_node& domain : arch.children("domain")) {
    const auto own = machines_of(domain);
    into.push_back({domain.attribute("type").as_string(), arch.attribute("name").as_string(),
                    own.empty() ? machines_of(arch) : own});
  }
}

std::string text_of(const xml_node& node) {
  std::ostringstream out;
  node.print(out, "", pugi::format_raw);
  return out.str();
}

// Its page sizes and its microcode are in it too, and tell nothing of what guests see.
std::string cpu_of(xml_node cpu) {
  while (cpu.remove_child("pages")) {
  }
  cpu.remove_child("microcode");
  return cpu.child("model") ? text_of(cpu) : std::string{};
}

}  // namespace

std::optional<Capabilities> read_capabilities(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return std::nullopt;
  const xml_node host = document.child("capabilities").child("host");
  if (!host) return std::nullopt;
  Capabilities out;
  out.uuid = host.child_value("uuid");
  for (const xml_node& pages : host.child("cpu").children("pages"))
    if (const int size = pages.attribute("size").as_int(); size > kUsualPageKib)
      out.huge_page_sizes.push_back({size});
  std::ranges::sort(out.huge_page_sizes);
  out.cpu = cpu_of(host.child("cpu"));
  for (const xml_node& guest : document.child("capabilities").children("guest"))
    for (const xml_node& arch : guest.children("arch"))
      read_guest(arch, out.guests);
  return out;
}

}  // namespace drivers::xml

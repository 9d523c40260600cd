#include "drivers/config/config.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "drivers/config/contradictions.h"
#include "drivers/config/hosts.h"
#include "drivers/config/table.h"

namespace drivers::config {

namespace {

constexpr std::size_t kMostBytes = 1 << 20;

Faults whole_file(std::string message) {
  return {Fault{1, 1, "", std::move(message)}};
}

void read_root(Reader& reader, const YAML::Node& root, Loaded& into) {
  const Table table = settings_table(into);
  reader.map(root, {table, "", "", {"hosts"}});
  if (reader.places().contains("hosts")) read_hosts(reader, root["hosts"], into);
  check_together(reader, into);
}

// yaml-cpp throws; nobody above this does.
std::variant<std::vector<YAML::Node>, Faults> parsed(std::string_view text) {
  try {
    return YAML::LoadAll(std::string{text});
  } catch (const YAML::Exception& fault) {
    Reader reader;
    reader.fault(fault.mark, "", "is no YAML: " + fault.msg);
    return std::move(reader).take_faults();
  }
}

}  // namespace

std::variant<Loaded, Faults> read(std::string_view text) {
  if (text.size() > kMostBytes) return whole_file("is larger than 1 MiB, which no conf.yaml is");
  const auto documents = parsed(text);
  if (const auto* faults = std::get_if<Faults>(&documents)) return *faults;
  const auto& roots = std::get<0>(documents);
  if (roots.empty() || roots.front().IsNull())
    return whole_file("is empty; begin with the conf.yaml that comes with nemuri");
  Reader reader;
  Loaded loaded;
  if (roots.size() > 1)
    reader.fault(roots[1].Mark(), "", "has a second document (after ---); keep one");
  else if (roots.front().IsMap())
    read_root(reader, roots.front(), loaded);
  else
    reader.fault(roots.front().Mark(), "", "is no list of `key: value` lines");
  if (reader.any_fault()) return std::move(reader).take_faults();
  return loaded;
}

std::variant<Loaded, Faults> load(const std::string& path) {
  std::error_code gone;
  const auto status = std::filesystem::status(path, gone);
  if (gone) return whole_file("cannot be read: " + gone.message());
  if (!std::filesystem::is_regular_file(status)) return whole_file("is no file");
  std::ifstream file{path, std::ios::binary};
  if (!file) return whole_file(std::string{"cannot be read: "} + std::strerror(errno));
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return read(text);
}

std::string to_text(const Fault& fault, std::string_view file) {
  std::string out{file};
  if (fault.line > 0) out += ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column);
  out += ": ";
  if (!fault.key.empty()) out += fault.key + ": ";
  return out + fault.message;
}

}  // namespace drivers::config

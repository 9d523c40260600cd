#include "drivers/config/reader.h"

#include <algorithm>
#include <tuple>

#include "drivers/config/spelling.h"
#include "drivers/config/text_rules.h"
#include "drivers/config/ways.h"

namespace drivers::config {

namespace {

std::string line_of(const YAML::Mark& mark) {
  return "line " + std::to_string(mark.line + 1);
}

// The keys that may stand in a section: "threshold" of "distribution.threshold".
std::vector<std::string> siblings(const Reader::Section& section) {
  std::vector<std::string> out{section.besides.begin(), section.besides.end()};
  for (const Setting& setting : section.table) {
    if (!setting.key.starts_with(section.path)) continue;
    std::string next = setting.key.substr(section.path.size());
    next.resize(std::min(next.find('.'), next.size()));
    if (std::ranges::find(out, next) == out.end()) out.push_back(next);
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "" : ", ") + word;
  return out;
}

// A known setting whose last part is this key, wherever it belongs: "threshold" at the top.
std::string elsewhere(const Reader::Section& section, const std::string& key) {
  for (const Setting& setting : section.table)
    if (setting.key.ends_with("." + key) || setting.key == key) return setting.key;
  return {};
}

// The setting of this section that names a file with the secret.
std::string file_of_secret(const Reader::Section& section) {
  for (const Setting& setting : section.table)
    if (setting.key.starts_with(section.path) && names_a_secret(setting.key))
      return section.label + setting.key;
  return "redis.password_file";
}

std::string advice(const Reader::Section& section, const std::string& key) {
  if (names_a_secret(key))
    return "secrets do not belong in this file; put it into a file of mode 0600 and name that in " +
           file_of_secret(section);
  const std::string home = elsewhere(section, key);
  if (key.find('.') != key.npos && !home.empty())
    return "is written nested: '" + key.substr(0, key.find('.')) + ":' and below it '" +
           key.substr(key.find('.') + 1) + ":'";
  const std::string near = nearest(key, siblings(section));
  if (!near.empty()) return "unknown key; did you mean '" + near + "'?";
  if (!home.empty()) return "unknown key here; did you mean " + home + "?";
  return "unknown key; known here: " + joined(siblings(section));
}

}  // namespace

void Reader::fault(const YAML::Mark& mark, std::string key, std::string message) {
  faulty_.insert(key);
  faults_.push_back({mark.line + 1, mark.column + 1, std::move(key), std::move(message)});
}

Faults Reader::take_faults() && {
  std::ranges::stable_sort(faults_, {}, [](const Fault& f) { return std::tie(f.line, f.column); });
  return std::move(faults_);
}

void Reader::map(const YAML::Node& node, const Section& section) {
  std::map<std::string, YAML::Mark> seen;
  for (const auto& pair : node) {
    const YAML::Node& key = pair.first;
    const std::string name = key.IsScalar() ? key.Scalar() : std::string{};
    if (name.empty()) {
      fault(key.Mark(), section.label + section.path, "a key must be a word");
      continue;
    }
    const auto [first, is_new] = seen.emplace(name, key.Mark());
    if (is_new)
      entry(section, key, pair.second);
    else
      fault(key.Mark(), section.label + section.path + name,
            "is given twice, first in " + line_of(first->second) + "; keep one");
  }
}

void Reader::entry(const Section& section, const YAML::Node& key, const YAML::Node& value) {
  const std::string path = section.path + key.Scalar();
  const std::string label = section.label + path;
  places_.emplace(label, key.Mark());
  if (section.path.empty() && section.besides.contains(path)) return;
  if (key.Scalar().find('.') != std::string::npos)  // or it would pass for a path through sections
    return unknown(section, key.Scalar(), key.Mark());
  const auto setting = std::ranges::find(section.table, path, &Setting::key);
  const bool has_below = std::ranges::any_of(
      section.table, [&](const Setting& s) { return s.key.starts_with(path + "."); });
  if (setting != section.table.end() && value.IsNull())
    fault(key.Mark(), label,
          "has no value; expected " + expected(*setting) + ", or leave the key out");
  else if (setting != section.table.end())
    this->value(*setting, label, value);
  else if (has_below)
    subsection(section, path, key.Mark(), value);
  else
    unknown(section, key.Scalar(), key.Mark());
}

void Reader::unknown(const Section& section, const std::string& key, const YAML::Mark& mark) {
  fault(mark, section.label + section.path + key, advice(section, key));
}

void Reader::subsection(const Section& section, const std::string& path, const YAML::Mark& mark,
                        const YAML::Node& value) {
  const Section below{section.table, section.label, path + ".", {}};
  if (value.IsMap())
    map(value, below);
  else
    fault(value.IsNull() ? mark : value.Mark(), section.label + path,
          "is a section; expected below it: " + joined(siblings(below)));
}

void Reader::value(const Setting& setting, const std::string& key, const YAML::Node& node) {
  if (is_list(setting)) {
    list(setting, key, node);
  } else if (!node.IsScalar()) {
    fault(node.Mark(), key,
          std::string{node.IsMap() ? "is a section" : "is a list"} + " here; expected " +
              expected(setting));
  } else if (auto wrong = assign(setting, node.Scalar())) {
    fault(node.Mark(), key, std::move(*wrong));
  }
}

void Reader::list(const Setting& setting, const std::string& key, const YAML::Node& node) {
  if (!node.IsSequence()) {
    fault(node.Mark(), key, "is no list; expected " + expected(setting));
    return;
  }
  if (const auto* names = std::get_if<Names>(&setting.slot)) read(*names, key, node);
  if (const auto* argv = std::get_if<Command>(&setting.slot)) read(*argv, key, node);
  if (const auto* ways = std::get_if<Ways>(&setting.slot))
    read_ways(*this, key, node, *ways->value);
}

bool Reader::texts(const std::string& key, const YAML::Node& node, std::vector<std::string>& into) {
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) {
      fault(item.Mark(), key, "has an item that is no text; quote it if it is one");
      return false;
    }
    into.push_back(item.Scalar());
  }
  return true;
}

void Reader::read(const Names& slot, const std::string& key, const YAML::Node& node) {
  std::vector<std::string> names;
  if (!texts(key, node, names)) return;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) fault(node[i].Mark(), key, "has an empty name in it");
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      fault(node[i].Mark(), key, "names '" + names[i] + "' twice; keep one");
  }
  *slot.value = std::move(names);
}

bool Reader::command(const std::string& key, const YAML::Node& node,
                     std::vector<std::string>& into) {
  if (!texts(key, node, into)) return false;
  auto wrong = bad_command(into);
  if (wrong) fault(node.Mark(), key, std::move(*wrong));
  return !wrong;
}

void Reader::read(const Command& slot, const std::string& key, const YAML::Node& node) {
  if (node.size() == 0) return;  // cannot be read, as if the key were not there
  command(key, node, *slot.value);
}

}  // namespace drivers::config

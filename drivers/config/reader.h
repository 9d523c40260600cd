// Walks conf.yaml's tree by a table of settings, and notes every fault on its way with its place.
//
// It goes on after each fault, so that an operator sees all of them at once. Where a key stood is
// kept for the checks that look at several settings together (contradictions.h).
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <set>

#include "drivers/config/config.h"
#include "drivers/config/setting.h"

namespace drivers::config {

/// Key as in conf.yaml -> where it stands.
using Places = std::map<std::string, YAML::Mark>;

class Reader {
 public:
  /// A map of the tree and the settings that may stand in it. Keys in faults are `label` + the
  /// setting's key; `path` is how far the walk is into sections.
  struct Section {
    const Table& table;
    std::string label, path;
    std::set<std::string> besides;  ///< keys that somebody else reads
  };

  void map(const YAML::Node& node, const Section& section);
  void fault(const YAML::Mark& mark, std::string key, std::string message);
  /// An argument list; false: it has a fault.
  bool command(const std::string& key, const YAML::Node& node, std::vector<std::string>& into);

  const Places& places() const { return places_; }
  /// Keys with a fault: their values are defaults, which nobody wrote.
  bool faulty(const std::string& key) const { return faulty_.contains(key); }
  bool any_fault() const { return !faults_.empty(); }
  Faults take_faults() &&;

 private:
  void entry(const Section& section, const YAML::Node& key, const YAML::Node& value);
  void unknown(const Section& section, const std::string& key, const YAML::Mark& mark);
  void subsection(const Section& section, const std::string& path, const YAML::Mark& mark,
                  const YAML::Node& value);
  void value(const Setting& setting, const std::string& key, const YAML::Node& node);
  void list(const Setting& setting, const std::string& key, const YAML::Node& node);
  bool texts(const std::string& key, const YAML::Node& node, std::vector<std::string>& into);
  void read(const Names& slot, const std::string& key, const YAML::Node& node);
  void read(const Command& slot, const std::string& key, const YAML::Node& node);

  Faults faults_;
  std::set<std::string> faulty_;
  Places places_;
};

}  // namespace drivers::config

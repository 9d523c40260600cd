// conf.yaml is the manual: every setting stands in it, with the default that the program has.
#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include "actors/ports/json.h"
#include "drivers/config/table.h"
#include "drivers/config/ways.h"

using namespace drivers::config;

namespace {

const std::string kManual = std::string{NEMURI_SOURCE_DIR} + "/conf.yaml";

bool stands_in(YAML::Node node, std::string key) {
  for (std::size_t dot = key.find('.'); dot != key.npos; dot = key.find('.')) {
    node.reset(node[key.substr(0, dot)]);
    key.erase(0, dot + 1);
    if (!node.IsMap()) return false;
  }
  return static_cast<bool>(node[key]);
}

std::vector<std::string> keys_of(const std::string& kind) {
  static const std::map<std::string, drivers::WaySettings> kKinds{
      {"exec", drivers::ExecSettings{}},
      {"wol", drivers::WolSettings{}},
      {"ipmi", drivers::IpmiSettings{}},
      {"redfish", drivers::RedfishSettings{}},
      {"amt", drivers::AmtSettings{}}};
  drivers::WaySettings way = kKinds.at(kind);
  std::vector<std::string> out;
  for (const Setting& setting : way_table(way))
    out.push_back(setting.key);
  return out;
}

}  // namespace

TEST_CASE("conf.yaml: as shipped: it loads") {
  const auto result = load(kManual);
  if (const auto* faults = std::get_if<Faults>(&result))
    for (const Fault& fault : *faults)
      MESSAGE(to_text(fault, "conf.yaml"));
  REQUIRE(std::holds_alternative<Loaded>(result));
  CHECK(std::get<Loaded>(result).settings.hosts.size() == 4);
}

TEST_CASE("conf.yaml: as shipped: what it says is the default is the default") {
  const auto result = load(kManual);
  REQUIRE(std::holds_alternative<Loaded>(result));
  Loaded written = std::get<Loaded>(result);
  Loaded defaults;
  const Table expected = settings_table(defaults);
  const Table found = settings_table(written);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(expected[i].key);
    CHECK(show(found[i]) == show(expected[i]));
  }
}

TEST_CASE("conf.yaml: as shipped: every key of the table stands in it") {
  const YAML::Node manual = YAML::LoadFile(kManual);
  Loaded unused;
  for (const Setting& setting : settings_table(unused)) {
    CAPTURE(setting.key);
    CHECK(stands_in(manual, setting.key));
  }
  const YAML::Node full = manual["hosts"][1];
  actors::HostPlan plan;
  drivers::HostPower power;
  for (const Setting& setting : host_table(plan, power)) {
    CAPTURE(setting.key);
    CHECK(stands_in(full, setting.key));
  }
}

TEST_CASE("conf.yaml: as shipped: every kind of way stands in it, with every key") {
  const auto result = load(kManual);
  REQUIRE(std::holds_alternative<Loaded>(result));
  std::set<std::string> kinds;
  const YAML::Node manual = YAML::LoadFile(kManual);
  for (const YAML::Node& host : manual["hosts"])
    for (const YAML::Node& way : host["wake"]) {
      const auto kind = way.begin()->first.as<std::string>();
      kinds.insert(kind);
      CAPTURE(kind);
      for (const std::string& key : keys_of(kind))
        CHECK(way.begin()->second[key]);
    }
  CHECK(kinds == std::set<std::string>{"exec", "wol", "ipmi", "redfish", "amt"});
}

TEST_CASE("conf.yaml: as shipped: no setting of the structs is without a key") {
  Loaded settings;
  // The structs of the drivers do not list their fields: who adds one counts it here.
  const std::size_t keys = settings_table(settings).size();
  const std::size_t actors_fields = actors::to_json(settings.settings).size() - 6  // below, hosts
                                    + actors::to_json(settings.settings.migration).size() +
                                    actors::to_json(settings.settings.power).size() +
                                    actors::to_json(settings.settings.guard).size() +
                                    actors::to_json(settings.settings.flapping).size() +
                                    actors::to_json(settings.settings.alerts).size();
  constexpr std::size_t kDriverFields =
      1 + 8 + 7 + 4 + 2 + 2;  // state_dir, redis, libvirt, tail, wake, alert
  CHECK(keys == actors_fields + kDriverFields);
}

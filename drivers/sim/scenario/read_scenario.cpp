#include <fstream>
#include <sstream>

#include "drivers/config/table.h"
#include "drivers/sim/scenario/decimals.h"
#include "drivers/sim/scenario/overrides.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Measure;
using config::Number;
using config::Table;

actors::Settings default_settings() {
  actors::Settings out;
  out.power.proof = actors::Proof::off;
  return out;
}

namespace {

void read_conf(Reading& in, const YAML::Node& node) {
  if (!node) return;
  if (!node.IsMap())
    return in.reader.fault(node.Mark(), "conf", "is no section; expected settings of conf.yaml");
  config::Loaded conf{in.out.settings, {}};
  const Table settings = config::settings_table(conf);
  in.reader.map(node, {settings, "conf.", "", {}});
  in.out.settings = conf.settings;
}

void read_link(Reading& in, const YAML::Node& node) {
  if (!node) return;
  if (!node.IsMap()) return in.reader.fault(node.Mark(), "link", "is no section");
  LinkModel& link = in.out.link;
  std::int64_t megabytes = 0;
  std::string cpu;
  const Table table{{"bandwidth_mb_s", Number{&megabytes, Measure::count, 1, kMostMegabytes}},
                    {"usable", Number{&link.usable_pct, Measure::percent, 1, 100}},
                    {"background", Number{&link.background_pct, Measure::percent, 1, 100}},
                    {"page_faults", Number{&link.page_faults_pct, Measure::percent, 0, 100}},
                    {"cpu_per_100mb_s", config::Text{&cpu, bad_percent}},
                    {"setup", time(link.setup)},
                    {"downtime", time(link.downtime)},
                    {"downtime_limit", time(link.downtime_limit)}};
  in.reader.map(node, {table, "link.", "", {}});
  need(in, node, "link.", {"bandwidth_mb_s"});
  link.bytes_s = megabytes * kMegabyte;
  if (!cpu.empty()) link.cpu_per_100mb_s = parse_percent(cpu).value_or(0);
}

void read_top(Reading& in, const YAML::Node& root) {
  const Table table{{"seed", Number{&in.out.seed, Measure::count, 0, 1'000'000'000'000}},
                    {"length", time(in.out.length)}};
  in.reader.map(
      root,
      {table, "", "", {"conf", "link", "hosts", "switches", "vms", "faults", "trace", "paper"}});
  if (root["trace"]) in.trace = trace_path(in, root["trace"]);
  need(in, root, "", {"length", "link", "hosts", "vms"});
}

std::variant<Scenario, config::Faults> read_tree(const YAML::Node& root,
                                                 const std::string& folder) {
  Reading in;
  in.folder = folder;
  read_top(in, root);
  read_conf(in, root["conf"]);
  read_link(in, root["link"]);
  read_hosts(in, root);
  read_switches(in, root);
  read_vms(in, root);
  read_faults(in, root);
  read_paper(in, root["paper"]);
  if (in.reader.any_fault()) return std::move(in.reader).take_faults();
  return std::move(in.out);
}

config::Faults whole_file(std::string message) {
  return {{1, 1, "", std::move(message)}};
}

}  // namespace

std::variant<Scenario, config::Faults> read_scenario(std::string_view text,
                                                     const std::vector<Override>& overrides,
                                                     const std::string& folder) {
  try {
    YAML::Node root = YAML::Load(std::string{text});
    if (!root.IsMap()) return whole_file("is no list of `key: value` lines");
    if (auto faults = apply(overrides, root); !faults.empty()) return faults;
    auto read = read_tree(root, folder);
    if (auto* faults = std::get_if<config::Faults>(&read)) name_overrides(overrides, *faults);
    return read;
  } catch (const YAML::Exception& bad) {
    return config::Faults{{bad.mark.line + 1, bad.mark.column + 1, "", "is no YAML: " + bad.msg}};
  }
}

std::variant<Scenario, config::Faults> load_scenario(const std::string& path,
                                                     const std::vector<Override>& overrides) {
  std::ifstream file{path};
  if (!file) return whole_file("cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  return read_scenario(text.str(), overrides, std::filesystem::path{path}.parent_path());
}

}  // namespace drivers::sim

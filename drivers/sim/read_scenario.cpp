#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

#include "drivers/config/reader.h"
#include "drivers/config/table.h"
#include "drivers/config/text_rules.h"
#include "drivers/sim/percent.h"
#include "drivers/sim/scenario.h"

namespace drivers::sim {

using config::Flag;
using config::Measure;
using config::Number;
using config::Reader;
using config::Table;
using config::Text;

namespace {

constexpr std::int64_t kMegabyte = 1'000'000;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kMostMegabytes = 1'000'000;
constexpr std::int64_t kMostKib = std::int64_t{1} << 40;
constexpr std::int64_t kMostCores = 10'000;
constexpr std::int64_t kMcoresPerCore = 1'000;
constexpr std::int64_t kMostTime = 1'000 * kHour;

/// Reads the parts of a scenario's tree; what stands as text or in other units on its way.
class ScenarioReader {
 public:
  std::variant<Scenario, config::Faults> run(const YAML::Node& root);

 private:
  using Entry = std::function<void(const YAML::Node&, const std::string& label)>;

  void top(const YAML::Node& root);
  void link(const YAML::Node& node);
  void each(const YAML::Node& root, const std::string& key, const Entry& entry);
  void host(const YAML::Node& node, const std::string& label);
  void vm(const YAML::Node& node, const std::string& label);
  void load(const YAML::Node& node, const std::string& label, VmModel& vm);
  void fault(const YAML::Node& node, const std::string& label);
  void need(const YAML::Node& node, const std::string& label,
            std::initializer_list<const char*> keys);
  bool known_host(const YAML::Node& node, const std::string& key, const actors::HostId& host);

  Reader reader_;
  Scenario out_;
};

Number time(Duration& value) {
  return {&value, Measure::milliseconds, 0, kMostTime};
}

std::variant<Scenario, config::Faults> ScenarioReader::run(const YAML::Node& root) {
  top(root);
  if (root["link"]) link(root["link"]);
  each(root, "hosts", [this](const YAML::Node& node, const std::string& at) { host(node, at); });
  each(root, "vms", [this](const YAML::Node& node, const std::string& at) { vm(node, at); });
  if (root["faults"])
    each(root, "faults",
         [this](const YAML::Node& node, const std::string& at) { fault(node, at); });
  if (reader_.any_fault()) return std::move(reader_).take_faults();
  return std::move(out_);
}

void ScenarioReader::top(const YAML::Node& root) {
  const Table table{{"seed", Number{&out_.seed, Measure::count, 0, 1'000'000'000'000}},
                    {"length", time(out_.length)}};
  reader_.map(root, {table, "", "", {"conf", "link", "hosts", "vms", "faults"}});
  need(root, "", {"length", "link", "hosts", "vms"});
  if (!root["conf"]) return;
  config::Loaded conf;
  const Table settings = config::settings_table(conf);
  if (root["conf"].IsMap())
    reader_.map(root["conf"], {settings, "conf.", "", {}});
  else
    reader_.fault(root["conf"].Mark(), "conf", "is no section; expected settings of conf.yaml");
  out_.settings = conf.settings;
}

void ScenarioReader::link(const YAML::Node& node) {
  if (!node.IsMap()) return reader_.fault(node.Mark(), "link", "is no section");
  std::int64_t megabytes = 0;
  const Table table{{"bandwidth_mb_s", Number{&megabytes, Measure::count, 1, kMostMegabytes}},
                    {"usable", Number{&out_.link.usable_pct, Measure::percent, 1, 100}},
                    {"setup", time(out_.link.setup)},
                    {"downtime", time(out_.link.downtime)},
                    {"downtime_limit", time(out_.link.downtime_limit)}};
  reader_.map(node, {table, "link.", "", {}});
  need(node, "link.", {"bandwidth_mb_s"});
  out_.link.bytes_s = megabytes * kMegabyte;
}

void ScenarioReader::each(const YAML::Node& root, const std::string& key, const Entry& entry) {
  const YAML::Node list = root[key];
  if (!list) return;
  if (!list.IsSequence() || list.size() == 0)
    return reader_.fault(list.Mark(), key, "is no list with entries; expected `- ...`");
  std::size_t place = 0;
  for (const YAML::Node& node : list) {
    const std::string label = key + "[" + std::to_string(++place) + "].";
    if (node.IsMap())
      entry(node, label);
    else
      reader_.fault(node.Mark(), key, "has an entry that is no map");
  }
}

void ScenarioReader::need(const YAML::Node& node, const std::string& label,
                          std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (!node[key]) reader_.fault(node.Mark(), label + key, "is missing");
}

void ScenarioReader::host(const YAML::Node& node, const std::string& label) {
  HostModel host;
  std::string overhead = "0%";
  std::int64_t capacity = 0;
  const Table table{{"name", Text{&host.plan.name.text, config::bad_name}},
                    {"role", config::choice_of(host.plan.role)},
                    {"may_sleep", Flag{&host.plan.may_sleep}},
                    {"verify", config::choice_of(host.plan.verify)},
                    {"cores", Number{&host.cores, Measure::count, 1, kMostCores}},
                    {"capacity_cores", Number{&capacity, Measure::count, 1, kMostCores}},
                    {"memory", Number{&host.memory, Measure::kibibytes, 1, kMostKib}},
                    {"overhead", Text{&overhead, bad_percent}},
                    {"asleep", Flag{&host.asleep}},
                    {"suspend_takes", time(host.suspend_takes)},
                    {"resume_takes", time(host.resume_takes)}};
  reader_.map(node, {table, label, "", {}});
  need(node, label, {"name", "role", "cores", "memory"});
  host.capacity.count = (capacity > 0 ? capacity : host.cores) * kMcoresPerCore;
  host.overhead = parse_percent(overhead).value_or(0);
  const auto same = [&](const HostModel& other) { return other.plan.name == host.plan.name; };
  if (std::ranges::any_of(out_.hosts, same))
    reader_.fault(node.Mark(), label + "name", "'" + host.plan.name.text + "' is given twice");
  out_.settings.hosts.push_back(host.plan);
  out_.hosts.push_back(std::move(host));
}

bool ScenarioReader::known_host(const YAML::Node& node, const std::string& key,
                                const actors::HostId& host) {
  const auto same = [&](const HostModel& other) { return other.plan.name == host; };
  if (std::ranges::any_of(out_.hosts, same)) return true;
  reader_.fault(node.Mark(), key, "'" + host.text + "' is none of the hosts");
  return false;
}

void ScenarioReader::vm(const YAML::Node& node, const std::string& label) {
  VmModel vm;
  std::int64_t megabytes = 0;
  const Table table{{"name", Text{&vm.name, config::bad_name}},
                    {"on", Text{&vm.on.text, config::bad_name}},
                    {"vcpus", Number{&vm.vcpus, Measure::count, 1, kMostCores}},
                    {"memory", Number{&vm.memory, Measure::kibibytes, 1, kMostKib}},
                    {"dirty_mb_s", Number{&megabytes, Measure::count, 0, kMostMegabytes}}};
  reader_.map(node, {table, label, "", {"load"}});
  need(node, label, {"name", "on", "memory", "load"});
  vm.dirty_bytes = megabytes * kMegabyte;
  load(node["load"], label + "load", vm);
  if (node["on"] && known_host(node["on"], label + "on", vm.on)) {
    const auto host =
        std::ranges::find(out_.hosts, vm.on, [](const HostModel& h) { return h.plan.name; });
    if (host->asleep)
      reader_.fault(node["on"].Mark(), label + "on", "'" + vm.on.text + "' begins asleep");
  }
  out_.vms.push_back(std::move(vm));
}

void ScenarioReader::load(const YAML::Node& node, const std::string& label, VmModel& vm) {
  if (!node) return;
  if (!node.IsSequence()) return reader_.fault(node.Mark(), label, "is no list of steps");
  for (const YAML::Node& item : node) {
    LoadStep step;
    std::string cpu = "0%";
    const Table table{{"at", time(step.at)}, {"cpu", Text{&cpu, bad_percent}}};
    if (!item.IsMap()) return reader_.fault(item.Mark(), label, "has a step that is no map");
    reader_.map(item, {table, label + ".", "", {}});
    need(item, label + ".", {"at", "cpu"});
    step.cpu = parse_percent(cpu).value_or(0);
    if (step.cpu > vm.vcpus * kMcoresPerCore * kUcoresPerMcore)
      reader_.fault(item.Mark(), label, "is more than its vCPUs can use");
    if (!vm.load.empty() && step.at <= vm.load.back().at)
      reader_.fault(item.Mark(), label, "has steps out of order");
    vm.load.push_back(step);
  }
}

void ScenarioReader::fault(const YAML::Node& node, const std::string& label) {
  Fault fault;
  fault.until = Duration::max();
  const Table table{{"kind", config::choice_of(fault.kind)},
                    {"host", Text{&fault.host.text, config::bad_name}},
                    {"at", time(fault.at)},
                    {"until", time(fault.until)}};
  reader_.map(node, {table, label, "", {}});
  need(node, label, {"kind", "at"});
  const bool of_redis = fault.kind == FaultKind::redis_gone;
  if (of_redis != fault.host.text.empty())
    reader_.fault(node.Mark(), label + "host", "belongs to each fault but redis_gone");
  if (!of_redis) known_host(node, label + "host", fault.host);
  if (fault.until <= fault.at) reader_.fault(node.Mark(), label + "until", "is not after `at`");
  out_.faults.push_back(fault);
}

config::Faults whole_file(std::string message) {
  return {{1, 1, "", std::move(message)}};
}

}  // namespace

std::variant<Scenario, config::Faults> read_scenario(std::string_view text) {
  try {
    const YAML::Node root = YAML::Load(std::string{text});
    if (!root.IsMap()) return whole_file("is no list of `key: value` lines");
    return ScenarioReader{}.run(root);
  } catch (const YAML::Exception& bad) {
    return config::Faults{{bad.mark.line + 1, bad.mark.column + 1, "", "is no YAML: " + bad.msg}};
  }
}

std::variant<Scenario, config::Faults> load_scenario(const std::string& path) {
  std::ifstream file{path};
  if (!file) return whole_file("cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  return read_scenario(text.str());
}

}  // namespace drivers::sim

#include "drivers/config/ways.h"

#include <optional>
#include <set>

#include "drivers/config/spelling.h"
#include "drivers/config/way_rules.h"

namespace drivers::config {

namespace {

using Keys = std::set<std::string>;

Number port(std::int64_t& value) {
  return {&value, Measure::count, 1, 65'535};
}
Number limit(reactor::Duration& value) {
  return {&value, Measure::milliseconds, 100, 300'000};
}
Choice suite(std::int64_t& value) {
  return {{"3", "17"},
          [&value] { return std::to_string(value); },
          [&value](const std::string& word) { value = std::stoi(word); }};
}

Table table_of(ExecSettings& /*way*/) {
  return {};
}

Table table_of(WolSettings& way) {
  return {{"mac", Text{&way.mac, bad_mac}},
          {"broadcast", Text{&way.broadcast, bad_broadcast}},
          {"port", port(way.port)},
          {"secure_on_file", Text{&way.secure_on_file, bad_secret}}};
}

Table table_of(IpmiSettings& way) {
  return {{"address", Text{&way.address, bad_bmc_address}},
          {"port", port(way.port)},
          {"user", Text{&way.user, bad_ipmi_user}},
          {"password_file", Text{&way.password_file, bad_secret}},
          {"cipher_suite", suite(way.cipher_suite)},
          {"limit", limit(way.limit)}};
}

Table table_of(RedfishSettings& way) {
  return {{"url", Text{&way.url, bad_web_address}},
          {"system", Text{&way.system, bad_resource_path}},
          {"user", Text{&way.user, bad_web_user}},
          {"password_file", Text{&way.password_file, bad_secret}},
          {"ca_file", Text{&way.ca_file, bad_path}},
          {"pin", Text{&way.pin, bad_pin}},
          {"limit", limit(way.limit)}};
}

Table table_of(AmtSettings& way) {
  return {{"url", Text{&way.url, bad_web_address}},
          {"user", Text{&way.user, bad_web_user}},
          {"password_file", Text{&way.password_file, bad_secret}},
          {"ca_file", Text{&way.ca_file, bad_path}},
          {"pin", Text{&way.pin, bad_pin}},
          {"limit", limit(way.limit)}};
}

// What nobody can guess.
Keys needed(const WaySettings& way) {
  static const std::map<std::string_view, Keys> kNeeded{
      {WolSettings::kKind, {"mac", "broadcast"}},
      {IpmiSettings::kKind, {"address", "user", "password_file"}},
      {RedfishSettings::kKind, {"url", "system", "user", "password_file"}},
      {AmtSettings::kKind, {"url", "password_file"}}};
  const auto found = kNeeded.find(kind_of(way));
  return found == kNeeded.end() ? Keys{} : found->second;
}

template <std::size_t... I>
std::vector<WaySettings> one_of_each(std::index_sequence<I...> /*all*/) {
  return {WaySettings{std::in_place_index<I>}...};
}

const std::vector<WaySettings>& kinds() {
  static const auto kKinds =
      one_of_each(std::make_index_sequence<std::variant_size_v<WaySettings>>{});
  return kKinds;
}

std::string all_kinds() {
  std::string out;
  for (const WaySettings& way : kinds())
    out.append(out.empty() ? "" : ", ").append(kind_of(way));
  return out;
}

std::optional<WaySettings> of_kind(const std::string& kind) {
  for (const WaySettings& way : kinds())
    if (kind_of(way) == kind) return way;
  return {};
}

std::string unknown_kind(const std::string& kind) {
  std::vector<std::string> known;
  for (const WaySettings& way : kinds())
    known.emplace_back(kind_of(way));
  const std::string near = nearest(kind, known);
  const std::string advice =
      near.empty() ? "known: " + all_kinds() : "did you mean '" + near + "'?";
  return "'" + kind.substr(0, 64) + "' is no way of waking; " + advice;
}

void read_settings(Reader& reader, const std::string& label, const YAML::Node& node,
                   WaySettings& way) {
  const Table table = way_table(way);
  reader.map(node, {table, label, "", {}});
  for (const std::string& key : needed(way))
    if (!reader.places().contains(label + key))
      reader.fault(node.Mark(), label + key,
                   "is missing; " + std::string{kind_of(way)} + " does not work without it");
}

void read_value(Reader& reader, const std::string& key, const YAML::Node& value,
                std::vector<WaySettings>& into) {
  WaySettings& way = into.back();
  if (auto* exec = std::get_if<ExecSettings>(&way); exec != nullptr && value.IsSequence())
    reader.command(key, value, exec->argv);
  else if (exec != nullptr)
    reader.fault(value.Mark(), key,
                 "exec is no list here; expected an argument list, such as "
                 "[/usr/sbin/etherwake, MAC]");
  else if (value.IsMap())
    read_settings(reader, label_of(key, into.size() - 1, way), value, way);
  else
    reader.fault(value.Mark(), key,
                 std::string{kind_of(way)} + " is a section; expected its settings below it");
}

void read_way(Reader& reader, const std::string& key, const YAML::Node& node,
              std::vector<WaySettings>& into) {
  if (!node.IsMap() || node.size() != 1 || !node.begin()->first.IsScalar())
    return reader.fault(node.Mark(), key,
                        "has an item that is no way of waking; expected one key, of " +
                            all_kinds() + ", such as `exec: [argument, ...]`");
  const YAML::Node kind = node.begin()->first;
  const auto way = of_kind(kind.Scalar());
  if (!way) return reader.fault(kind.Mark(), key, unknown_kind(kind.Scalar()));
  into.push_back(*way);
  read_value(reader, key, node.begin()->second, into);
}

}  // namespace

Table way_table(WaySettings& way) {
  return std::visit([](auto& settings) { return table_of(settings); }, way);
}

std::string label_of(const std::string& key, std::size_t place, const WaySettings& way) {
  std::string out = key + "[" + std::to_string(place + 1) + "].";
  return out.append(kind_of(way)).append(".");
}

void read_ways(Reader& reader, const std::string& key, const YAML::Node& node,
               std::vector<WaySettings>& into) {
  for (const YAML::Node& way : node)
    read_way(reader, key, way, into);
}

std::string show(const WaySettings& way) {
  std::string out = std::string{kind_of(way)} + ": ";
  WaySettings shown = way;
  if (auto* exec = std::get_if<ExecSettings>(&shown))
    return out + show(Setting{"exec", Command{&exec->argv}});
  std::string settings;
  for (const Setting& setting : way_table(shown))
    settings.append(settings.empty() ? "" : ", ")
        .append(setting.key)
        .append(": ")
        .append(show(setting));
  return out + "{" + settings + "}";
}

}  // namespace drivers::config

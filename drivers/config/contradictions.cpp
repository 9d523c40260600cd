#include "drivers/config/contradictions.h"

#include <algorithm>

#include "drivers/config/table.h"
#include "drivers/config/ways.h"

namespace drivers::config {

namespace {

struct Rule {
  std::vector<std::string> keys;
  bool broken;
  std::string why;
};

std::vector<Rule> of_loads(const actors::Settings& s) {
  return {{{"consolidation.return_threshold", "distribution.threshold"},
           s.return_threshold_pct >= s.distribution_threshold_pct,
           "must be below the threshold of distribution, or VMs would go to and fro"},
          {{"warehouse.admission_margin", "distribution.threshold"},
           s.admission_margin_pct >= s.distribution_threshold_pct,
           "must be below the threshold of distribution, or no VM would ever be admitted"},
          {{"distribution.min_relief", "distribution.threshold"},
           s.distribution_min_relief_pct >= s.distribution_threshold_pct,
           "must be below the threshold of distribution, or no VM but the top one could ever go"},
          {{"hold.server", "window"},
           s.hold_server.count() != 0 && s.hold_server < s.window,
           "must not be shorter than the window, which starts anew at arrival; or 0s, for none"},
          {{"hold.warehouse", "window"},
           s.hold_warehouse.count() != 0 && s.hold_warehouse < s.window,
           "must not be shorter than the window, which starts anew at arrival; or 0s, for none"}};
}

std::vector<Rule> of_times(const Loaded& in) {
  const auto& [migration, power] = std::tie(in.settings.migration, in.settings.power);
  const LibvirtSettings& libvirt = in.drivers.libvirt;
  return {{{"migration.cool_down", "migration.cool_down_longest"},
           migration.cool_down > migration.cool_down_longest,
           "must not be longer than what it doubles up to"},
          {{"power.backoff_first", "power.backoff_longest"},
           power.backoff_first > power.backoff_longest,
           "must not be longer than what it doubles up to"},
          {{"libvirt.reconnect_first", "libvirt.reconnect_longest"},
           libvirt.reconnect_first > libvirt.reconnect_longest,
           "must not be longer than what it doubles up to"},
          {{"power.wake_each", "power.wake_deadline"},
           power.wake_each > power.wake_deadline,
           "must not be longer than all ways of waking together may take"},
          {{"power.order_ttl", "power.suspend_deadline"},
           power.order_ttl > power.suspend_deadline,
           "must not be longer than the deadline of a suspend, or an agent could obey an order "
           "that was "
           "given up"},
          {{"exec.limit", "power.wake_each"},
           in.drivers.wake.exec_limit > power.wake_each,
           "must not be longer than the time of one way of waking"}};
}

std::vector<Rule> of_redis(const RedisSettings& redis) {
  return {{{"redis.listen", "redis.url"},
           !redis.url.empty() && !redis.listen.empty(),
           "is for nemuri's own Redis, and redis.url names another one; keep one of the two"},
          {{"redis.password_file", "redis.url"},
           redis.url.empty() && !redis.password_file.empty(),
           "is for the Redis of redis.url, and there is none; nemuri's own makes its passwords"}};
}

std::string values_of(const Rule& rule, const Table& table) {
  std::string out;
  for (const std::string& key : rule.keys) {
    const auto setting = std::ranges::find(table, key, &Setting::key);
    out += (out.empty() ? "" : ", ") + key + " is " + show(*setting);
  }
  return out;
}

void apply(Reader& reader, const Rule& rule, const Table& table) {
  const auto faulty = [&](const std::string& key) { return reader.faulty(key); };
  if (!rule.broken || std::ranges::any_of(rule.keys, faulty)) return;
  const auto written = std::ranges::find_if(
      rule.keys, [&](const std::string& key) { return reader.places().contains(key); });
  reader.fault(reader.places().at(*written), rule.keys.front(),
               rule.why + " (" + values_of(rule, table) + ")");
}

void check_roles(Reader& reader, const std::vector<actors::HostPlan>& hosts) {
  const auto place = reader.places().find("hosts");
  const YAML::Mark mark = place == reader.places().end() ? YAML::Mark{} : place->second;
  if (hosts.empty())
    return reader.fault(mark, "hosts",
                        "there are no hosts; expected at least one warehouse and one server node");
  for (const actors::Role role : {actors::Role::warehouse, actors::Role::server}) {
    const std::string name{actors::name_of(role)};
    if (std::ranges::none_of(hosts, [&](const auto& host) { return host.role == role; }))
      reader.fault(mark, "hosts",
                   std::string{"there is no "}
                       .append(name)
                       .append(" node; expected at least one host of `role: ")
                       .append(name)
                       .append("`"));
  }
}

// The time that a way takes for itself; none: it does not wait for an answer.
const reactor::Duration* limit_of(const WaySettings& way) {
  return std::visit(
      [](const auto& settings) -> const reactor::Duration* {
        if constexpr (requires { settings.limit; }) return &settings.limit;
        return nullptr;
      },
      way);
}

// What would only make sense with TLS.
const char* without_tls(const WaySettings& way) {
  return std::visit(
      [](const auto& settings) -> const char* {
        if constexpr (requires { settings.pin; }) {
          if (settings.url.starts_with("https:")) return nullptr;
          return !settings.pin.empty() ? "pin" : !settings.ca_file.empty() ? "ca_file" : nullptr;
        }
        return nullptr;
      },
      way);
}

void check_way(Reader& reader, const std::string& label, const WaySettings& way,
               reactor::Duration wake_each) {
  const auto fault = [&](const std::string& key, std::string why) {
    const auto written = reader.places().find(label + key);
    const auto other = reader.places().find("power.wake_each");
    if (reader.faulty(label + key)) return;
    if (written != reader.places().end() || other != reader.places().end())
      reader.fault(written != reader.places().end() ? written->second : other->second, label + key,
                   std::move(why));
  };
  if (const auto* limit = limit_of(way); limit != nullptr && *limit > wake_each)
    fault("limit", "must not be longer than the time of one way of waking, power.wake_each");
  if (const char* key = without_tls(way); key != nullptr && !reader.faulty(label + "url"))
    fault(key, "is for TLS, and the url is http; write https, or leave it out");
}

void check_ways(Reader& reader, const Loaded& in) {
  if (reader.faulty("power.wake_each")) return;
  for (const auto& [host, power] : in.drivers.wake.hosts)
    for (std::size_t i = 0; i < power.wake.size(); ++i)
      check_way(reader, label_of("hosts." + host.text + ".wake", i, power.wake[i]), power.wake[i],
                in.settings.power.wake_each);
}

// A host whose role was not understood could be the one that is missed.
bool roles_are_known(const Reader& reader, const std::vector<actors::HostPlan>& hosts) {
  if (reader.faulty("hosts")) return false;
  return std::ranges::none_of(hosts, [&](const actors::HostPlan& host) {
    return reader.faulty("hosts." + host.name.text + ".role");
  });
}

// A name that was misspelt would let a host sleep that must not.
void check_never_sleep(Reader& reader, const actors::Settings& settings) {
  const auto place = reader.places().find("power.never_sleep");
  if (place == reader.places().end()) return;
  for (const std::string& word : settings.power.never_sleep) {
    const actors::PowerSettings only{.never_sleep = {word}};
    if (std::ranges::none_of(settings.hosts, [&](const actors::HostPlan& host) {
          return actors::never_sleeps(host, only);
        }))
      reader.fault(place->second, place->first,
                   "'" + word + "' is neither a host nor a label of one; see `hosts:`");
  }
}

}  // namespace

void check_together(Reader& reader, Loaded& loaded) {
  const Table table = settings_table(loaded);
  for (const auto& rules :
       {of_loads(loaded.settings), of_times(loaded), of_redis(loaded.drivers.redis)})
    for (const Rule& rule : rules)
      apply(reader, rule, table);
  check_ways(reader, loaded);
  if (!reader.faulty("hosts")) check_never_sleep(reader, loaded.settings);
  if (roles_are_known(reader, loaded.settings.hosts)) check_roles(reader, loaded.settings.hosts);
}

}  // namespace drivers::config

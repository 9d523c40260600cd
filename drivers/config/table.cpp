#include "drivers/config/table.h"

#include <initializer_list>
#include <iterator>

#include "actors/policy/policy.h"
#include "drivers/config/text_rules.h"

namespace drivers::config {

namespace {

constexpr auto kRestart = Takes::restart;
constexpr std::int64_t kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                       kDay = 24 * kHour;
constexpr std::int64_t kMebi = 1 << 20, kGibi = 1 << 30;

Number time(reactor::Duration& value, std::int64_t least, std::int64_t most) {
  return {&value, Measure::milliseconds, least, most};
}
Number time_or_zero(reactor::Duration& value, std::int64_t least, std::int64_t most) {
  return {&value, Measure::milliseconds, least, most, true};
}
Number share(std::int64_t& value, std::int64_t least, std::int64_t most) {
  return {&value, Measure::percent, least, most};
}
Number count(std::int64_t& value, std::int64_t least, std::int64_t most) {
  return {&value, Measure::count, least, most};
}
Number bytes(std::int64_t& value, std::int64_t least, std::int64_t most) {
  return {&value, Measure::bytes, least, most};
}
Number rate(std::int64_t& value) {
  return {&value, Measure::mebibytes_per_second, 1, 100'000, true};
}

Choice policy(std::string& value) {
  const std::vector<std::string_view> names = actors::policy_names();
  return {{names.begin(), names.end()},
          [&value] { return value; },
          [&value](const std::string& word) { value = word; }};
}

Table basics(actors::Settings& s, DriverSettings& d) {
  return {{"pool", Text{&s.pool, bad_name}, kRestart},
          {"state_dir", Text{&d.state_dir, bad_absolute_path}, kRestart},
          {"dry_run", Flag{&s.dry_run}, kRestart},
          {"policy", policy(s.policy), kRestart},
          {"snapshot_every", time(s.snapshot_every, 10 * kSecond, kDay)},
          {"start_patience", time(s.start_patience, 0, kHour)},
          {"exclude", Names{&s.excluded}}};
}

Table rules(actors::Settings& s) {
  return {{"window", time(s.window, 2 * kSecond, 10 * kMinute)},
          {"window_cover", share(s.window_cover_pct, 50, 100)},
          {"distribution.threshold", share(s.distribution_threshold_pct, 10, 100)},
          {"distribution.min_relief", share(s.distribution_min_relief_pct, 0, 100)},
          {"distribution.parallel", count(s.distribution_parallel, 1, 64)},
          {"server.vms_per_node", count(s.vms_per_server_node, 1, 1'000)},
          {"hold.server", time_or_zero(s.hold_server, kSecond, kDay)},
          {"hold.warehouse", time_or_zero(s.hold_warehouse, kSecond, kDay)},
          {"consolidation.return_threshold", share(s.return_threshold_pct, 1, 99)},
          {"consolidation.retry", time(s.return_retry, 100, kHour)},
          {"warehouse.tickets", count(s.tickets, 1, 64)},
          {"warehouse.admission_margin", share(s.admission_margin_pct, 0, 99)},
          {"warehouse.memory_reserve",
           Number{&s.memory_reserve, Measure::kibibytes, 0, 1'024 * kGibi / 1'024}},
          {"warehouse.queue_limit", count(s.queue_limit, 1, 100'000)},
          {"warehouse.ticket_expiry", time(s.ticket_expiry, kSecond, kDay)}};
}

Table migration(actors::MigrationSettings& m) {
  return {{"migration.mode", choice_of(m.mode)},
          {"migration.bandwidth", rate(m.bandwidth_mib_s)},
          {"migration.postcopy_bandwidth", rate(m.postcopy_bandwidth_mib_s)},
          {"migration.precopy_limit_per_gib", time(m.precopy_limit_per_gib, kSecond, kDay)},
          {"migration.look_again", time(m.look_again, 100, kMinute)},
          {"migration.doubt_limit", time(m.doubt_limit, kSecond, kHour)},
          {"migration.resume_tries", count(m.resume_tries, 0, 1'000)},
          {"migration.resume_wait", time(m.resume_wait, 100, kHour)},
          {"migration.resume_limit", time(m.resume_limit, kSecond, kDay)},
          {"migration.half_open_after", time(m.half_open_after, kSecond, kHour)},
          {"migration.preflight_wait", time_or_zero(m.preflight_wait, 100, kMinute)},
          {"migration.on_lost", choice_of(m.on_lost)},
          {"migration.cool_down", time(m.cool_down, kSecond, kDay)},
          {"migration.cool_down_longest", time(m.cool_down_longest, kSecond, kDay)}};
}

Table power(actors::PowerSettings& p, DriverSettings& d) {
  return {{"power.idle_before_sleep", time(p.idle_before_sleep, 0, kDay)},
          {"power.suspend_deadline", time(p.suspend_deadline, kSecond, kHour)},
          {"power.wake_each", time(p.wake_each, kSecond, kHour)},
          {"power.wake_resend", time(p.wake_resend, kSecond, kHour)},
          {"power.wake_deadline", time(p.wake_deadline, kSecond, kHour)},
          {"power.backoff_first", time(p.backoff_first, kSecond, kDay)},
          {"power.backoff_longest", time(p.backoff_longest, kSecond, kDay)},
          {"power.order_ttl", time(p.order_ttl, kSecond, 10 * kMinute)},
          {"power.awake_least", time(p.awake_least, 0, kDay)},
          {"power.proof", choice_of(p.proof)},
          {"power.proof_max_age", time(p.proof_max_age, kHour, 366 * kDay)},
          {"power.drill_sleep", time(p.drill_sleep, kSecond, kHour)},
          {"power.reserve_hosts", NumberOrAuto{&p.reserve, 0, 10'000}},
          {"power.reserve_window", time(p.reserve_window, kMinute, kDay)},
          {"power.never_sleep", Names{&p.never_sleep}},
          {"power.rotate", Flag{&p.rotate}},
          {"power.dead_man", time_or_zero(p.dead_man, 5 * kMinute, 30 * kDay)},
          {"host.silent_after", time(p.silent_after, 2 * kSecond, kHour)},
          {"power.operations", count(d.wake.operations, 1, 256)},
          {"exec.limit", time(d.wake.exec_limit, 100, kHour)}};
}

Table guard(actors::GuardSettings& g) {
  return {{"guard.frozen_samples", Number{&g.frozen_samples, Measure::count, 3, 1'000, true}},
          {"guard.cpu_most", share(g.cpu_most_pct, 100, 1'000)},
          {"guard.clock_slack", time(g.clock_slack, kSecond, 10 * kMinute)},
          {"guard.steady_samples", count(g.steady_samples, 1, 100)},
          {"guard.silent_share", share(g.silent_share_pct, 1, 100)}};
}

Table flapping(actors::FlappingSettings& f) {
  return {
      {"flapping.trips", Number{&f.trips, Measure::count, 2, 100, true}},
      {"flapping.window", time(f.window, kMinute, kDay)},
      {"flapping.remember", time(f.remember, kMinute, 30 * kDay)},
      {"flapping.moves_per_hour", Number{&f.moves_per_hour, Measure::count, 1, 1'000'000, true}}};
}

Table alerts(actors::AlertSettings& a, AlertCommand& c) {
  return {{"alert.command", Command{&c.argv}},
          {"alert.limit", time(c.limit, 100, 10 * kMinute)},
          {"alert.every", time(a.every, kSecond, 30 * kDay)},
          {"alert.held_after", time(a.held_after, 0, kDay)},
          {"alert.lost_for", time(a.lost_for, 0, 30 * kDay)}};
}

Table redis(RedisSettings& r) {
  return {
      {"redis.url", Text{&r.url, bad_redis_url}, kRestart},
      {"redis.user", Text{&r.user, bad_name}, kRestart},
      {"redis.password_file", Text{&r.password_file, bad_path}, kRestart},
      {"redis.listen", Text{&r.listen, bad_listen_address}, kRestart},
      {"redis.keep", time(r.keep, kMinute, 30 * kDay), kRestart},
      {"redis.keep_bytes", bytes(r.keep_bytes, 16 * kMebi, 1'024 * kGibi), kRestart},
      {"redis.journal_keep_entries", count(r.journal_keep_entries, 1'000, 1'000'000'000), kRestart},
      {"redis.lease", time(r.lease, kSecond, 5 * kMinute), kRestart}};
}

Table libvirt(LibvirtSettings& l) {
  return {{"libvirt.migrate_calls", count(l.migrate_calls, 1, 256), kRestart},
          {"libvirt.control_calls", count(l.control_calls, 1, 256), kRestart},
          {"libvirt.call_limit", time(l.call_limit, kSecond, 10 * kMinute), kRestart},
          {"libvirt.keepalive_interval", Number{&l.keepalive_interval_s, Measure::seconds, 1, 60},
           kRestart},
          {"libvirt.keepalive_count", count(l.keepalive_count, 1, 20), kRestart},
          {"libvirt.reconnect_first", time(l.reconnect_first, 100, kHour), kRestart},
          {"libvirt.reconnect_longest", time(l.reconnect_longest, 100, kHour), kRestart}};
}

Table tail(TailSettings& t) {
  return {{"tail.socket", Text{&t.socket, bad_socket_path}, kRestart},
          {"tail.group", Text{&t.group, bad_group}, kRestart},
          {"tail.client_bytes", bytes(t.client_bytes, 64LL * 1'024, kGibi), kRestart},
          {"tail.history_bytes", bytes(t.history_bytes, 0, 16 * kGibi), kRestart}};
}

}  // namespace

Table settings_table(Loaded& into) {
  auto& [settings, drivers] = into;
  Table all;
  for (Table part : {basics(settings, drivers), rules(settings), migration(settings.migration),
                     power(settings.power, drivers), guard(settings.guard),
                     flapping(settings.flapping), alerts(settings.alerts, drivers.alert),
                     redis(drivers.redis), libvirt(drivers.libvirt), tail(drivers.tail)})
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  return all;
}

Table host_table(actors::HostPlan& plan, HostPower& power) {
  return {{"name", Text{&plan.name.text, bad_name}},
          {"role", choice_of(plan.role), kRestart},
          {"may_sleep", Flag{&plan.may_sleep}},
          {"labels", Names{&plan.labels}},
          {"libvirt_uri", Text{&plan.libvirt_uri, bad_libvirt_uri}},
          {"suspend.verify", choice_of(plan.verify)},
          {"wake", Ways{&power.wake}},
          {"power_command", Command{&power.power_command}}};
}

}  // namespace drivers::config

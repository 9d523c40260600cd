// What the actors and the policy are told to do. conf.yaml is the manual; drivers/config fills
// this, the journal carries it whole, and a replay takes it from there.
#pragma once

#include "actors/ports/hypervisor.h"

namespace actors {

using namespace std::string_view_literals;
using reactor::Duration;

enum class Role { warehouse, server };
constexpr auto names(Role) {
  return std::array{"warehouse"sv, "server"sv};
}

/// How a host proves that it sleeps, after its goodbye was acknowledged (`suspend.verify`).
enum class SuspendProof {
  none,     ///< silence for `host.silent_after`
  command,  ///< and the host's power command says asleep
  s3,       ///< and the first way that reads the power state says asleep, or off, as most BMCs do
};
constexpr auto names(SuspendProof) {
  return std::array{"none"sv, "command"sv, "s3"sv};
}

struct HostPlan {
  HostId name;
  Role role = Role::server;
  bool may_sleep = true;
  SuspendProof verify = SuspendProof::none;
  std::string libvirt_uri;             ///< empty: what the host's agent says
  std::vector<std::string> labels;     ///< what else it does: "nfs"; for power.never_sleep
  std::vector<std::string> wake_ways;  ///< how it may be woken, in turn: "wol", "ipmi", for people
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("name", self.name)("role", self.role)("may_sleep", self.may_sleep);
    archive("verify", self.verify)("libvirt_uri", self.libvirt_uri);
    archive("labels", self.labels)("wake_ways", self.wake_ways);
  }
};

/// What becomes of a VM of which no host has the whole.
enum class OnLost {
  leave,   ///< to the operator: what is left of it stays where it is
  restart  ///< that is removed, and it is started anew from its kept definition
};
constexpr auto names(OnLost) {
  return std::array{"leave"sv, "restart"sv};
}

struct MigrationSettings {
  ports::MigrationMode mode = ports::MigrationMode::postcopy;
  std::int64_t bandwidth_mib_s = 0;           ///< 0: no limit
  std::int64_t postcopy_bandwidth_mib_s = 0;  ///< 0: no limit
  Duration precopy_limit_per_gib{800'000};    ///< then aborted; postcopy has no limit
  Duration look_again{1'000};                 ///< between looks at both ends while in doubt
  Duration doubt_limit{60'000};               ///< in doubt for longer: stranded
  std::int64_t resume_tries = 5;              ///< of a broken postcopy; 0: left to the operator
  Duration resume_wait{5'000};                ///< after a try that failed, doubling
  Duration resume_limit{300'000};             ///< a try that takes longer is stuck
  Duration half_open_after{20'000};           ///< an end that is still waiting then has not noticed
  Duration preflight_wait{1'000};             ///< for a target's answer before a move to it begins
  OnLost on_lost = OnLost::leave;
  Duration cool_down{60'000};  ///< after a failure, doubling up to
  Duration cool_down_longest{1'800'000};
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("mode", self.mode)("bandwidth_mib_s", self.bandwidth_mib_s);
    archive("postcopy_bandwidth_mib_s", self.postcopy_bandwidth_mib_s);
    archive("precopy_limit_per_gib_ms", self.precopy_limit_per_gib);
    archive("look_again_ms", self.look_again)("doubt_limit_ms", self.doubt_limit);
    archive("resume_tries", self.resume_tries)("resume_wait_ms", self.resume_wait);
    archive("resume_limit_ms", self.resume_limit)("half_open_after_ms", self.half_open_after);
    archive("preflight_wait_ms", self.preflight_wait);
    archive("on_lost", self.on_lost);
    archive("cool_down_ms", self.cool_down)("cool_down_longest_ms", self.cool_down_longest);
  }
};

/// Whether a host must have shown that it wakes before it may sleep (`power.proof`).
enum class Proof {
  off,
  required  ///< within `power.proof_max_age`; one that has not is drilled when it is empty
};
constexpr auto names(Proof) {
  return std::array{"off"sv, "required"sv};
}

struct PowerSettings {
  Duration idle_before_sleep{0};
  Duration awake_least{0};  ///< from a wake to the next sleep
  Duration silent_after{3'000};
  Duration suspend_deadline{30'000};
  Duration wake_each{60'000};                                  ///< per way of waking
  Duration wake_resend{10'000};                                ///< by the same way
  Duration wake_deadline{180'000};                             ///< in all
  Duration backoff_first{60'000}, backoff_longest{1'800'000};  ///< of a faulty host
  Duration order_ttl{10'000};
  Proof proof = Proof::required;
  Duration proof_max_age{30LL * 24 * 3'600'000};
  Duration drill_sleep{10'000};            ///< asleep in a drill, before it is woken
  std::optional<std::int64_t> reserve{0};  ///< empty server nodes that stay awake; none: auto
  Duration reserve_window{3'600'000};      ///< auto: the busiest stretch of it counts
  std::vector<std::string> never_sleep;    ///< hosts by their names, or by a label of theirs
  bool rotate = false;                     ///< who has slept least often sleeps first
  Duration dead_man{12LL * 3'600'000};     ///< a host's own clock wakes it after that; 0: not
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("idle_before_sleep_ms", self.idle_before_sleep)("silent_after_ms", self.silent_after);
    archive("suspend_deadline_ms", self.suspend_deadline)("wake_each_ms", self.wake_each);
    archive("wake_deadline_ms", self.wake_deadline)("backoff_first_ms", self.backoff_first);
    archive("backoff_longest_ms", self.backoff_longest)("order_ttl_ms", self.order_ttl);
    archive("awake_least_ms", self.awake_least)("wake_resend_ms", self.wake_resend);
    archive("proof", self.proof)("proof_max_age_ms", self.proof_max_age);
    archive("drill_sleep_ms", self.drill_sleep)("reserve", self.reserve);
    archive("reserve_window_ms", self.reserve_window)("rotate", self.rotate);
    archive("never_sleep", self.never_sleep);
    archive("dead_man_ms", self.dead_man);
  }
};

/// Whatever may_sleep of the host says.
bool never_sleeps(const HostPlan& plan, const PowerSettings& settings);

/// A VM that goes out and back too often, and too many moves in the pool.
struct FlappingSettings {
  std::int64_t trips = 12;  ///< out and back, within `window`: too often; 0: not watched
  Duration window{3'600'000};
  Duration remember{86'400'000};    ///< how often it was so: each time it stays out for longer
  std::int64_t moves_per_hour = 0;  ///< in the pool; 0: no limit
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("trips", self.trips)("window_ms", self.window)("remember_ms", self.remember);
    archive("moves_per_hour", self.moves_per_hour);
  }
};

/// Of what people are told (actors/director/alerts.h).
struct AlertSettings {
  Duration every{900'000};      ///< repeated, till it clears
  Duration held_after{10'000};  ///< a pool that is blind or held for less is no trouble
  Duration lost_for{86'400'000};
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("every_ms", self.every)("held_after_ms", self.held_after);
    archive("lost_for_ms", self.lost_for);
  }
};

/// What of a host's samples is not believed (actors/host/sample_guard.h), and when too few hosts
/// speak.
struct GuardSettings {
  std::int64_t frozen_samples = 10;  ///< the same in every figure, in a row; 0: not judged
  std::int64_t cpu_most_pct = 150;   ///< of what all cores of a host can give
  Duration clock_slack{5'000};
  std::int64_t steady_samples = 5;     ///< of a clock at a new place, then it is believed
  std::int64_t silent_share_pct = 50;  ///< of the hosts that should speak; more silent: held
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("frozen_samples", self.frozen_samples)("cpu_most_pct", self.cpu_most_pct);
    archive("clock_slack_ms", self.clock_slack)("steady_samples", self.steady_samples);
    archive("silent_share_pct", self.silent_share_pct);
  }
};

/// Defaults: paper §III-C where it gives a number, DESIGN.md §1 otherwise. Shares in percent.
struct Settings {
  std::string pool = "default";
  std::string policy = "paper2011";
  Duration window{10'000};
  std::int64_t window_cover_pct = 80;  ///< less of it covered by samples: no decision
  std::int64_t distribution_threshold_pct = 90;
  std::int64_t distribution_min_relief_pct = 10;
  std::int64_t distribution_parallel = 1;
  std::int64_t vms_per_server_node = 1;
  Duration hold_server{20'000}, hold_warehouse{20'000};
  std::int64_t return_threshold_pct = 50;
  Duration return_retry{1'000};
  std::int64_t tickets = 1;
  std::int64_t queue_limit = 1'000;
  std::int64_t admission_margin_pct = 5;
  Kib memory_reserve{512LL * 1024};
  Duration ticket_expiry{60'000};
  Duration snapshot_every{300'000};
  Duration start_patience{20'000};  ///< for hosts that were not heard yet
  bool dry_run = false;
  MigrationSettings migration;
  PowerSettings power;
  GuardSettings guard;
  FlappingSettings flapping;
  AlertSettings alerts;
  std::vector<HostPlan> hosts;        ///< in the order in which they are asked and woken
  std::vector<std::string> excluded;  ///< VM names or UUIDs that nemuri leaves alone
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("pool", self.pool)("policy", self.policy)("window_ms", self.window);
    archive("window_cover_pct", self.window_cover_pct);
    archive("distribution_threshold_pct", self.distribution_threshold_pct);
    archive("distribution_min_relief_pct", self.distribution_min_relief_pct);
    archive("distribution_parallel", self.distribution_parallel);
    archive("vms_per_server_node", self.vms_per_server_node);
    archive("hold_server_ms", self.hold_server)("hold_warehouse_ms", self.hold_warehouse);
    archive("return_threshold_pct", self.return_threshold_pct);
    archive("return_retry_ms", self.return_retry)("tickets", self.tickets);
    archive("queue_limit", self.queue_limit)("admission_margin_pct", self.admission_margin_pct);
    archive("memory_reserve_kib", self.memory_reserve)("ticket_expiry_ms", self.ticket_expiry);
    archive("start_patience_ms", self.start_patience);
    archive("snapshot_every_ms", self.snapshot_every)("dry_run", self.dry_run);
    archive("migration", self.migration)("power", self.power)("guard", self.guard);
    archive("flapping", self.flapping)("alerts", self.alerts);
    archive("hosts", self.hosts)("excluded", self.excluded);
  }
};

}  // namespace actors

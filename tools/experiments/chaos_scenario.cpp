// The pool and the load of a seed. What may take long in production (back-offs, limits)
// is drawn short, so that calm of two minutes is long enough to settle whatever came before.
#include <algorithm>
#include <utility>

#include "reactor/random.h"
#include "tools/experiments/chaos.h"
#include "tools/experiments/chaos_faults.h"

namespace experiments {

using namespace drivers::sim;

using actors::Role;
using actors::SuspendProof;
using actors::ports::MigrationMode;
using reactor::Random;

namespace {

constexpr Duration kLength{300'000}, kCalm{180'000};  // calm: from then on
constexpr std::int64_t kKibPerMib = 1'024, kMibPerGib = 1'024;
constexpr std::int64_t kMegabyte = 1'000'000;
constexpr Ucores kPercent = 10'000;
constexpr std::int64_t kLeastBytes = 100 * kMegabyte;  // of a link
constexpr std::int64_t kMostDirty = kLeastBytes / 8;   // so that every precopy can come to its end

Duration ms(Random& random, std::int64_t low, std::int64_t high) {
  return Duration{random.between(low, high)};
}

// Some pools want proof that hosts wake, some a reserve.
void draw_power(Random& random, actors::PowerSettings& out) {
  if (random.chance(250)) out.proof = actors::Proof::required;
  out.drill_sleep = ms(random, 1'000, 3'000);
  out.reserve = random.chance(800) ? 0 : random.between(1, 2);
  if (random.chance(50)) out.reserve.reset();
  out.awake_least = random.chance(800) ? Duration{0} : ms(random, 0, 5'000);
  out.rotate = random.chance(300);
}

actors::Settings settings(Random random) {
  actors::Settings out = default_settings();
  out.window = ms(random, 5, 10) * 1'000;
  out.hold_server = ms(random, 5'000, 15'000);
  out.hold_warehouse = ms(random, 5'000, 15'000);
  out.tickets = random.between(1, 2);
  out.distribution_parallel = random.between(1, 2);
  out.ticket_expiry = ms(random, 10'000, 20'000);
  out.snapshot_every = ms(random, 30'000, 120'000);
  const std::int64_t way = random.between(0, 9);
  out.migration.mode = way < 6   ? MigrationMode::postcopy
                       : way < 7 ? MigrationMode::precopy
                       : way < 8 ? MigrationMode::precopy_then_postcopy
                                 : MigrationMode::postcopy_after_precopy;
  out.migration.precopy_limit_per_gib = ms(random, 5'000, 15'000);
  out.migration.doubt_limit = ms(random, 5'000, 20'000);
  out.migration.resume_limit = Duration{20'000};
  out.migration.resume_wait = ms(random, 500, 2'000);
  out.migration.resume_tries = 100;  // till the faults are over
  out.migration.half_open_after = ms(random, 5'000, 15'000);
  out.migration.cool_down = ms(random, 2'000, 5'000);
  out.migration.cool_down_longest = Duration{10'000};
  out.power.idle_before_sleep = random.chance(500) ? Duration{0} : ms(random, 0, 10'000);
  out.power.suspend_deadline = ms(random, 12'000, 20'000);
  out.power.wake_each = ms(random, 4'000, 15'000);
  out.power.wake_deadline = ms(random, 15'000, 20'000);
  out.power.backoff_first = ms(random, 2'000, 5'000);
  out.power.backoff_longest = Duration{10'000};
  out.migration.on_lost = random.chance(500) ? actors::OnLost::restart : actors::OnLost::leave;
  draw_power(random, out.power);
  return out;
}

LinkModel link(Random random) {
  return {.bytes_s = random.between(kLeastBytes, 12 * kLeastBytes),
          .usable_pct = random.between(50, 100),
          .setup = ms(random, 200, 1'500),
          .downtime = ms(random, 50, 500),
          .downtime_limit = Duration{300}};
}

HostModel host(Random random, std::int64_t place, bool warehouse) {
  HostModel out;
  out.plan.name.text = (warehouse ? "wh" : "srv") + std::to_string(place);
  out.plan.role = warehouse ? Role::warehouse : Role::server;
  out.plan.may_sleep = random.chance(900);
  out.plan.verify = random.chance(500) ? SuspendProof::command : SuspendProof::none;
  out.cores = warehouse ? random.between(1, 4) : random.between(2, 4);
  out.capacity.count = out.cores * 1'000;
  out.memory.count =
      random.between(warehouse ? 8 : 4, warehouse ? 32 : 8) * kMibPerGib * kKibPerMib;
  out.overhead = random.between(0, 5) * kPercent;
  out.asleep = !warehouse && random.chance(300);
  out.suspend_takes = ms(random, 1'000, 8'000);
  out.resume_takes = ms(random, 1'000, 8'000);
  return out;
}

std::vector<HostModel> hosts(const Random& random) {
  Random of_pool = random.branch(0);
  const std::int64_t count = of_pool.between(6, 20);
  const std::int64_t warehouses = of_pool.between(1, std::max(count / 4, std::int64_t{1}));
  std::vector<HostModel> out;
  for (std::int64_t i = 0; i < count; ++i)
    out.push_back(host(random.branch(static_cast<std::uint64_t>(i) + 1), i, i < warehouses));
  return out;
}

std::vector<LoadStep> load(Random random, std::int64_t vcpus) {
  std::vector<LoadStep> out;
  for (Duration at{0}; at < kCalm; at += random.waiting(Duration{40'000}) + Duration{1}) {
    const std::int64_t pct = random.chance(350) ? random.between(50, 100) : random.between(0, 10);
    out.push_back({at, pct * vcpus * kPercent});
  }
  return out;
}

VmModel vm(Random random, std::int64_t place, const actors::HostId& on) {
  const std::int64_t vcpus = random.between(1, 2);
  return {.name = "vm" + std::to_string(place),
          .on = on,
          .vcpus = vcpus,
          .memory = {random.between(256, 2'048) * kKibPerMib},
          .dirty_bytes = random.between(0, kMostDirty),
          .load = load(random.branch(0), vcpus)};
}

// Most begin on warehouse nodes, some have a server node to themselves.
std::vector<VmModel> vms(const Random& random, const std::vector<HostModel>& hosts) {
  std::vector<VmModel> out;
  for (const HostModel& host : hosts) {
    Random here = random.branch(out.size());
    const std::int64_t most = host.plan.role == Role::warehouse ? here.between(1, 6) : 1;
    if (host.asleep || (host.plan.role == Role::server && here.chance(700))) continue;
    for (std::int64_t i = 0; i < most; ++i) {
      const auto place = static_cast<std::int64_t>(out.size());
      out.push_back(vm(here.branch(static_cast<std::uint64_t>(i)), place, host.plan.name));
    }
  }
  return out;
}

}  // namespace

Scenario chaos_scenario(ChaosSeed seed) {
  const Random random{static_cast<std::uint64_t>(seed.seed)};
  Scenario out;
  out.name = "chaos";
  out.seed = seed.seed;
  out.length = kLength;
  out.settings = settings(random.branch(1));
  out.link = link(random.branch(2));
  out.hosts = hosts(random.branch(3));
  out.vms = vms(random.branch(4), out.hosts);
  out.faults = draw_faults(random.branch(5), seed.rate, out, kCalm);
  for (const HostModel& host : out.hosts)
    out.settings.hosts.push_back(host.plan);
  return out;
}

}  // namespace experiments

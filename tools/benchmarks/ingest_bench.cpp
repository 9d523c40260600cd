// What one VM sample costs on its way in: RESP through hiredis' reader, the decoder, the director.
//
// Process CPU per VM sample (items); a batch is 100 hosts of 20 VMs, as XREAD COUNT 100 gives them.
// All are parked on warehouse nodes, as nearly all are in a pool that is consolidated: what an idle
// second costs, not what decisions cost.
// Goal: a million samples a second and core (LIMITS.md §10).
#include <benchmark/benchmark.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <memory>

#include "actors/director/director.h"
#include "drivers/redis/entries.h"
#include "drivers/redis/wire.h"

namespace {

using namespace actors;

constexpr int kHosts = 100, kVms = 20;
constexpr std::int64_t kWarm = 30;  // seconds: windows full, all VMs parked

VmId vm_id(int host, int vm) {
  return {1, static_cast<std::uint64_t>(host) << 32U | static_cast<std::uint64_t>(vm)};
}

HostId host_id(int host) {
  return {"host" + std::to_string(host)};
}

ports::HostSample sample_of(int host, std::int64_t seq) {
  ports::HostSample out;
  out.host = host_id(host);
  out.boot = {"boot"};
  out.seq = seq;
  out.revision = 1;
  out.t = reactor::Duration{1'000 * seq};
  out.dt = reactor::Duration{1'000};
  out.use.cpu = {400 + seq % 2};  // the same again and again would not be believed
  for (int vm = 0; vm < kVms; ++vm)
    out.vms.push_back({vm_id(host, vm), {.cpu = {20}, .memory = {1'000'000}}});
  return out;
}

void bulk(std::string& out, const std::string& text) {
  out += "$" + std::to_string(text.size()) + "\r\n";
  out += text + "\r\n";
}

/// One second of all hosts, as Redis sends it.
std::string resp_of(std::int64_t seq) {
  std::string out = "*" + std::to_string(kHosts) + "\r\n";
  for (int host = 0; host < kHosts; ++host) {
    const auto fields = drivers::redis::encode_stats(sample_of(host, seq));
    out += "*2\r\n";
    bulk(out, std::to_string(seq) + "-" + std::to_string(host));
    out += "*" + std::to_string(fields.size() * 2) + "\r\n";
    for (const auto& [name, text] : fields) {
      bulk(out, name);
      bulk(out, text);
    }
  }
  return out;
}

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

std::unique_ptr<redisReply, FreeReply> parse(const std::string& bytes) {
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader{redisReaderCreate(),
                                                                    redisReaderFree};
  void* reply = nullptr;
  redisReaderFeed(reader.get(), bytes.data(), bytes.size());
  redisReaderGetReply(reader.get(), &reply);
  return std::unique_ptr<redisReply, FreeReply>{static_cast<redisReply*>(reply)};
}

std::unique_ptr<Director> director_of_all() {
  Settings settings;
  for (int host = 0; host < kHosts; ++host)
    settings.hosts.push_back({.name = host_id(host),
                              .role = Role::warehouse,
                              .libvirt_uri = {},
                              .labels = {},
                              .wake_ways = {}});
  auto director = std::make_unique<Director>(settings);
  std::vector<Input> inputs{input::Leading{1}};
  for (int host = 0; host < kHosts; ++host) {
    ports::HostHello hello;
    hello.host = host_id(host);
    hello.boot = {"boot"};
    hello.revision = 1;
    hello.capacity = {32'000};
    hello.cores = 32;
    hello.memory = {256LL << 20};
    std::vector<ports::DomainLook> domains;
    for (int vm = 0; vm < kVms; ++vm) {
      hello.vms.push_back({vm_id(host, vm), "vm", 1, {1 << 20}, {}});
      domains.push_back({vm_id(host, vm), ports::DomainState::running, false, "vm", 1, {1 << 20}});
    }
    inputs.emplace_back(input::Hello{host_id(host), hello});
    inputs.emplace_back(input::Linked{host_id(host), std::move(domains)});
  }
  director->turn(reactor::Instant{reactor::Duration{1}}, inputs);
  return director;
}

void decode(benchmark::State& state) {
  const std::string bytes = resp_of(1);
  for ([[maybe_unused]] auto _ : state) {
    const auto reply = parse(bytes);
    benchmark::DoNotOptimize(drivers::redis::read_stats(*reply));
  }
  state.SetItemsProcessed(state.iterations() * kHosts * kVms);
}
BENCHMARK(decode);

void take(Director& director, const std::string& bytes, std::int64_t seq) {
  auto read = drivers::redis::read_stats(*parse(bytes));
  const reactor::Instant now{reactor::Duration{1'000 * seq + 5}};
  benchmark::DoNotOptimize(director.turn(
      now, {input::Stats{{"1-0"}, {"1-1"}, 0, std::move(read.batch.samples)}, input::Ticked{}}));
}

bool at_work(const Director& director) {
  constexpr std::ptrdiff_t kAll = std::ptrdiff_t{kHosts} * kVms;
  return std::ssize(director.pool().in_state(VmState::parked)) == kAll &&
         std::ranges::all_of(director.pool().hosts, [](const auto& host) {
           return host.second.actor.state() == HostState::awake;
         });
}

void decode_and_decide(benchmark::State& state) {
  const std::unique_ptr<Director> all = director_of_all();
  Director& director = *all;
  std::int64_t seq = 0;
  for (; seq < kWarm; ++seq)
    take(director, resp_of(seq + 1), seq + 1);
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    const std::string bytes = resp_of(++seq);
    state.ResumeTiming();
    take(director, bytes, seq);
  }
  if (!at_work(director)) return state.SkipWithError("not all hosts are awake, all VMs parked");
  state.SetItemsProcessed(state.iterations() * kHosts * kVms);
}
BENCHMARK(decode_and_decide);

}  // namespace

BENCHMARK_MAIN();

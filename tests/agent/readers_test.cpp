#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "drivers/agent/cgroup.h"
#include "drivers/agent/host_reader.h"
#include "drivers/agent/process_reader.h"
#include "drivers/agent/procfs.h"
#include "tests/redis/redis_fixture.h"
#include "tests/vm_id.h"

using namespace drivers::agent;
using redis_tests::TempFolder;

namespace {

// Recorded on a Debian 12 host: two CPUs, one virtio disk, one network card, two guests.
constexpr auto kStat = R"(cpu  2683 40 2623 236009 1859 7 63 171 500 0
cpu0 707 20 824 120139 29 3 5 61 250 0
cpu1 1976 20 1799 115870 1830 4 58 110 250 0
intr 183822 0 0 0
ctxt 372052
btime 1795448571
)";
constexpr auto kMeminfo = R"(MemTotal:       24684084 kB
MemFree:        24410028 kB
MemAvailable:   24379256 kB
Buffers:             764 kB
)";
constexpr auto kNetDev =
    R"(Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3319      30    0    0    0     0          0         0     3319      30    0    0    0     0       0          0
  eth0: 53725124    1571    0    0    0     0          0         0    61000     818    0    0    0     0       0          0
eth0.7:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
 eno2:1000 1571    0    0    0     0          0         0    2000     818    0    0    0     0       0          0
 br0:     5000     30    0    0    0     0          0         0     5000      30    0    0    0     0       0          0
 vnet0:     5000     30    0    0    0     0          0         0     5000      30    0    0    0     0       0          0
)";
constexpr auto kDiskstats = R"(   7       0 loop0 9 9 9 9 9 9 9 9 0 0 0 0 0 0 0 0 0
 254       0 vda 31854 9266 2000 15698 9193 6086 1000 2081 0 9820 18209 4760 58 164424 342 1502 86
 254       1 vda1 31854 9266 2000 15698 9193 6086 1000 2081 0 9820 18209 4760 58 164424 342 1502 86
 259       0 nvme0n1 1 0 10 1 1 0 20 1 0 1 1 0 0 0 0 0 0
 259       1 nvme0n1p1 1 0 10 1 1 0 20 1 0 1 1 0 0 0 0 0 0
 253       0 dm-0 1 0 10 1 1 0 20 1 0 1 1 0 0 0 0 0 0
)";

void write(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
  std::ofstream{path} << text;
}

std::string process_stat(std::string_view name, int utime, int stime, int start, char state = 'S') {
  return "4711 (" + std::string{name} + ") " + state + " 1 4711 4711 0 -1 4194560 100 0 0 0 " +
         std::to_string(utime) + " " + std::to_string(stime) + " 0 0 20 0 4 0 " +
         std::to_string(start) + " 3133440 413 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1\n";
}

}  // namespace

TEST_CASE("/proc/stat: work of all CPUs: without idling, waiting for disks and stolen time") {
  CHECK(busy_time(kStat, 100) == (2683 + 40 + 2623 + 7 + 63) * 10'000);
}

TEST_CASE("/proc/stat: something else: none") {
  CHECK(!busy_time("", 100));
  CHECK(!busy_time("cpu 1 2", 100));
  CHECK(!busy_time("intr 1 2 3 4 5 6 7 8", 100));
}

TEST_CASE("/proc/meminfo: used is what is not available") {
  const auto memory = memory_use(kMeminfo);
  REQUIRE(memory);
  CHECK(memory->total.count == 24684084);
  CHECK(memory->used.count == 24684084 - 24379256);
  CHECK(!memory_use("MemTotal: 5 kB\n"));
}

TEST_CASE("/proc/net/dev: real cards only, or those that were named") {
  CHECK(network_traffic(kNetDev, {}) == Traffic{53725124 + 1000, 61000 + 2000});
  CHECK(network_traffic(kNetDev, {"br0"}) == Traffic{5000, 5000});
  CHECK(network_traffic("", {}) == Traffic{});
}

TEST_CASE("/proc/diskstats: whole disks only, in bytes") {
  CHECK(disk_traffic(kDiskstats) == Traffic{2010 * 512, 1020 * 512});
}

TEST_CASE("/proc/PID/stat: a name with brackets and blanks: CPU and start are found") {
  const auto cpu = process_cpu(process_stat("qemu (vm) 1", 50, 25, 9000), 100);
  REQUIRE(cpu);
  CHECK(cpu->cpu_us == 750'000);
  CHECK(cpu->started == 9000);
}

TEST_CASE("/proc/PID/stat: a dead process or a cut text: none") {
  CHECK(!process_cpu(process_stat("qemu", 50, 25, 9000, 'Z'), 100));
  CHECK(!process_cpu("4711 (qemu) S 1 2 3", 100));
  CHECK(!process_cpu("", 100));
}

TEST_CASE("cgroup: v1: usage in nanoseconds, memory without droppable file pages") {
  const TempFolder folder;
  write(folder.file("cpuacct.usage"), "57690120063\n");
  CHECK(read_cgroup(folder.path())->cpu_us == 57690120);
  CHECK(!read_cgroup(folder.path())->memory);
  write(folder.file("memory.usage_in_bytes"), "89485312\n");
  write(folder.file("memory.limit_in_bytes"), "9223372036854771712\n");
  write(folder.file("memory.stat"),
        "cache 9228288\ninactive_file 1024\ntotal_inactive_file 1048576\n");
  CHECK(read_cgroup(folder.path())->memory->count == (89485312 - 1048576) / 1024);
  CHECK(!read_cgroup(folder.path())->memory_limit);
  write(folder.file("memory.limit_in_bytes"), "1073741824\n");
  CHECK(read_cgroup(folder.path())->memory_limit->count == 1024 * 1024);
}

TEST_CASE("cgroup: v2: usage_usec, memory.current, memory.max") {
  const TempFolder folder;
  write(folder.file("cpu.stat"), "usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\n");
  write(folder.file("memory.current"), "10485760\n");
  write(folder.file("memory.max"), "max\n");
  write(folder.file("memory.stat"), "anon 5\ninactive_file 5242880\n");
  const auto use = read_cgroup(folder.path());
  REQUIRE(use);
  CHECK(use->cpu_us == 123456);
  CHECK(use->memory->count == 5 * 1024);
  CHECK(!use->memory_limit);
}

TEST_CASE("cgroup: no such folder: none") {
  CHECK(!read_cgroup("/nonexistent"));
}

TEST_CASE("host reader: with a cgroup: CPU and capacity are the cgroup's, not the machine's") {
  const TempFolder folder;
  AgentSettings settings;
  settings.proc = folder.file("proc");
  write(settings.proc + "/stat", kStat);
  write(settings.proc + "/meminfo", kMeminfo);
  write(settings.proc + "/net/dev", kNetDev);
  CHECK(read_host(settings).value().cpu_us == 54'160'000);
  CHECK(read_size(settings).memory.count == 24684084);
  settings.cgroup = folder.file("cgroup");
  CHECK(!read_host(settings).ok());
  write(settings.cgroup + "/cpuacct.usage", "5000000\n");
  settings.capacity = {800};
  CHECK(read_host(settings).value().cpu_us == 5'000);
  CHECK(read_host(settings).value().network.in == 53726124);
  CHECK(read_size(settings).capacity.count == 800);
}

TEST_CASE("process reader: number reused by another process: not taken for the domain") {
  const TempFolder folder;
  const actors::VmId vm = vm_id("00000000-0000-0000-0000-000000000001");
  DomainList domains(1);
  domains[0].vm = vm;
  domains[0].name = "web 1";
  ProcessReader reader{folder.file("proc"), folder.file("run")};
  CHECK(reader.read(domains).empty());

  write(folder.file("run/web 1.pid"), "4711");
  write(folder.file("proc/4711/stat"), process_stat("qemu", 10, 10, 100));
  CHECK(reader.read(domains).at(vm).cpu_us == 200'000);
  std::filesystem::remove(folder.file("run/web 1.pid"));  // libvirtd is gone: the last known one
  CHECK(reader.read(domains).size() == 1);
  write(folder.file("proc/4711/stat"), process_stat("bash", 10, 10, 777));
  CHECK(reader.read(domains).empty());
}

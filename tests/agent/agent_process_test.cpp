// The agent as a process of its own: how it ends, and what it weighs with 50 VMs.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "drivers/agent/files.h"
#include "tests/agent/agent_bench.h"

using namespace agent_tests;

namespace {

constexpr int kVms = 50;

/// One node of libvirt's test driver with 50 domains; their processes stand in a /proc of ours.
void write_node(const TempFolder& folder) {
  std::ofstream node{folder.file("node.xml")};
  node << "<node>";
  for (int i = 0; i < kVms; ++i) {
    const std::string name = "vm" + std::to_string(i);
    node << "<domain type='test'><name>" << name << "</name><memory unit='MiB'>64</memory>"
         << "<vcpu>1</vcpu><os><type>hvm</type></os><devices>"
         << "<disk type='network'><source protocol='rbd' name='p/" << name
         << "'/><target dev='vda'/></disk></devices></domain>";
    std::ofstream{folder.file(name + ".pid")} << 1'000 + i;
    std::filesystem::create_directories(folder.file("proc/" + std::to_string(1'000 + i)));
    std::ofstream{folder.file("proc/" + std::to_string(1'000 + i) + "/stat")}
        << 1'000 + i << " (qemu) S 1 1 1 0 -1 4194560 1 0 0 0 5 5 0 0 20 0 4 0 900 1 1\n";
  }
  node << "</node>";
  for (const char* name : {"stat", "meminfo", "diskstats"})
    std::filesystem::create_symlink("/proc/" + std::string{name}, folder.file("proc/") + name);
  std::filesystem::create_symlink("/proc/net", folder.file("proc/net"));
}

class Process {
 public:
  Process(const TempFolder& folder, const std::string& redis) : pid_(fork()) {
    if (pid_ != 0) return;
    execl(NEMURI_AGENT_CHILD, "agent_child", folder.path().c_str(), redis.c_str(), nullptr);
    _exit(127);
  }
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int signum) const { kill(pid_, signum); }
  /// Its exit code, -1 if a signal ended it or it goes on after `limit`.
  int wait(reactor::Loop& loop, Duration limit) {
    int status = 0;
    bool ended = false;  // waitpid() says so once only
    run_until(
        loop, [&] { return ended = ended || waitpid(pid_, &status, WNOHANG) == pid_; }, limit);
    if (!ended) return -1;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::int64_t anonymous_kib() const {
    std::string_view rest{status_ = agent::read_file(path("status")).value_or("")};
    while (!rest.empty()) {
      std::string_view line = agent::next_line(rest);
      if (agent::next_word(line) == "RssAnon:") return *agent::to_number(agent::next_word(line));
    }
    return -1;
  }
  /// All threads', in nanoseconds.
  std::int64_t cpu_ns() const {
    std::int64_t sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator{path("task")})
      sum += agent::read_number(thread.path().string() + "/schedstat").value_or(0);
    return sum;
  }

 private:
  std::string path(const char* name) const { return "/proc/" + std::to_string(pid_) + "/" + name; }
  pid_t pid_;
  mutable std::string status_;
};

struct ProcessBench {
  TempFolder folder;
  RedisServer server;
  reactor::Loop loop;
  Controller controller{loop, server.unix_endpoint()};

  ProcessBench() { write_node(folder); }
  std::string redis() const { return "unix:" + server.socket_path(); }
};

constexpr bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

}  // namespace

TEST_CASE("agent process: SIGTERM: what is left is written, leaves with 0 within a second") {
  ProcessBench bench;
  Process process{bench.folder, bench.redis()};
  REQUIRE(bench.controller.wait([&] { return !bench.controller.samples().empty(); }));
  process.signal(SIGTERM);
  CHECK(process.wait(bench.loop, Duration{1'500}) == 0);
}

TEST_CASE("agent process: SIGTERM while Redis is gone: leaves with 0, late by its limit at most") {
  ProcessBench bench;
  Process process{bench.folder, bench.redis()};
  REQUIRE(bench.controller.wait([&] { return !bench.controller.samples().empty(); }));
  bench.server.kill();
  redis_tests::run_for(bench.loop, Duration{2'500});
  process.signal(SIGINT);
  CHECK(process.wait(bench.loop, Duration{2'000}) == 0);
}

TEST_CASE("agent process: 50 VMs: at most 10 MB and 1 % of a core") {
  ProcessBench bench;
  Process process{bench.folder, bench.redis()};
  REQUIRE(bench.controller.wait([&] { return bench.controller.samples().size() >= 3; }));
  CHECK(bench.controller.hello()->vms.size() == kVms);
  CHECK(bench.controller.samples().back().vms.size() == kVms);
  const auto seconds = 10;
  const auto before = process.cpu_ns();
  redis_tests::run_for(bench.loop, Duration{seconds * 1'000});
  const auto per_mille = (process.cpu_ns() - before) / seconds / 1'000'000;
  MESSAGE("RssAnon " << process.anonymous_kib() << " KiB, CPU " << per_mille
                     << " per mille of a core");
  if (sanitized()) return;
  CHECK(process.anonymous_kib() <= 10'000);
  CHECK(per_mille <= 10);
  process.signal(SIGTERM);
  CHECK(process.wait(bench.loop, Duration{1'500}) == 0);
}

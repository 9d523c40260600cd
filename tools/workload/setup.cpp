#include "workload/setup.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

namespace workload {
namespace {

constexpr std::size_t kPage = 4096;

void mount_one(const char* type, const char* where) {
  mkdir(where, 0755);
  if (mount(type, where, type, 0, nullptr) != 0 && errno != EBUSY)
    std::printf("workload: mount %s: %s\n", where, std::strerror(errno));
}

void take_console() {
  const int fd = open("/dev/console", O_RDWR);
  for (int standard = 0; fd >= 0 && standard < 3; ++standard)
    dup2(fd, standard);
  if (fd > 2) close(fd);
}

void load_module(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
    std::printf("workload: module %s: %s\n", path.c_str(), std::strerror(errno));
  if (fd >= 0) close(fd);
}

void load_modules() {
  std::set<std::filesystem::path> paths;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/modules", none))
    paths.insert(entry.path());
  for (const auto& path : paths)
    load_module(path);
}

// Periodic work nobody needs here; under emulation each wake-up costs the host real time.
void quiet_kernel() {
  std::ofstream("/proc/sys/vm/stat_interval") << 3600;
  std::ofstream("/proc/sys/vm/dirty_writeback_centisecs") << 0;
}

}  // namespace

void set_up_guest() {
  mount_one("proc", "/proc");
  mount_one("sysfs", "/sys");
  mount_one("devtmpfs", "/dev");
  take_console();
  load_modules();
  quiet_kernel();
}

std::uint64_t kernel_argument(const std::string& key, std::uint64_t otherwise) {
  std::ifstream words("/proc/cmdline");
  for (std::string word; words >> word;) {
    if (word.starts_with(key + "=")) return std::strtoull(&word[key.size() + 1], nullptr, 10);
  }
  return otherwise;
}

std::span<std::uint64_t> take_memory() {
  struct sysinfo info {};
  sysinfo(&info);
  const std::size_t bytes = info.freeram * info.mem_unit / 100 * 85 / kPage * kPage;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return {};
  return {static_cast<std::uint64_t*>(memory), bytes / sizeof(std::uint64_t)};
}

void power_off() {
  sync();
  while (true)
    reboot(RB_POWER_OFF);
}

}  // namespace workload

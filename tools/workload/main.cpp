// The guest's /init: one loop of tasks, orders and sleep.
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "workload/clerk.h"
#include "workload/port.h"
#include "workload/region.h"
#include "workload/setup.h"
#include "workload/worker.h"

namespace workload {
namespace {

constexpr std::int64_t kLookEveryUs = 1'000'000;  // at ports which nobody was connected to
constexpr std::uint32_t kVerifyPages = 32;        // each time
constexpr int kFirstPages = 1024;  // written at start: an idle guest too has contents
constexpr std::uint32_t kFirstWorkingSet = 1024;

std::int64_t now_us() {
  return now_ns() / 1000;
}

class Guest {
 public:
  explicit Guest(std::span<std::uint64_t> memory)
      : region_(memory), worker_(write_first(region_), kernel_argument("workload.seed", 1)) {}

  void turn() {
    if (now_us() >= next_look_us_) look();
    answer();
    if (!worker_.work(now_us())) sleep();
  }

 private:
  static Region& write_first(Region& region) {
    for (int i = 0; i < kFirstPages; ++i)
      region.write_next(kFirstWorkingSet);
    return region;
  }

  void look() {
    for (Port& port : ports_)
      port.look();
    region_.verify_some(kVerifyPages);
    next_look_us_ = now_us() + kLookEveryUs;
  }

  void answer() {
    for (Port& port : ports_) {
      for (const std::string& line : port.read_lines()) {
        const Reply reply = carry_out(parse_order(line), worker_, region_);
        port.say(reply.line);
        if (reply.power_off) power_off();
      }
    }
  }

  // Until the next task, order or look at the ports.
  void sleep() {
    const std::int64_t until_us = std::min(worker_.next_us(), next_look_us_);
    const std::int64_t left_us = std::max(until_us - now_us(), std::int64_t{0});
    const timespec limit{left_us / 1'000'000, left_us % 1'000'000 * 1000};
    std::array<pollfd, 2> entries{};
    std::ranges::transform(ports_, entries.begin(), [](const Port& port) {
      return pollfd{port.fd_to_poll(), POLLIN, 0};
    });
    ppoll(entries.data(), entries.size(), &limit, nullptr);
    worker_.note_gap(now_us() - until_us);
  }

  Region region_;
  Worker worker_;
  std::array<Port, 2> ports_{Port("/dev/ttyS1"), Port("lab.load")};
  std::int64_t next_look_us_ = 0;
};

}  // namespace
}  // namespace workload

int main() {
  using namespace workload;
  if (getpid() != 1) return std::puts("workload is the process 1 of a guest") < 0 ? 2 : 1;
  set_up_guest();
  const auto memory = take_memory();
  static Guest guest(memory);
  std::printf("workload: ready up=%.2f memory_mib=%zu\n", static_cast<double>(now_us()) / 1e6,
              memory.size_bytes() >> 20);
  std::fflush(stdout);
  while (true)
    guest.turn();
}

// The parts of the guests' load generator (tools/workload) which need no guest.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "workload/arrivals.h"
#include "workload/busy.h"
#include "workload/line_buffer.h"
#include "workload/order.h"
#include "workload/page.h"
#include "workload/random.h"
#include "workload/region.h"
#include "workload/worker.h"

namespace workload {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::size_t kWordsInPage = 512;

std::string why_not(std::string_view line) {
  const Order order = parse_order(line);
  const auto* malformed = std::get_if<Malformed>(&order);
  return malformed == nullptr ? "" : malformed->why;
}

/// How many tasks arrive in so many seconds when each is taken at once.
int tasks_in(int seconds, const Load& load, std::uint64_t seed) {
  Arrivals arrivals(seed);
  arrivals.start(0, plan_tasks(load));
  int tasks = 0;
  for (std::int64_t now = 0; now <= seconds * kSecond; now += 1000) {
    arrivals.advance(now);
    while (arrivals.take())
      ++tasks;
  }
  return tasks;
}

TEST_CASE("workload: load order: figures are taken") {
  const Order order = parse_order("load 0.05 2.5 40");
  const auto* load = std::get_if<SetLoad>(&order);
  REQUIRE(load != nullptr);
  CHECK(load->cpu_hundredths == 5);
  CHECK(load->dirty_hundredths == 250);
  CHECK(load->wss_mib == 40);
}

TEST_CASE("workload: load order without a working set: the last one stays") {
  const Order order = parse_order("  load  80 5 ");
  const auto* load = std::get_if<SetLoad>(&order);
  REQUIRE(load != nullptr);
  CHECK(load->cpu_hundredths == 8000);
  CHECK_FALSE(load->wss_mib.has_value());
}

TEST_CASE("workload: load order out of range: malformed") {
  for (const char* line :
       {"load", "load 80", "load 101 0", "load -1 0", "load 80 5 0", "load 1e1 0", "load 80 5 40 x",
        "load 80 4001", "load 1.234 0", "load . 0", "load 80 5 1.5", "load 9999999999 0"}) {
    CAPTURE(line);
    CHECK(why_not(line) != "");
  }
}

TEST_CASE("workload: load order: memory is dirtied by tasks only") {
  CHECK(why_not("load 0 5") != "");
  CHECK(why_not("load 0 0") == "");
}

TEST_CASE("workload: other orders: each is told by its word") {
  CHECK(std::holds_alternative<Stat>(parse_order("stat")));
  CHECK(std::holds_alternative<Verify>(parse_order("verify")));
  CHECK(std::holds_alternative<Off>(parse_order("off")));
  CHECK(std::get<Ping>(parse_order("ping 12.3")).word == "12.3");
  for (const char* line : {"", "ping", "stat 1", "statt", "ping a b"})
    CHECK(why_not(line) != "");
}

TEST_CASE("workload: hundredths: shown as they are read") {
  for (const char* text : {"0", "0.05", "0.50", "80", "99.99"}) {
    CHECK(show_hundredths(parse_hundredths(text).value_or(-1)) == text);
  }
}

TEST_CASE("workload: lines: cut where they end, wherever the bytes are") {
  LineBuffer lines;
  CHECK(lines.add("sta").empty());
  CHECK(lines.add("t\r\n\nping 1\nver") == std::vector<std::string>{"stat", "ping 1"});
  CHECK(lines.add("ify\n") == std::vector<std::string>{"verify"});
}

TEST_CASE("workload: lines: one that is too long is dropped, the next is taken") {
  LineBuffer lines;
  CHECK(lines.add(std::string(10 * LineBuffer::kLongest, 'x')).empty());
  CHECK(lines.add("\nstat\n") == std::vector<std::string>{"stat"});
}

// "A small computational task is periodically generated at a calculated average rate conforming to
// the Poisson distribution" (paper §IV-A).
TEST_CASE("workload: tasks: their average rate conforms to the load") {
  for (const std::int64_t percent : {5, 30, 80}) {
    const double expected = static_cast<double>(percent) / 100 * 1000 * kSecond / kTaskUs;
    const int tasks = tasks_in(1000, {percent * 100, 0, 32}, 7);
    CAPTURE(percent);
    CHECK(std::abs(tasks - expected) < 4 * std::sqrt(expected));
  }
}

TEST_CASE("workload: tasks: counts in a second are Poisson, variance as large as the mean") {
  Arrivals arrivals(3);
  arrivals.start(0, plan_tasks({3000, 0, 32}));
  constexpr int kSeconds = 2000;
  double sum = 0;
  double squares = 0;
  for (int second = 1; second <= kSeconds; ++second) {
    arrivals.advance(second * kSecond);
    double count = 0;
    while (arrivals.take())
      ++count;
    sum += count;
    squares += count * count;
  }
  const double mean = sum / kSeconds;
  const double variance = squares / kSeconds - mean * mean;
  CHECK(mean == doctest::Approx(30).epsilon(0.05));
  CHECK(variance == doctest::Approx(30).epsilon(0.15));
}

TEST_CASE("workload: tasks: the same seed gives the same tasks, another one others") {
  const Load load{3000, 0, 32};
  CHECK(tasks_in(100, load, 1) == tasks_in(100, load, 1));
  Random one(1);
  Random two(2);
  CHECK(one.next() != two.next());
}

// "The memory update speed" is asked for as a rate at the present load.
TEST_CASE("workload: tasks: their pages make up the dirty rate") {
  for (const std::int64_t percent : {1, 25, 100}) {
    const TaskPlan plan = plan_tasks({percent * 100, 20 * 100, 32});
    const double pages_a_second = plan.pages_per_task * 1e6 / plan.mean_gap_us;
    CHECK(pages_a_second == doctest::Approx(20 * 256));
  }
}

TEST_CASE("workload: no load: no task ever") {
  Arrivals arrivals(1);
  arrivals.start(0, plan_tasks({}));
  arrivals.advance(1'000'000 * kSecond);
  CHECK_FALSE(arrivals.take());
  CHECK(arrivals.next_us() == INT64_MAX);
}

TEST_CASE("workload: overload: open tasks are bounded, the others dropped") {
  Arrivals arrivals(1);
  arrivals.start(0, plan_tasks({10'000, 0, 32}));
  for (int second = 1; second <= 10; ++second)
    arrivals.advance(second * kSecond);
  int open = 0;
  while (arrivals.take())
    ++open;
  CHECK(open == Arrivals::kMostOpen);
  CHECK(arrivals.dropped() > 700);
}

TEST_CASE("workload: a stall of an hour: does not bring an hour's tasks") {
  Arrivals arrivals(1);
  arrivals.start(0, plan_tasks({10'000, 0, 32}));
  arrivals.advance(3600 * kSecond);
  CHECK(arrivals.dropped() < 400);
  CHECK(arrivals.next_us() > 3600 * kSecond);
}

TEST_CASE("workload: page: contents tell its number and its count") {
  std::vector<std::uint64_t> page(kWordsInPage);
  CHECK(page_is_good(page.data(), 7, 0));
  CHECK_FALSE(page_is_good(page.data(), 7, 1));
  write_page(page.data(), 7, 3);
  CHECK(page_is_good(page.data(), 7, 3));
  CHECK_FALSE(page_is_good(page.data(), 7, 2));
  CHECK_FALSE(page_is_good(page.data(), 8, 3));
}

TEST_CASE("workload: region: a page changed behind its back is found once") {
  std::vector<std::uint64_t> words(16 * kWordsInPage);
  Region region(words);
  for (int i = 0; i < 40; ++i)
    region.write_next(10);
  region.verify_all();
  CHECK(region.verified() == 10);
  CHECK(region.bad() == 0);
  words[3 * kWordsInPage + 8] ^= 1;
  region.verify_all();
  region.verify_all();
  CHECK(region.bad() == 1);
}

TEST_CASE("workload: region: an older copy of a page is bad") {
  std::vector<std::uint64_t> words(4 * kWordsInPage);
  Region region(words);
  region.write_next(4);
  const std::vector<std::uint64_t> before = words;
  for (int i = 0; i < 4; ++i)
    region.write_next(4);
  std::copy_n(before.begin(), kWordsInPage, words.begin());
  region.verify_all();
  CHECK(region.bad() == 1);
}

TEST_CASE("workload: region: a working set larger than the memory is all of it") {
  std::vector<std::uint64_t> words(4 * kWordsInPage);
  Region region(words);
  for (int i = 0; i < 9; ++i)
    region.write_next(1000);
  region.verify_all();
  CHECK(region.verified() == 4);
  CHECK(region.written() == 9);
}

TEST_CASE("workload: region: verifying some goes round") {
  std::vector<std::uint64_t> words(8 * kWordsInPage);
  Region region(words);
  region.verify_some(5);
  CHECK(region.verified() == 0);
  for (int i = 0; i < 8; ++i)
    region.write_next(8);
  words[7 * kWordsInPage] ^= 1;
  region.verify_some(5);
  CHECK(region.bad() == 0);
  region.verify_some(5);
  CHECK(region.bad() == 1);
}

TEST_CASE("workload: stall: waiting is not counted as work") {
  StallFilter filter;
  for (int i = 0; i < 100; ++i)
    CHECK(filter.credit(200) == 200);
  CHECK(filter.credit(40'000'000) == 200);
  CHECK(filter.credit(700) == 700);
}

TEST_CASE("workload: slower for good: is soon counted as work") {
  StallFilter filter;
  for (int i = 0; i < 100; ++i)
    filter.credit(200);
  for (int i = 0; i < 30; ++i)
    filter.credit(2000);
  CHECK(filter.credit(2000) == 2000);
}

TEST_CASE("workload: worker: a task writes its pages and is counted") {
  std::vector<std::uint64_t> words(64 * kWordsInPage);
  Region region(words);
  Worker worker(region, 1);
  worker.set_load(0, {10'000, 400, {}});
  CHECK_FALSE(worker.work(0));
  CHECK(worker.work(kSecond));
  CHECK(region.written() >= 8);
  CHECK(worker.stat(kSecond).find("tasks=1") != std::string::npos);
}

TEST_CASE("workload: worker: the worst gap is that since the last stat") {
  std::vector<std::uint64_t> words(kWordsInPage);
  Region region(words);
  Worker worker(region, 1);
  worker.note_gap(4'000'000);
  worker.note_gap(20'000);
  CHECK(worker.stat(0).find("worst_gap_ms=4000") != std::string::npos);
  CHECK(worker.stat(0).find("worst_gap_ms=0") != std::string::npos);
}

}  // namespace
}  // namespace workload

// Figures of many runs, and the order in which their results come.
#include "tools/sim/summary.h"

#include <doctest/doctest.h>

#include "tools/sim/in_order.h"
#include "tools/sim/table.h"

namespace sim_tool {
namespace {

using drivers::sim::PaperFigure;
using drivers::sim::RunKind;
using experiments::RunSummary;

RunSummary row(std::int64_t seed, RunKind kind, std::int64_t energy_j) {
  RunSummary out;
  out.seed = seed;
  out.kind = kind;
  out.energy.mj[0] = energy_j * 1'000;
  return out;
}

// Table IV: 24.6, 11.8, 5.2 %.
const std::vector<PaperFigure> kTableIv{{RunKind::none, 390'175},
                                        {RunKind::ideal, 294'033},
                                        {RunKind::precopy, 369'877},
                                        {RunKind::postcopy, 344'204}};

TEST_CASE(
    "summary: saved is of `none`, eliminated is of what `ideal` saves: the paper's Table IV") {
  const std::vector<RunSummary> rows = paper_rows(kTableIv);
  CHECK(!rows[0].saved_pct);
  CHECK(*rows[1].saved_pct == doctest::Approx(24.6).epsilon(0.01));
  CHECK(*rows[3].saved_pct == doctest::Approx(11.8).epsilon(0.01));
  CHECK(*rows[2].saved_pct == doctest::Approx(5.2).epsilon(0.01));
  CHECK(*rows[3].eliminated_pct == doctest::Approx(47.8).epsilon(0.01));
  CHECK(*rows[1].eliminated_pct == 100);
}

TEST_CASE("summary: each seed is held against its own baselines; without one nothing is said") {
  std::vector<RunSummary> rows{row(1, RunKind::none, 100), row(1, RunKind::postcopy, 90),
                               row(2, RunKind::none, 200), row(2, RunKind::postcopy, 100),
                               row(3, RunKind::postcopy, 1)};
  compare_with_baselines(rows);
  CHECK(*rows[1].saved_pct == 10);
  CHECK(*rows[3].saved_pct == 50);
  CHECK(!rows[3].eliminated_pct);
  CHECK(!rows[4].saved_pct);
}

TEST_CASE("summary: 10, 50 and 90 % of values") {
  CHECK(!spread_of({}));
  const Spread one = *spread_of({7});
  CHECK(one.low == 7);
  CHECK(one.high == 7);
  const Spread some = *spread_of({10, 0, 5, 2, 8, 4, 6, 3, 7, 1, 9});
  CHECK(some.low == 1);
  CHECK(some.median == 5);
  CHECK(some.high == 9);
  CHECK(spread_of({1, 2})->median == 1.5);
}

TEST_CASE("table: the paper's figures stand under ours, for the kinds that it has") {
  const std::string text = table_of({row(1, RunKind::none, 100), row(1, RunKind::postcopy, 90)},
                                    {{RunKind::none, 390'175}, {RunKind::postcopy, 344'204}});
  CHECK(text.find("no consolidation") < text.find("390175"));
  CHECK(text.find("postcopy") < text.find("344204"));
  CHECK(text.find("11.8") != std::string::npos);
  CHECK(text.find("10-90 %") == std::string::npos);
}

TEST_CASE("in order: results stand by their place, whatever ends first; each piece once") {
  std::atomic<int> runs{0};
  const auto results = in_order<std::size_t>(
      100, 7,
      [&](std::size_t i) {
        ++runs;
        if (i % 7 == 0) std::this_thread::yield();
        return i * i;
      },
      [] {});
  CHECK(runs == 100);
  for (std::size_t i = 0; i < results.size(); ++i)
    REQUIRE(results[i] == i * i);
  CHECK(in_order<int>(
            0, 1, [](std::size_t) { return 1; }, [] {})
            .empty());
}

}  // namespace
}  // namespace sim_tool

#include "drivers/config/quantity.h"

#include <doctest/doctest.h>

#include "drivers/config/spelling.h"

using namespace drivers::config;

TEST_CASE("quantity: each measure: read in every unit, shown in the largest that fits") {
  struct Case {
    Measure measure;
    std::string text;
    std::int64_t number;
    std::string shown;
  };
  const std::vector<Case> cases{{Measure::milliseconds, "500ms", 500, "500ms"},
                                {Measure::milliseconds, "90 s", 90'000, "90s"},
                                {Measure::milliseconds, "60m", 3'600'000, "1h"},
                                {Measure::milliseconds, "0s", 0, "0s"},
                                {Measure::seconds, "2m", 120, "2m"},
                                {Measure::percent, "90%", 90, "90%"},
                                {Measure::bytes, "1024KiB", 1 << 20, "1MiB"},
                                {Measure::bytes, "0B", 0, "0B"},
                                {Measure::kibibytes, "512MiB", 512 * 1024, "512MiB"},
                                {Measure::mebibytes_per_second, "2GiB/s", 2048, "2GiB/s"},
                                {Measure::mebibytes_per_second, "unlimited", 0, "unlimited"},
                                {Measure::count, "17", 17, "17"}};
  for (const Case& one : cases) {
    CAPTURE(one.text);
    const auto parsed = parse_quantity(one.text, one.measure);
    REQUIRE(std::holds_alternative<std::int64_t>(parsed));
    CHECK(std::get<std::int64_t>(parsed) == one.number);
    CHECK(show_quantity(one.number, one.measure) == one.shown);
  }
}

TEST_CASE("quantity: no number, or one with another's unit: said what is expected") {
  for (const char* text : {"", "s", "ten", "1e3s", "10 %", "0x10s", "+5s", "10s5ms", "unlimited"}) {
    CAPTURE(text);
    const auto parsed = parse_quantity(text, Measure::milliseconds);
    REQUIRE(std::holds_alternative<std::string>(parsed));
    CHECK(std::get<std::string>(parsed).find("500ms, 10s") != std::string::npos);
  }
}

TEST_CASE("spelling: a typo: the nearest word; anything else: none") {
  const std::vector<std::string> known{"window", "hold", "window_cover"};
  CHECK(nearest("windw", known) == "window");
  CHECK(nearest("window_covr", known) == "window_cover");
  CHECK(nearest("hodl", known) == "hold");
  CHECK(nearest("zebra", known).empty());
  CHECK(nearest(std::string(10'000, 'w'), known).empty());
}

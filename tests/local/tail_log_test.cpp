#include "drivers/local/tail_log.h"

#include <doctest/doctest.h>

using drivers::local::TailLog;
using reactor::Duration;
using reactor::Instant;

namespace {

Instant at(int ms) {
  return Instant{Duration{ms}};
}

// Batches of ten bytes, one line each, sealed at 1, 2, 3...
TailLog ten_byte_batches(int count, std::size_t most_bytes) {
  TailLog log{most_bytes};
  for (int i = 1; i <= count; ++i) {
    log.add("123456789");
    log.seal(at(i));
  }
  return log;
}

}  // namespace

TEST_CASE("tail log: sealed batches: their text, and how many lines came before") {
  TailLog log{1'000};
  log.add("a");
  log.add("b");
  CHECK(log.end() == 0);
  log.seal(at(1));
  log.seal(at(2));  // nothing to seal
  log.add("c");
  log.seal(at(3));
  REQUIRE(log.end() == 2);
  CHECK(log.at(0).text == "a\nb\n");
  CHECK(log.at(1).text == "c\n");
  CHECK(log.at(1).first_line == 2);
  CHECK(log.lines() == 3);
}

TEST_CASE("tail log: more than it keeps: the oldest batches go, numbers stay") {
  const TailLog log = ten_byte_batches(10, 35);
  CHECK(log.first() == 7);
  CHECK(log.end() == 10);
  CHECK(log.at(7).first_line == 7);
}

TEST_CASE("tail log: one batch larger than all that is kept: it is kept") {
  TailLog log{10};
  log.add(std::string(100, 'x'));
  log.seal(at(1));
  CHECK(log.end() - log.first() == 1);
}

TEST_CASE("tail log: since a time: the first batch of that time or later") {
  const TailLog log = ten_byte_batches(10, 55);  // 6..10 are kept
  CHECK(log.since(at(0)) == log.first());
  CHECK(log.at(log.since(at(8))).at == at(8));
  CHECK(log.since(at(11)) == log.end());
}

TEST_CASE("tail log: within a number of bytes: whole batches") {
  const TailLog log = ten_byte_batches(10, 1'000);
  CHECK(log.within(0) == 10);
  CHECK(log.within(9) == 10);
  CHECK(log.within(10) == 9);
  CHECK(log.within(39) == 7);
  CHECK(log.within(5'000) == 0);
}

TEST_CASE("tail log: a long burst: it asks to be sealed in between") {
  TailLog log{1'000'000};
  int lines = 1;
  for (; !log.add(std::string(199, 'x')); ++lines) {
  }
  CHECK(lines == 328);  // 64 KiB of 200 bytes each
}

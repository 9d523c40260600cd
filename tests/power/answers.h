// A call's answer, with the contract that every call on a loop keeps: once, and later.
#pragma once

#include <optional>

#include "reactor/result.h"
#include "tests/running_loop.h"

template <class T, class Call>
reactor::Result<T> answer_of(RunningLoop& running, Call call,
                             reactor::Duration limit = reactor::Duration{20'000}) {
  std::optional<reactor::Result<T>> got;
  int times = 0;
  call([&](reactor::Result<T> result) {
    got = std::move(result);
    ++times;
  });
  CHECK(times == 0);  // never from inside the call
  REQUIRE(running.until([&] { return got.has_value(); }, limit));
  running.run_for(reactor::Duration{10});
  CHECK(times == 1);
  return *got;
}

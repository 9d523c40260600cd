#include "drivers/power/exec_way.h"

#include <algorithm>

#include "reactor/invariant.h"

namespace drivers::power {

namespace {

using process::ChildResult;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

using Argv = std::vector<std::string>;

Result<Unit> judge_wake(const Argv& argv, const ChildResult& result) {
  if (result.good()) return Unit{};
  return Error{result.timed_out ? Errc::outcome_unknown : Errc::refused,
               "wake command " + describe(argv, result)};
}

Result<Power> judge_power(const Argv& argv, const ChildResult& result) {
  if (!result.good())
    return Error{result.timed_out ? Errc::unreachable : Errc::refused,
                 "power command " + describe(argv, result)};
  const std::size_t end = result.out.find_last_not_of(" \t\r\n");
  const std::string said = result.out.substr(0, end == std::string::npos ? 0 : end + 1);
  const auto all = names(Power{});
  const auto found = std::ranges::find(all, said);
  if (found != all.end()) return static_cast<Power>(found - all.begin());
  return Error{Errc::malformed, "power command " + argv.front() + " printed '" +
                                    said.substr(0, 200) + "'; expected on, asleep or off"};
}

}  // namespace

void ExecWay::wake(Done<Unit> done) {
  INVARIANT(!commands_.wake.empty());
  children_.run({commands_.wake, limit_},
                [argv = commands_.wake, done = std::move(done)](const ChildResult& result) {
                  done(judge_wake(argv, result));
                });
}

void ExecWay::read(Done<Power> done) {
  INVARIANT(reads());
  children_.run({commands_.read, limit_},
                [argv = commands_.read, done = std::move(done)](const ChildResult& result) {
                  done(judge_power(argv, result));
                });
}

}  // namespace drivers::power

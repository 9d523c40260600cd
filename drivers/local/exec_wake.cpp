#include "drivers/local/exec_wake.h"

#include <algorithm>
#include <utility>

#include "reactor/invariant.h"

namespace drivers::local {

namespace {

using actors::HostId;
using actors::ports::Done;
using actors::ports::Power;
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

ExecWake::ExecWake(reactor::Loop& loop, Commands commands, reactor::Duration limit)
    : loop_(loop),
      commands_(std::move(commands)),
      limit_(limit),
      queue_(loop, {kMostCommands, kMostWaiting}) {}

void ExecWake::configure(Commands commands, reactor::Duration limit) {
  commands_ = std::move(commands);
  limit_ = limit;
}

void ExecWake::wake(const HostId& host, int attempt, Done<Unit> done) {
  const auto found = commands_.find(host);
  if (found == commands_.end() || found->second.wake.empty())
    return fail(std::move(done), Errc::refused,
                "host " + host.text + " has no `wake:` in conf.yaml; give it one");
  const auto& ways = found->second.wake;
  const auto place = std::min(static_cast<std::size_t>(std::max(attempt, 0)), ways.size() - 1);
  submit(ways[place], std::move(done), judge_wake);
}

void ExecWake::read(const HostId& host, Done<Power> done) {
  const auto found = commands_.find(host);
  if (found == commands_.end() || found->second.power.empty())
    return fail(std::move(done), Errc::refused,
                "host " + host.text + " has no `power_command:` in conf.yaml");
  submit(found->second.power, std::move(done), judge_power);
}

template <class T>
void ExecWake::fail(Done<T> done, Errc code, std::string detail) {
  loop_.post([done = std::move(done), error = Error{code, std::move(detail)}] { done(error); });
}

template <class T>
void ExecWake::submit(const Argv& argv, Done<T> done,
                      Result<T> (*judge)(const Argv&, const ChildResult&)) {
  const auto finished = [argv, done, judge](const ChildResult& result) {
    done(judge(argv, result));
  };
  if (queue_.submit({argv, limit_}, finished)) return;
  fail(std::move(done), Errc::unreachable,
       argv.front() + " was not started: " + std::to_string(kMostWaiting) +
           " commands wait already");
}

}  // namespace drivers::local

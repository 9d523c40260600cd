#include "drivers/power/waker.h"

#include <algorithm>
#include <utility>

#include "reactor/invariant.h"

namespace drivers::power {

using actors::HostId;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

Waker::Waker(reactor::Loop& loop, PoolWays ways, std::int64_t operations)
    : loop_(loop), serve_(loop, [this] { serve(); }) {
  configure(std::move(ways), operations);
}

void Waker::configure(PoolWays&& ways, std::int64_t operations) {
  INVARIANT(operations > 0);
  operations_ = static_cast<std::size_t>(operations);
  hosts_.clear();
  for (Slot& slot : slots_)
    slot.retired = true;
  for (auto& [host, of_host] : ways)
    add(host, std::move(of_host));
  serve_.start({});
}

Waker::Slot* Waker::add(std::unique_ptr<Way> way) {
  return &slots_.emplace_back(Slot{.way = std::move(way)});
}

void Waker::add(const HostId& host, HostWays ways) {
  Host& added = hosts_[host];
  for (auto& way : ways.wake)
    added.wake.push_back(add(std::move(way)));
  const auto reads = [](const Slot* slot) { return slot->way->reads(); };
  const auto first = std::ranges::find_if(added.wake, reads);
  if (ways.reader != nullptr)
    added.reader = add(std::move(ways.reader));
  else if (first != added.wake.end())
    added.reader = *first;
}

void Waker::wake(const HostId& host, int way, Done<Unit> done) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || found->second.wake.empty())
    return fail(std::move(done), Errc::refused,
                "host " + host.text + " has no `wake:` in conf.yaml; give it one");
  const auto& ways = found->second.wake;
  const auto place = std::min(static_cast<std::size_t>(std::max(way, 0)), ways.size() - 1);
  enqueue(wakes_, *ways[place], std::move(done), &Way::wake);
}

void Waker::read(const HostId& host, Done<Power> done) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || found->second.reader == nullptr)
    return fail(std::move(done), Errc::refused,
                "host " + host.text +
                    " has no `power_command:` in conf.yaml, and no way of waking that reads");
  enqueue(reads_, *found->second.reader, std::move(done), &Way::read);
}

template <class T>
void Waker::fail(Done<T> done, Errc code, std::string detail) {
  loop_.post([done = std::move(done), error = Error{code, std::move(detail)}] { done(error); });
}

template <class T>
void Waker::enqueue(Queue& queue, Slot& slot, Done<T> done, void (Way::*call)(Done<T>)) {
  if (wakes_.size() + reads_.size() >= kMostWaiting)
    return fail(std::move(done), Errc::unreachable,
                std::to_string(kMostWaiting) + " operations wait already; this one was not begun");
  const auto finish = [this, &slot, done = std::move(done)](Result<T> result) {
    ended(slot);
    done(std::move(result));
  };
  ++slot.calls;
  queue.push_back({&slot, [call, finish](Way& way) { (way.*call)(finish); }});
  serve_.start({});
}

void Waker::ended(Slot& slot) {
  INVARIANT(slot.busy);
  slot.busy = false;
  --slot.calls;
  --in_flight_;
  serve_.start({});
}

void Waker::serve() {
  serve(wakes_);
  serve(reads_);
  std::erase_if(slots_, [](const Slot& slot) { return slot.retired && slot.calls == 0; });
}

void Waker::serve(Queue& queue) {
  for (auto next = queue.begin(); next != queue.end() && in_flight_ < operations_;) {
    const auto job = next++;
    if (job->slot->busy) continue;
    job->slot->busy = true;
    ++in_flight_;
    job->start(*job->slot->way);
    queue.erase(job);
  }
}

}  // namespace drivers::power

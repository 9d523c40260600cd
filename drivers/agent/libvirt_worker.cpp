#include "drivers/agent/libvirt_worker.h"

#include <utility>

namespace drivers::agent {

using actors::ports::Done;
using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;

LibvirtWorker::LibvirtWorker(reactor::Loop& loop, const std::string& uri)
    : loop_(loop), libvirt_(uri), counters_(loop), inventory_(loop), residents_(loop) {}

void LibvirtWorker::counters(Duration limit, Done<DomainList> done) {
  ask(counters_, limit, &LocalLibvirt::counters, std::move(done));
}

void LibvirtWorker::inventory(Duration limit, Done<std::vector<actors::ports::InventoryVm>> done) {
  ask(inventory_, limit, &LocalLibvirt::inventory, std::move(done));
}

void LibvirtWorker::residents(Duration limit, Done<std::vector<std::string>> done) {
  ask(residents_, limit, &LocalLibvirt::residents, std::move(done));
}

// The answer and the alarm race for the question's number; the second of them finds it answered.
template <class T>
void LibvirtWorker::ask(Lane& lane, Duration limit, Result<T> (LocalLibvirt::*question)(),
                        Done<T> done) {
  if (lane.busy) {
    loop_.post([done = std::move(done)] {
      done(Error{Errc::busy, "libvirt has not answered an earlier question yet"});
    });
    return;
  }
  const int number = ++lane.asked;
  const auto answer = [&lane, number, done](const Result<T>& result) {
    if (std::exchange(lane.answered, number) != number) done(result);
  };
  lane.busy = lane.pool.submit([this, question] { return (libvirt_.*question)(); },
                               [&lane, answer](const Result<T>& result) {
                                 lane.busy = false;
                                 answer(result);
                               });
  INVARIANT(lane.busy);
  loop_.after(limit, [&lane, number, answer, limit] {
    if (lane.asked != number) return;
    answer(Error{Errc::busy, "libvirt did not answer in " + std::to_string(limit.count()) + " ms"});
  });
}

}  // namespace drivers::agent

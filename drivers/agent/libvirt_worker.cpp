#include "drivers/agent/libvirt_worker.h"

#include <utility>

namespace drivers::agent {

using actors::ports::Done;
using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;

LibvirtWorker::LibvirtWorker(reactor::Loop& loop, const std::string& uri)
    : loop_(loop),
      libvirt_(uri),
      counters_(loop),
      inventory_(loop),
      residents_(loop),
      waiting_(loop) {}

void LibvirtWorker::counters(Duration limit, Done<DomainList> done) {
  ask<DomainList>(
      counters_, limit, [this] { return libvirt_.counters(); }, std::move(done));
}

void LibvirtWorker::inventory(Duration limit, Done<std::vector<actors::ports::InventoryVm>> done) {
  ask<std::vector<actors::ports::InventoryVm>>(
      inventory_, limit, [this] { return libvirt_.inventory(); }, std::move(done));
}

void LibvirtWorker::residents(Duration limit, Done<std::vector<std::string>> done) {
  ask<std::vector<std::string>>(
      residents_, limit, [this] { return libvirt_.residents(); }, std::move(done));
}

void LibvirtWorker::waiting(const actors::VmId& vm, Duration limit, Done<std::string> done) {
  ask<std::string>(
      waiting_, limit, [this, vm] { return libvirt_.waiting(vm); }, std::move(done));
}

// The answer and the alarm race for the question's number; the second of them finds it answered.
template <class T>
void LibvirtWorker::ask(Lane& lane, Duration limit, std::function<Result<T>()> question,
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
  lane.busy = lane.pool.submit(std::move(question), [&lane, answer](const Result<T>& result) {
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

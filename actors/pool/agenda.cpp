#include "actors/pool/agenda.h"

#include <algorithm>
#include <utility>

namespace actors {

void Agenda::begin(reactor::Instant now) {
  while (!later_.empty() && later_.front().when <= now) {
    std::ranges::pop_heap(later_, later);
    const Later due = later_.back();
    later_.pop_back();
    if (due.when == due.host->look_at) due.host->look_at = reactor::Instant::max();
    touch(*due.host);
  }
}

void Agenda::touch(Host& host) {
  hosts_.insert(&host);
  if (looking_) again_.insert(&host);
}

Agenda::Hosts Agenda::take_hosts() {
  looking_ = false;
  return std::exchange(hosts_, std::exchange(again_, {}));
}

// A time that moves on, as each sample moves it, needs no new entry: the old one comes too early,
// and the host is asked anew then.
void Agenda::look_again(Host& host, reactor::Instant when) {
  if (when >= host.look_at) return;
  host.look_at = when;
  touch_at(when, host);
}

void Agenda::touch_at(reactor::Instant when, Host& host) {
  later_.push_back({when, &host});
  std::ranges::push_heap(later_, later);
}

void Agenda::forget(Host& host) {
  hosts_.erase(&host);
  again_.erase(&host);
  std::erase_if(later_, [&](const Later& entry) { return entry.host == &host; });
  std::ranges::make_heap(later_, later);
}

}  // namespace actors

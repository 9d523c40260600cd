#include "actors/director/links.h"

#include <algorithm>
#include <utility>

namespace actors {

namespace {

constexpr Duration kHelloAgain{1'000};

}  // namespace

void Links::ask_hello(Host& host) {
  host.reading_hello = true;
  host.read_hello_again = stage_.now + kHelloAgain * 5;
  stage_.ask(effect::ReadHello{host.plan.name});
}

void Links::ask_hello_again(Host& host) {
  if (host.reading_hello && stage_.now >= host.read_hello_again) ask_hello(host);
}

void Links::take(const input::Hello& event) {
  Host* host = pool_.find(event.host);
  if (!host) return;
  if (!event.hello) {
    host->read_hello_again = stage_.now + kHelloAgain;
    return stage_.touch(*host);  // it is due sooner
  }
  host->reading_hello = false;
  note_boot(*host, *event.hello);
  const bool other_facts = host->hello && host->hello->facts != event.hello->facts;
  host->hello = event.hello;
  stage_.touch_use(*host);
  if (other_facts) surveys_.judge_all();
  stage_.epoch = std::max(stage_.epoch, event.hello->epoch);
  surveys_.judge_residents(event.host);
  if (event.hello->state == ports::AgentState::down) return went_down(*host);
  if (!std::exchange(host->link_open, true))
    stage_.ask(effect::OpenLink{event.host, libvirt_uri_of(*host)});
}

// One that slept comes up in its old boot.
void Links::note_boot(const Host& host, const ports::HostHello& hello) {
  const HostState state = host.actor.state();
  const bool was_down = state == HostState::asleep || state == HostState::waking;
  if (was_down && host.hello && host.hello->boot != hello.boot)
    stage_.say_of(host, {.code = ReasonCode::came_up_anew});
}

// Its libvirt is left alone while it sleeps: a client of a frozen host only waits.
void Links::went_down(Host& host) {
  close(host);
  host.linked = host.known = false;
  host.met = true;
  stage_.touch(host);
}

void Links::close(Host& host) {
  if (std::exchange(host.link_open, false)) stage_.ask(effect::CloseLink{host.plan.name});
}

void Links::list_again(Host& host) {
  if (!host.link_open || !host.hello) return;
  host.linked = host.known = false;
  stage_.ask(effect::CloseLink{host.plan.name});
  stage_.ask(effect::OpenLink{host.plan.name, libvirt_uri_of(host)});
}

}  // namespace actors

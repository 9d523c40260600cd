#include "drivers/libvirt/links.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "drivers/libvirt/domain_calls.h"

namespace drivers::libvirt {

using actors::HostId;
using reactor::Duration;

namespace {
constexpr int kMostLooks = 5;  // before it is up; a host that busy is looked at again by news
constexpr std::size_t kMostWaiting = 10'000;
}  // namespace

Links::Links(reactor::Loop& loop, Scope& scope, EventLoop& events, const LibvirtSettings& settings,
             Owner& last_owner, LinkEvents told)
    : scope_(scope),
      events_(events),
      settings_(settings),
      last_owner_(last_owner),
      told_(std::move(told)),
      reach_(loop),
      pool_(scope, 2 * static_cast<std::size_t>(settings.control_calls), kMostWaiting) {}

Links::~Links() = default;

Links::Link* Links::current(const HostId& host, Owner attempt) {
  const auto found = links_.find(host);
  return found == links_.end() || found->second.attempt != attempt ? nullptr : &found->second;
}

void Links::open(const HostId& host, const std::string& uri) {
  const auto found = links_.find(host);
  if (found != links_.end() && found->second.uri == uri) return;
  close(host);
  links_[host] = Link{.uri = uri, .pause = settings_.reconnect_first, .early = {}, .why_down = {}};
  connect(host);
}

void Links::close(const HostId& host) {
  const auto found = links_.find(host);
  if (found == links_.end()) return;
  const Link link = std::move(found->second);
  links_.erase(found);
  if (link.state == State::connecting) events_.cut(link.attempt);
  retire(link.attempt);
}

std::optional<OpenLink> Links::find(const HostId& host) const {
  const auto found = links_.find(host);
  if (found == links_.end() || found->second.state != State::up) return std::nullopt;
  const std::lock_guard lock{mutex_};
  const Link& link = found->second;
  return OpenLink{connections_.at(link.attempt)->conn(), link.attempt, link.uri};
}

std::string Links::why_down(const HostId& host) const {
  const auto found = links_.find(host);
  return found == links_.end() ? std::string{} : found->second.why_down;
}

void Links::connect(const HostId& host) {
  Link& link = links_.at(host);
  link.state = State::connecting;
  link.attempt = ++last_owner_;
  link.looks = 0;
  link.early.clear();
  const auto endpoint = endpoint_of(link.uri);
  if (!endpoint) return look(host, link.attempt);
  reach_.ask(*endpoint, settings_.call_limit,
             [this, host, attempt = link.attempt](bool silent) { reached(host, attempt, silent); });
}

void Links::reached(const HostId& host, Owner attempt, bool silent) {
  Link* link = current(host, attempt);
  if (link == nullptr) return;
  if (!silent) return look(host, attempt);
  retry(host, *link, "connecting to " + link->uri + ": no answer at all: is the host up?");
}

// The first look connects; the further ones are made because of news.
void Links::look(const HostId& host, Owner attempt) {
  Link& link = links_.at(host);
  ++link.looks;
  link.early.clear();
  const Hear hear = [this, host, attempt](const Announcement& said) {
    this->hear(host, attempt, said);
  };
  const bool begun = pool_.submit(
      [this, host, uri = link.uri, attempt, hear] {
        scope_.post([this, host, attempt] { limit(host, attempt); });
        return connect_and_look(uri, attempt, hear);
      },
      [this, host, attempt](const Looks& looks) { looked(host, attempt, looks); });
  if (!begun) retry(host, link, "too many connections are being made");
}

// From when a thread has begun: an attempt may have waited for one. One that was closed meanwhile
// is ended, too.
void Links::limit(const HostId& host, Owner attempt) {
  scope_.after(settings_.call_limit, [this, host, attempt] {
    const Link* late = current(host, attempt);
    if (late == nullptr || late->state == State::connecting) events_.cut(attempt);
  });
}

// In a thread.
Links::Looks Links::connect_and_look(const std::string& uri, Owner attempt, const Hear& hear) {
  Conn conn;
  {
    const std::lock_guard lock{mutex_};
    const auto found = connections_.find(attempt);
    if (found != connections_.end()) conn = found->second->conn();
  }
  if (conn.get() != nullptr) return list(conn);
  auto opened = libvirt::connect(uri, settings_, attempt);
  if (!opened.ok()) return opened.error();
  auto connection = std::make_unique<LinkConnection>(opened.value());
  const auto listening = connection->listen(scope_, hear);
  if (!listening.ok()) return listening.error();
  {
    const std::lock_guard lock{mutex_};
    connections_.emplace(attempt, std::move(connection));
  }
  return list(opened.value());
}

// First everything that was announced before the answer, posted in front of what is posted here.
void Links::looked(const HostId& host, Owner attempt, const Looks& looks) {
  events_.catch_up();
  scope_.post([this, host, attempt, looks] { settle(host, attempt, looks); });
}

void Links::settle(const HostId& host, Owner attempt, const Looks& looks) {
  Link* link = current(host, attempt);
  if (link == nullptr) return retire(attempt);
  if (!looks.ok()) return lose(host, *link, looks.error().detail);
  if (!link->early.empty() && link->looks < kMostLooks) return look(host, attempt);
  link->state = State::up;
  link->pause = settings_.reconnect_first;
  link->why_down.clear();
  const auto early = std::exchange(link->early, {});
  told_.linked(host, looks.value());
  for (const Announcement& said : early)
    hear(host, attempt, said);
}

void Links::hear(const HostId& host, Owner attempt, const Announcement& announcement) {
  Link* link = current(host, attempt);
  if (link == nullptr) return;
  if (const auto* closed = std::get_if<Closed>(&announcement))
    return lose(host, *link, link->uri + ": " + closed->why);
  if (link->state == State::up)
    told_.announced(host, announcement);
  else
    link->early.push_back(announcement);
}

void Links::lose(const HostId& host, Link& link, const std::string& why) {
  const bool was_up = link.state == State::up;
  retry(host, link, why);
  if (was_up) told_.unlinked(host, why);
}

void Links::retry(const HostId& host, Link& link, const std::string& why) {
  const bool first = link.pause == settings_.reconnect_first;  // the rest is of the same
  spdlog::log(first ? spdlog::level::warn : spdlog::level::debug,
              "libvirt: no link to {}: {}; tried again until it is closed", host.text, why);
  retire(link.attempt);
  link.why_down = why;
  link.state = State::waiting;
  link.attempt = ++last_owner_;
  scope_.after(link.pause, [this, host, attempt = link.attempt] {
    if (current(host, attempt) != nullptr) connect(host);
  });
  link.pause = std::min(2 * link.pause, settings_.reconnect_longest);
}

// An attempt that has no connection yet retires itself when its answer comes (settle).
void Links::retire(Owner attempt) {
  {
    const std::lock_guard lock{mutex_};
    if (!connections_.contains(attempt)) return;
  }
  scope_.after(settings_.call_limit, [this, attempt] { events_.cut(attempt); });
  const auto close_it = [this, attempt] {
    dispose(attempt);
    return reactor::Unit{};
  };
  if (pool_.submit(close_it, [](reactor::Unit) {})) return;
  events_.cut(attempt);  // so that closing it here does not wait
  dispose(attempt);
}

void Links::dispose(Owner attempt) {
  std::unique_lock lock{mutex_};
  const auto gone = connections_.extract(attempt);
  lock.unlock();  // closing it takes its time
}

}  // namespace drivers::libvirt

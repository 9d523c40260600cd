#include "drivers/libvirt/connection.h"

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include <algorithm>
#include <array>

#include "drivers/libvirt/mapping.h"

namespace drivers::libvirt {

using actors::VmId;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

/// What libvirt keeps for us, one for each registration.
struct Ear {
  Scope& scope;
  Hear hear;

  static void free(void* ear) { delete static_cast<Ear*>(ear); }
  // libvirt calls from the loop mostly, yet a close is noticed by whichever thread reads.
  static void tell(void* opaque, Announcement announcement) {
    const auto* ear = static_cast<Ear*>(opaque);
    ear->scope.post(
        [hear = ear->hear, announcement = std::move(announcement)] { hear(announcement); });
  }
};

namespace {

VmId id_of(virDomainPtr domain) {
  std::array<char, VIR_UUID_STRING_BUFLEN> text{};
  if (virDomainGetUUIDString(domain, text.data()) != 0) return {};
  return VmId::parse(text.data()).value_or(VmId{});
}

int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
  Ear::tell(opaque, LifecycleEvent{id_of(domain), event, detail});
  return 0;
}

void on_pass(virConnectPtr, virDomainPtr domain, int pass, void* opaque) {
  Ear::tell(opaque, PassBegun{id_of(domain), pass});
}

void on_job_completed(virConnectPtr, virDomainPtr domain, virTypedParameterPtr params, int count,
                      void* opaque) {
  auto stats = to_stats(params, count);
  if (!stats) return;
  stats->vm = id_of(domain);
  Ear::tell(opaque, std::move(*stats));
}

void on_close(virConnectPtr, int reason, void* opaque) {
  const auto why = [&] {
    switch (reason) {
      case VIR_CONNECT_CLOSE_REASON_EOF: return "libvirtd closed the connection";
      case VIR_CONNECT_CLOSE_REASON_KEEPALIVE: return "no answer to keepalives";
      case VIR_CONNECT_CLOSE_REASON_CLIENT: return "closed from here";
      default: return "I/O error";
    }
  }();
  Ear::tell(opaque, Closed{why});
}

// As VIR_DOMAIN_EVENT_CALLBACK: libvirt casts it back to the type that belongs to the event.
template <class Callback>
virConnectDomainEventGenericCallback generic(Callback callback) {
  const auto any = reinterpret_cast<void (*)()>(callback);
  return reinterpret_cast<virConnectDomainEventGenericCallback>(any);
}

void be_quiet(void*, virErrorPtr) {}

// libvirt closes one interval after the last ping of `count`; ours is the time in all. Drivers
// without a socket (test:///) have no keepalives and need none.
bool keep_alive(virConnectPtr conn, const LibvirtSettings& settings) {
  const auto pings = std::max<std::int64_t>(settings.keepalive_count - 1, 1);
  return virConnectSetKeepAlive(conn, static_cast<int>(settings.keepalive_interval_s),
                                static_cast<unsigned>(pings)) >= 0 ||
         last_fault().code == VIR_ERR_NO_SUPPORT;
}

}  // namespace

Fault last_fault() {
  const virErrorPtr error = virGetLastError();
  if (error == nullptr || error->message == nullptr) return {0, "no reason given"};
  return {error->code, error->message};
}

Error failed(Errc code, std::string_view tried, const Fault& fault, std::string_view what_to_do) {
  return {code, fmt::format("{}: libvirt says: {} (error {}): {}", tried, fault.text, fault.code,
                            what_to_do)};
}

Conn::Conn(const Conn& other) : conn_(other.conn_) {
  if (conn_ != nullptr) virConnectRef(conn_);
}

Conn::~Conn() {
  if (conn_ != nullptr) virConnectClose(conn_);
}

Result<Conn> connect(const std::string& uri, const LibvirtSettings& settings, Owner owner) {
  virSetErrorFunc(nullptr, be_quiet);  // else libvirt prints each error, too
  const OwnSockets own{owner};
  const auto error = [&] {
    return failed(Errc::unreachable, "connecting to " + uri, last_fault(),
                  "is the host up, and does its libvirtd listen there?");
  };
  Conn conn{virConnectOpen(uri.c_str())};
  if (conn.get() == nullptr) return error();
  if (!keep_alive(conn.get(), settings)) return error();
  return conn;
}

bool LinkConnection::listen_to(int event_id, virConnectDomainEventGenericCallback call,
                               Scope& scope, const Hear& hear) {
  auto ear = std::make_unique<Ear>(Ear{scope, hear});
  const int id =
      virConnectDomainEventRegisterAny(conn_.get(), nullptr, event_id, call, ear.get(), Ear::free);
  if (id < 0) return false;
  (void)ear.release();
  callbacks_.push_back(id);
  return true;
}

LinkConnection::LinkConnection(Conn conn) : conn_(std::move(conn)) {}

Result<Unit> LinkConnection::listen(Scope& scope, const Hear& hear) {
  close_ear_ = std::make_unique<Ear>(Ear{scope, hear});
  const bool hears_close =
      virConnectRegisterCloseCallback(conn_.get(), on_close, close_ear_.get(), nullptr) == 0;
  if (hears_close && listen_to(VIR_DOMAIN_EVENT_ID_LIFECYCLE, generic(on_lifecycle), scope, hear) &&
      listen_to(VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, generic(on_pass), scope, hear) &&
      listen_to(VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, generic(on_job_completed), scope, hear))
    return Unit{};
  return failed(Errc::unreachable, "listening for domain events", last_fault(),
                "tried again by itself");
}

// libvirt's registrations hold references to the connection: without this it would never close.
LinkConnection::~LinkConnection() {
  for (const int id : callbacks_)
    virConnectDomainEventDeregisterAny(conn_.get(), id);
  virConnectUnregisterCloseCallback(conn_.get(), on_close);
}

}  // namespace drivers::libvirt

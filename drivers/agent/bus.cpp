#include "drivers/agent/bus.h"

#include <poll.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "reactor/invariant.h"

namespace drivers::agent {

namespace {

constexpr const char *kService = "org.freedesktop.login1", *kPath = "/org/freedesktop/login1",
                     *kManager = "org.freedesktop.login1.Manager";

int call_back(sd_bus_message* message, void* heard, sd_bus_error* /*error*/) {
  (*static_cast<Bus::Heard*>(heard))(message);
  return 0;
}

// The bus owns what it calls back, until it is answered, or the bus ends.
void keep(sd_bus_slot* slot) {
  sd_bus_slot_set_destroy_callback(slot,
                                   [](void* heard) { delete static_cast<Bus::Heard*>(heard); });
  sd_bus_slot_set_floating(slot, 1);
  sd_bus_slot_unref(slot);
}

std::uint64_t microseconds(reactor::Duration duration) {
  return static_cast<std::uint64_t>(std::chrono::microseconds{duration}.count());
}

// sd_bus_get_timeout() is a time on this clock.
std::uint64_t now_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

int open_bus(const std::string& address, sd_bus** bus) {
  if (address.empty()) return sd_bus_open_system(bus);
  int error = sd_bus_new(bus);
  if (error >= 0) error = sd_bus_set_address(*bus, address.c_str());
  if (error >= 0) error = sd_bus_set_bus_client(*bus, 1);
  if (error >= 0) error = sd_bus_start(*bus);
  return error;
}

}  // namespace

Bus::Bus(reactor::Loop& loop, std::function<void()> lost)
    : loop_(loop), lost_(std::move(lost)), timer_(loop, [this] { work(); }) {}

Bus::~Bus() {
  stop();
  sd_bus_close_unref(bus_);
}

Failure Bus::open(const std::string& address) {
  const int error = open_bus(address, &bus_);
  if (error < 0) return std::string{"no system bus: "} + std::strerror(-error);
  watch();
  return std::nullopt;
}

int Bus::new_call(const char* member, sd_bus_message** message) {
  return sd_bus_message_new_method_call(bus_, message, kService, kPath, kManager, member);
}

void Bus::send(int error, sd_bus_message* message, reactor::Duration limit, Heard heard) {
  INVARIANT(error >= 0);  // only our own words can be wrong here, or there is no memory
  sd_bus_slot* slot = nullptr;
  auto* const kept = new Heard{std::move(heard)};
  error = sd_bus_call_async(bus_, &slot, message, call_back, kept, microseconds(limit));
  sd_bus_message_unref(message);
  if (error >= 0) return keep(slot);
  delete kept;  // the connection is gone: lost() says so
}

void Bus::listen(const char* member, Heard heard) {
  sd_bus_slot* slot = nullptr;
  auto* const kept = new Heard{std::move(heard)};
  const int error = sd_bus_match_signal_async(bus_, &slot, kService, kPath, kManager, member,
                                              call_back, nullptr, kept);
  if (error >= 0) return keep(slot);
  delete kept;
}

// ---- on the loop

void Bus::watch() {
  poll_.reset(new uv_poll_t);
  uv_poll_init(loop_.uv(), poll_.get(), sd_bus_get_fd(bus_));
  prepare_.reset(new uv_prepare_t);
  uv_prepare_init(loop_.uv(), prepare_.get());
  poll_->data = prepare_->data = this;
  uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) {
    if (handle->data != nullptr) static_cast<Bus*>(handle->data)->arm();
  });
}

// What the bus waits for changes with each call.
void Bus::arm() {
  const int events = sd_bus_get_events(bus_);
  std::uint64_t until = 0;
  if (events < 0 || sd_bus_get_timeout(bus_, &until) < 0) return timer_.start(reactor::Duration{0});
  const int wanted =
      ((events & POLLIN) != 0 ? UV_READABLE : 0) | ((events & POLLOUT) != 0 ? UV_WRITABLE : 0);
  uv_poll_start(poll_.get(), wanted, [](uv_poll_t* handle, int /*status*/, int /*events*/) {
    if (handle->data != nullptr) static_cast<Bus*>(handle->data)->work();
  });
  if (until == UINT64_MAX) return timer_.stop();
  const std::uint64_t now = now_us();
  timer_.start(reactor::Duration{until <= now ? 0 : (until - now + 999) / 1'000});
}

void Bus::work() {
  int done = 1;
  while (done > 0)
    done = sd_bus_process(bus_, nullptr);
  if (done >= 0) return;
  stop();
  if (lost_) std::exchange(lost_, nullptr)();
}

void Bus::stop() {
  poll_.reset();
  prepare_.reset();
  timer_.stop();
}

}  // namespace drivers::agent

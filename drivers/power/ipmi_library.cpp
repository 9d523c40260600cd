#include "drivers/power/ipmi_library.h"

#include <sys/random.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>

#include "reactor/invariant.h"
#include "reactor/uv_handle.h"

extern "C" {
#include <OpenIPMI/ipmiif.h>
}

// The library's names for what its user keeps of a descriptor and of a timer.
struct os_hnd_fd_id_s {
  reactor::Owned<uv_poll_t> poll;
  int fd;
  os_data_ready_t ready;
  void* data;
  os_fd_data_freed_t freed;
};
struct os_hnd_timer_id_s {
  reactor::Owned<uv_timer_t> timer;
  os_timed_out_t due;
  void* data;
};

namespace drivers::power {

namespace {

int the_libraries = 0;

uv_loop_t* loop_of(const os_handler_t* handler) {
  return static_cast<reactor::Loop*>(handler->user_data)->uv();
}

void on_ready(uv_poll_t* poll, int /*status*/, int /*events*/) {
  auto* watch = static_cast<os_hnd_fd_id_t*>(poll->data);
  if (watch != nullptr) watch->ready(watch->fd, watch->data, watch);
}

int add_fd(os_handler_t* handler, int fd, os_data_ready_t ready, void* data,
           os_fd_data_freed_t freed, os_hnd_fd_id_t** id) {
  auto poll = std::make_unique<uv_poll_t>();
  if (const int failed = uv_poll_init(loop_of(handler), poll.get(), fd); failed != 0)
    return -failed;
  auto* watch =
      new os_hnd_fd_id_t{reactor::Owned<uv_poll_t>{poll.release()}, fd, ready, data, freed};
  watch->poll->data = watch;
  uv_poll_start(watch->poll.get(), UV_READABLE, on_ready);
  *id = watch;
  return 0;
}

int remove_fd(os_handler_t* /*handler*/, os_hnd_fd_id_t* id) {
  const std::unique_ptr<os_hnd_fd_id_t> watch{id};
  uv_poll_stop(watch->poll.get());
  if (watch->freed != nullptr) watch->freed(watch->fd, watch->data);
  return 0;
}

int alloc_timer(os_handler_t* handler, os_hnd_timer_id_t** id) {
  auto* timer = new uv_timer_t{};
  uv_timer_init(loop_of(handler), timer);
  *id = new os_hnd_timer_id_t{reactor::Owned<uv_timer_t>{timer}, nullptr, nullptr};
  timer->data = *id;
  return 0;
}

int free_timer(os_handler_t* /*handler*/, os_hnd_timer_id_t* id) {
  delete id;
  return 0;
}

bool is_running(const os_hnd_timer_id_t* id) {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(id->timer.get())) != 0;
}

void on_due(uv_timer_t* timer) {
  auto* id = static_cast<os_hnd_timer_id_t*>(timer->data);
  if (id != nullptr) id->due(id->data, id);
}

int start_timer(os_handler_t* /*handler*/, os_hnd_timer_id_t* id, timeval* after,
                os_timed_out_t due, void* data) {
  if (is_running(id)) return EBUSY;
  id->due = due;
  id->data = data;
  const auto ms = static_cast<std::uint64_t>(after->tv_sec * 1'000 + after->tv_usec / 1'000);
  return -uv_timer_start(id->timer.get(), on_due, ms, 0);
}

// ESRCH says: it was called already, or is just being called.
int stop_timer(os_handler_t* /*handler*/, os_hnd_timer_id_t* id) {
  if (!is_running(id)) return ESRCH;
  uv_timer_stop(id->timer.get());
  return 0;
}

int random_bytes(os_handler_t* /*handler*/, void* data, unsigned size) {
  return getrandom(data, size, 0) == static_cast<ssize_t>(size) ? 0 : EIO;
}

int monotonic_time(os_handler_t* /*handler*/, timeval* now) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000, kNsPerUs = 1'000;
  const std::uint64_t ns = uv_hrtime();
  now->tv_sec = static_cast<time_t>(ns / kNsPerSecond);
  now->tv_usec = static_cast<suseconds_t>(ns % kNsPerSecond / kNsPerUs);
  return 0;
}

int real_time(os_handler_t* /*handler*/, timeval* now) {
  return gettimeofday(now, nullptr) == 0 ? 0 : errno;
}

void drop_log(os_handler_t* /*handler*/, ipmi_log_type_e /*type*/, const char* /*format*/, ...) {}
void drop_vlog(os_handler_t* /*handler*/, ipmi_log_type_e /*type*/, const char* /*format*/,
               va_list /*words*/) {}

}  // namespace

IpmiLibrary::IpmiLibrary(reactor::Loop& loop) {
  INVARIANT(++the_libraries == 1);
  handler_.user_data = &loop;
  handler_.mem_alloc = [](int size) { return std::malloc(static_cast<std::size_t>(size)); };
  handler_.mem_free = [](void* data) { std::free(data); };
  handler_.add_fd_to_wait_for = add_fd;
  handler_.remove_fd_to_wait_for = remove_fd;
  handler_.alloc_timer = alloc_timer;
  handler_.free_timer = free_timer;
  handler_.start_timer = start_timer;
  handler_.stop_timer = stop_timer;
  handler_.get_random = random_bytes;
  handler_.log = drop_log;
  handler_.vlog = drop_vlog;
  handler_.get_monotonic_time = monotonic_time;
  handler_.get_real_time = real_time;
  INVARIANT(ipmi_init(&handler_) == 0);
}

IpmiLibrary::~IpmiLibrary() {
  ipmi_shutdown();
  --the_libraries;
}

}  // namespace drivers::power

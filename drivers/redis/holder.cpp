#include "drivers/redis/holder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "drivers/redis/private_files.h"
#include "drivers/redis/text.h"

namespace drivers::redis {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;

std::string host_name() {
  std::array<char, 64> name{};
  gethostname(name.data(), name.size() - 1);
  const std::string text{name.data()};
  return is_word(text) ? text : "controller";
}

// The file stands for as long as the folder does: the name has to last, not only the process.
Result<std::string> own_name(const std::string& path) {
  auto kept = read_small_file(path);
  if (!kept.ok() || is_word(kept.value())) return kept;
  const std::string name = host_name() + ":" + random_hex(4);
  const auto written = write_private_file(path, name + "\n");
  if (!written.ok()) return written.error();
  return name;
}

Error in_use(const std::string& lock) {
  const auto pid = read_small_file(lock);
  const std::string who = pid.ok() && !pid.value().empty() ? " (pid " + pid.value() + ")" : "";
  return {Errc::refused,
          lock + ": another nemuri run" + who +
              " uses this state folder; end it, or give this one a folder of its own"};
}

}  // namespace

Result<Holder> Holder::take(const std::string& state_dir) {
  const auto folder = make_private_folder(state_dir);
  if (!folder.ok()) return folder.error();
  const std::string path = state_dir + "/lock";
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return Error{Errc::refused, path + ": cannot open: " + std::strerror(errno)};
  Holder holder{lock, {}};
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) return in_use(path);
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(lock, 0) != 0 || pwrite(lock, pid.data(), pid.size(), 0) < 0)
    return Error{Errc::refused, path + ": cannot write: " + std::strerror(errno)};
  auto name = own_name(state_dir + "/controller-name");
  if (!name.ok()) return name.error();
  holder.name_ = std::move(name).value();
  return holder;
}

Holder::~Holder() {
  if (lock_ >= 0) close(lock_);
}

Holder::Holder(Holder&& other) noexcept
    : lock_(std::exchange(other.lock_, -1)), name_(std::move(other.name_)) {}

Holder& Holder::operator=(Holder&& other) noexcept {
  std::swap(lock_, other.lock_);
  std::swap(name_, other.name_);
  return *this;
}

std::string Holder::lease_value() const {
  return name_ + " " + std::to_string(getpid());
}

}  // namespace drivers::redis

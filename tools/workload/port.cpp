#include "workload/port.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace workload {
namespace {

constexpr auto kVirtioPorts = "/sys/class/virtio-ports";

// No echo, no line editing, no waiting for a carrier. Fails on a virtio port, which needs none of
// it.
void make_raw(int fd) {
  termios settings{};
  if (tcgetattr(fd, &settings) != 0) return;
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  cfsetspeed(&settings, B115200);
  tcsetattr(fd, TCSANOW, &settings);
}

}  // namespace

std::string Port::path() const {
  if (name_.starts_with('/')) return name_;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(kVirtioPorts, none)) {
    std::string name;
    if (std::ifstream(entry.path() / "name") >> name && name == name_)
      return "/dev/" + entry.path().filename().string();
  }
  return {};
}

void Port::look() {
  if (fd_ < 0) {
    fd_ = open(path().c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd_ < 0) return;
    make_raw(fd_);
  }
  pollfd entry{fd_, POLLIN, 0};
  poll(&entry, 1, 0);
  hung_up_ = (entry.revents & (POLLHUP | POLLERR)) != 0;
}

std::vector<std::string> Port::read_lines() {
  if (fd_to_poll() < 0) return {};
  std::array<char, 512> bytes;
  const ssize_t got = read(fd_, bytes.data(), bytes.size());
  if (got > 0) return lines_.add({bytes.data(), static_cast<std::size_t>(got)});
  hung_up_ = got == 0 || errno != EAGAIN;
  return {};
}

void Port::say(std::string_view line) {
  std::string text(line);
  text += '\n';
  if (fd_ >= 0 && write(fd_, text.data(), text.size()) < 0) hung_up_ = errno != EAGAIN;
}

}  // namespace workload

#include "drivers/local/listening_socket.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace drivers::local {

namespace {

using reactor::Errc;
using reactor::Error;

Error refused(const std::string& path, const std::string& what) {
  return {Errc::refused, "socket " + path + ": " + what};
}

Error failed(const std::string& path, const char* call) {
  return refused(path, std::string{call} + ": " + std::strerror(errno));
}

int new_socket() {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

template <class Call>
int with_address(Call call, int fd, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// Whether anybody listens is asked, not guessed: a full backlog (EAGAIN) is somebody too.
bool is_alive(const std::string& path) {
  const int fd = new_socket();
  const bool alive = fd >= 0 && (with_address(connect, fd, path) == 0 || errno == EAGAIN);
  if (fd >= 0) close(fd);
  return alive;
}

std::optional<Error> clear_the_way(const std::string& path) {
  struct stat there {};
  if (lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return {};
    return failed(path, "stat");
  }
  if (!S_ISSOCK(there.st_mode))
    return refused(path, "a file that is no socket is there; remove it");
  if (is_alive(path))
    return refused(path,
                   "another process listens there; stop that controller, or give this one "
                   "another tail.socket");
  if (unlink(path.c_str()) != 0) return failed(path, "unlink of the one a dead process left");
  return {};
}

std::optional<Error> give_to(const std::string& path, const std::string& group) {
  if (group.empty()) return {};
  std::array<char, 16UL * 1024> room{};
  struct group entry {};
  struct group* found = nullptr;
  getgrnam_r(group.c_str(), &entry, room.data(), room.size(), &found);
  if (found == nullptr) return refused(path, "there is no group '" + group + "' (tail.group)");
  if (lchown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0)
    return failed(path, ("chown to group " + group).c_str());
  return {};
}

// Made for its owner alone (Linux gives the file the descriptor's mode), then opened to the group
// that it belongs to by then: nobody else can slip in between.
std::optional<Error> bind_at(int fd, const std::string& path, const std::string& group) {
  if (fchmod(fd, 0600) != 0 || with_address(bind, fd, path) != 0) return failed(path, "bind");
  if (auto error = give_to(path, group)) return error;
  if (chmod(path.c_str(), 0660) != 0) return failed(path, "chmod");
  return {};
}

}  // namespace

reactor::Result<BoundSocket> bind_socket(const std::string& path, const std::string& group) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
    return refused(path, "a path has 1 to 107 bytes");
  if (auto error = clear_the_way(path)) return *error;
  const int fd = new_socket();
  if (fd < 0) return failed(path, "socket");
  if (auto error = bind_at(fd, path, group)) {
    close(fd);
    return *error;
  }
  struct stat made {};
  stat(path.c_str(), &made);
  return BoundSocket{fd, made.st_dev, made.st_ino};
}

void remove_socket(const BoundSocket& socket, const std::string& path) {
  struct stat there {};
  if (lstat(path.c_str(), &there) != 0) return;
  if (there.st_dev == socket.device && there.st_ino == socket.inode) unlink(path.c_str());
}

}  // namespace drivers::local

#include "drivers/redis/private_files.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "reactor/invariant.h"

namespace drivers::redis {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

constexpr std::size_t kLongestFile = 1U << 16U;

Error failed(const std::string& path, std::string_view tried) {
  return {Errc::refused, path + ": cannot " + std::string{tried} + ": " + std::strerror(errno)};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<Unit> make_private_folder(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(path, "make the folder");
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return failed(path, "look at the folder");
  if (!S_ISDIR(info.st_mode)) return Error{Errc::refused, path + ": not a folder"};
  if (info.st_uid != geteuid())
    return Error{Errc::refused, path + ": belongs to user " + std::to_string(info.st_uid)};
  if ((info.st_mode & 077U) != 0)
    return Error{Errc::refused, path + ": others may enter it: chmod 700 it"};
  return Unit{};
}

Result<Unit> write_private_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed(fresh, "make the file");
  const bool written = write_all(fd, text) && fsync(fd) == 0;
  if (close(fd) != 0 || !written) return failed(fresh, "write");
  if (rename(fresh.c_str(), path.c_str()) != 0) return failed(path, "replace the file");
  return Unit{};
}

Result<std::string> read_small_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::string{};
  if (fd < 0) return failed(path, "open");
  std::string text(kLongestFile, '\0');
  const ssize_t size = read(fd, text.data(), text.size());
  close(fd);
  if (size < 0) return failed(path, "read");
  text.resize(static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

std::string to_hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 15U]);
  }
  return text;
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  INVARIANT(bytes <= 256 && getrandom(random.data(), bytes, 0) == static_cast<ssize_t>(bytes));
  return to_hex(random);
}

}  // namespace drivers::redis

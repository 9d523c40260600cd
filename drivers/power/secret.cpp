#include "drivers/power/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace drivers::power {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;

/// A file and the bits that its mode may not have.
struct Place {
  std::string path;
  mode_t forbidden;
};

class OpenFile {
 public:
  // Opening a pipe for reading would wait for its writer.
  explicit OpenFile(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

Error refused(const std::string& path, const std::string& what) {
  return {Errc::refused, "secret " + path + ": " + what};
}

Error failed(const std::string& path, const char* tried) {
  return refused(path, std::string{"cannot "} + tried + ": " + std::strerror(errno));
}

Result<Place> place_of(const std::string& source) {
  if (source.starts_with('/')) return Place{source, 0177};
  if (source.empty() || source.front() == '.' || source.find('/') != source.npos)
    return refused("'" + source + "'", "is neither an absolute path nor a name without a slash");
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder != '/')
    return refused(source,
                   "has no slash, so it is one of systemd's, and there is no "
                   "$CREDENTIALS_DIRECTORY; use LoadCredential=, or an absolute path");
  return Place{std::string{folder} + "/" + source, 0137};
}

std::string octal(mode_t mode) {
  std::string out = "0000";
  for (std::size_t i = 4; i-- > 0; mode >>= 3U)
    out[i] = static_cast<char>('0' + (mode & 7U));
  return out;
}

std::optional<Error> look(const OpenFile& file, const Place& place) {
  const auto& path = place.path;
  if (file.fd() < 0) return failed(path, "open it");
  struct stat info {};
  if (fstat(file.fd(), &info) != 0) return failed(path, "look at it");
  if (!S_ISREG(info.st_mode)) return refused(path, "is no regular file");
  if ((info.st_mode & place.forbidden) != 0)
    return refused(path, "has mode " + octal(info.st_mode & 07777U) +
                             ", so others may read or change it; chmod 600 it, and change the "
                             "password if they may have");
  if (info.st_uid != 0 && info.st_uid != geteuid())
    return refused(path, "belongs to user " + std::to_string(info.st_uid) +
                             "; chown it to root or to the user that nemuri runs as");
  return {};
}

// One line: without its newline, and without any other.
Result<std::string> line_of(const std::string& path, std::string text) {
  if (text.size() > kLongestSecret)
    return refused(path, "is longer than " + std::to_string(kLongestSecret) + " bytes");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return refused(path, "is empty; expected one line");
  if (text.find_first_of(std::string_view{"\0\r\n", 3}) != text.npos)
    return refused(path, "has more than one line, or a zero byte; expected one line");
  return text;
}

}  // namespace

Result<std::string> read_secret(const std::string& source) {
  const auto place = place_of(source);
  if (!place.ok()) return place.error();
  const std::string& path = place.value().path;
  const OpenFile file{path};
  if (auto wrong = look(file, place.value())) return *wrong;
  std::string text(kLongestSecret + 3, '\0');
  const ssize_t size = read(file.fd(), text.data(), text.size());
  if (size < 0) return failed(path, "read it");
  text.resize(static_cast<std::size_t>(size));
  return line_of(path, std::move(text));
}

Result<std::string> secret_file(const std::string& source) {
  const auto text = read_secret(source);
  if (!text.ok()) return text.error();
  return place_of(source).value().path;
}

}  // namespace drivers::power

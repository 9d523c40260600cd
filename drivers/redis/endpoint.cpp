#include "drivers/redis/endpoint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace drivers::redis {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;

constexpr std::size_t kLongestUnixPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestPassword = 512;

Error not_an_address(std::string_view url, std::string_view why) {
  return {Errc::malformed, "Redis address \"" + std::string{url} + "\": " + std::string{why} +
                               "; it is tcp://HOST:PORT or unix:/PATH"};
}

// hiredis 0.14 would cut a longer path short without a word.
Result<Endpoint> parse_unix(std::string_view url, std::string_view path) {
  if (path.empty() || path.front() != '/') return not_an_address(url, "the path is not absolute");
  if (path.size() > kLongestUnixPath) return not_an_address(url, "the path is over 107 bytes");
  Endpoint endpoint;
  endpoint.unix_path = path;
  return endpoint;
}

bool parse_port(std::string_view text, int& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65'536;
}

std::string_view without_brackets(std::string_view host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return host;
  return host.substr(1, host.size() - 2);
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Error bad_password_file(Errc code, const std::string& path, std::string_view why) {
  return {code, "password file " + path + ": " + std::string{why}};
}

}  // namespace

Result<Endpoint> parse_url(std::string_view url) {
  constexpr std::string_view kUnix = "unix:", kTcp = "tcp://";
  if (url.starts_with(kUnix)) return parse_unix(url, url.substr(kUnix.size()));
  const std::string_view rest = url.starts_with(kTcp) ? url.substr(kTcp.size()) : url;
  const std::size_t colon = rest.rfind(':');
  Endpoint endpoint;
  if (colon == std::string_view::npos || !parse_port(rest.substr(colon + 1), endpoint.port))
    return not_an_address(url, "no port of 1..65535 after the last colon");
  endpoint.host = without_brackets(rest.substr(0, colon));
  if (endpoint.host.empty() || endpoint.host.size() > kLongestHost ||
      endpoint.host.find_first_of("/ []@") != std::string::npos)
    return not_an_address(url, "no host before the port");
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return "unix:" + endpoint.unix_path;
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  return "tcp://" + (ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
         std::to_string(endpoint.port);
}

Result<std::string> read_password(const std::string& path) {
  const Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info {};
  if (file.get() < 0 || fstat(file.get(), &info) != 0)
    return bad_password_file(Errc::unreachable, path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return bad_password_file(Errc::refused, path, "not a plain file");
  if ((info.st_mode & 077U) != 0)
    return bad_password_file(Errc::refused, path,
                             "others may read it: chmod 600 it, and change it");
  std::array<char, kLongestPassword + 1> text{};
  const ssize_t size = read(file.get(), text.data(), text.size());
  if (size < 0) return bad_password_file(Errc::unreachable, path, std::strerror(errno));
  std::string_view line{text.data(), static_cast<std::size_t>(size)};
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.empty()) return bad_password_file(Errc::malformed, path, "its first line is empty");
  if (line.size() > kLongestPassword)
    return bad_password_file(Errc::malformed, path, "its first line is over 512 bytes");
  return std::string{line};
}

}  // namespace drivers::redis

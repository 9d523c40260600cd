#include "drivers/agent/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace drivers::agent {

namespace {

constexpr std::size_t kMostBytes = 1024UL * 1024;
constexpr std::string_view kBlank = " \t\n";

bool read_all(int file, std::string& text) {
  std::array<char, 4096> part;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  while (text.size() < kMostBytes) {
    const ssize_t size = read(file, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size == 0;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  return false;
}

}  // namespace

// Plain calls: a stream would take a buffer of its own for each of the 50 files of a second.
std::optional<std::string> read_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string text;
  const bool good = read_all(file, text);
  close(file);
  if (!good) return std::nullopt;
  return text;
}

std::optional<std::int64_t> read_number(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  std::string_view rest{*text};
  return to_number(next_word(rest));
}

Failure write_file(const std::string& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (file < 0) return "opening " + path + ": " + std::strerror(errno);
  const ssize_t written = write(file, text.data(), text.size());
  const int error = errno;
  close(file);
  if (written == static_cast<ssize_t>(text.size())) return std::nullopt;
  return "writing " + std::string{text} + " into " + path + ": " + std::strerror(error);
}

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  return word;
}

std::optional<std::int64_t> to_number(std::string_view word) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace drivers::agent

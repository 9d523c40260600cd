#include "drivers/sim/scenario/packed_file.h"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace drivers::sim {

using reactor::Errc;
using reactor::Error;

namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 16;

struct Close {
  void operator()(gzFile file) const { gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, Close>;

Error malformed(const std::string& path, const std::string& what) {
  return {Errc::malformed, path + ": " + what};
}

// gzread() gives what is no gzip file as it is, and of one that is cut off what there is.
reactor::Result<std::string> unpack(const std::string& path, gzFile file) {
  std::string out;
  std::array<char, kPiece> piece{};
  for (;;) {
    const int got = gzread(file, piece.data(), piece.size());
    if (got < 0) return malformed(path, "is a damaged gzip file");
    out.append(piece.data(), static_cast<std::size_t>(got));
    if (out.size() > kMostBytes) return malformed(path, "is larger than 256 MiB unpacked");
    if (static_cast<std::size_t>(got) < piece.size()) break;
  }
  int code = Z_OK;
  gzerror(file, &code);
  if (code != Z_OK) return malformed(path, "is a gzip file that is cut off");
  return out;
}

}  // namespace

reactor::Result<std::string> read_packed(const std::string& path) {
  const File file{gzopen(path.c_str(), "rb")};
  if (!file) return Error{Errc::unreachable, path + ": cannot be opened: " + std::strerror(errno)};
  auto text = unpack(path, file.get());
  if (text.ok() && text.value().empty()) return malformed(path, "is empty");
  if (text.ok() && gzdirect(file.get()) != 0)
    return malformed(path, "is no gzip file; expected one, as `gzip` makes it");
  return text;
}

}  // namespace drivers::sim

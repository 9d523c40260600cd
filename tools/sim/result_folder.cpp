#include "tools/sim/result_folder.h"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "actors/ports/fields.h"

namespace sim_tool {

namespace fs = std::filesystem;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

constexpr std::array kNames{"summary.json", "report.html", "seconds.csv", "journal.ndjson", "runs"};

Error refused(const fs::path& path, const std::string& why) {
  return {Errc::refused, path.string() + ": " + why};
}

}  // namespace

Result<ResultFolder> ResultFolder::open(const fs::path& path, bool force) {
  std::error_code failed;
  if (fs::exists(path, failed) && !fs::is_directory(path, failed))
    return refused(path, "is no folder; give --out another one");
  for (const char* name : kNames) {
    if (!fs::exists(path / name, failed)) continue;
    if (!force) return refused(path / name, "is the result of an earlier run; --force replaces it");
    fs::remove_all(path / name, failed);
    if (failed) return refused(path / name, "can't be removed: " + failed.message());
  }
  fs::create_directories(path, failed);
  if (failed) return refused(path, "can't be made: " + failed.message());
  return ResultFolder{path};
}

Result<fs::path> ResultFolder::for_run(std::int64_t seed, drivers::sim::RunKind kind) const {
  const fs::path out = path_ / "runs" / fmt::format("{}-{}", seed, actors::name_of(kind));
  std::error_code failed;
  fs::create_directories(out, failed);
  if (failed) return refused(out, "can't be made: " + failed.message());
  return out;
}

Result<Unit> write_file(const fs::path& file, const std::string& text) {
  const fs::path unfinished = file.string() + ".part";
  std::ofstream out{unfinished, std::ios::binary};
  out << text;
  out.close();
  std::error_code failed;
  if (out) fs::rename(unfinished, file, failed);
  if (!out || failed) return refused(file, "can't be written; is the disk full?");
  return Unit{};
}

}  // namespace sim_tool

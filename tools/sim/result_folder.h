// Where the files of a result go. One run: into the folder itself; several: into runs/SEED-KIND.
#pragma once

#include <filesystem>

#include "reactor/result.h"
#include "tools/experiments/books.h"

namespace sim_tool {

class ResultFolder {
 public:
  /// Makes the folder. Errors: refused (a result lies there and `force` is not given; it can't be
  /// made). With `force` the files of the former result are gone afterwards, others stay.
  static reactor::Result<ResultFolder> open(const std::filesystem::path& path, bool force);

  /// For one of several runs, and for the only one. Errors: refused (it can't be made).
  reactor::Result<std::filesystem::path> for_run(std::int64_t seed,
                                                 drivers::sim::RunKind kind) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ResultFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

/// The whole text, or none of it: under another name first. Errors: refused.
reactor::Result<reactor::Unit> write_file(const std::filesystem::path& file,
                                          const std::string& text);

}  // namespace sim_tool

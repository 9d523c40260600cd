// The files of one run: journal.ndjson with its hash, and seconds.csv.
#pragma once

#include <filesystem>
#include <fstream>

#include "tools/experiments/experiment.h"
#include "tools/sim/sha256.h"

namespace sim_tool {

/// journal.ndjson, line by line as `nemuri replay --file` reads it.
class JournalFile {
 public:
  explicit JournalFile(const std::filesystem::path& file) : out_(file, std::ios::binary) {}

  void add(const drivers::sim::SimStream& stream, const drivers::sim::SimStream::Entry& entry);
  /// Its SHA-256 in hex. Errors: refused (it could not be written).
  reactor::Result<std::string> close();

 private:
  std::ofstream out_;
  Sha256 hash_;
  std::string wrong_;
};

/// seconds.csv: a line each simulated second.
class SecondsFile final : public experiments::Audience {
 public:
  explicit SecondsFile(const std::filesystem::path& file);

  void second_over(const experiments::Second& second) override;
  void migration_over(const drivers::sim::MigrationRecord&) override {}
  /// Errors: refused (it could not be written).
  reactor::Result<reactor::Unit> close();

 private:
  std::ofstream out_;
};

}  // namespace sim_tool

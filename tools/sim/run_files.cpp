#include "tools/sim/run_files.h"

#include <fmt/format.h>

#include "tools/journal/lines.h"

namespace sim_tool {

using drivers::sim::SimStream;
using experiments::Second;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

// 1234 thousandths: "1.234".
std::string thousandths(std::int64_t count) {
  return fmt::format("{}.{:03}", count / 1'000, count % 1'000);
}

constexpr std::int64_t kUcoresPerMcore = 1'000;
constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

void JournalFile::add(const SimStream& stream, const SimStream::Entry& entry) {
  const auto lines = journal::lines_of(
      entry.second, [&](const auto& range) -> Result<std::vector<actors::ports::HostSample>> {
        return stream.samples(range.first, range.last);
      });
  if (!lines.ok()) {
    wrong_ = lines.error().detail;
    return;
  }
  out_ << lines.value();
  hash_.add(lines.value());
}

Result<std::string> JournalFile::close() {
  out_.close();
  if (!wrong_.empty()) return Error{Errc::refused, "journal.ndjson: " + wrong_};
  if (!out_) return Error{Errc::refused, "journal.ndjson can't be written; is the disk full?"};
  return hash_.hex();
}

SecondsFile::SecondsFile(const std::filesystem::path& file) : out_(file, std::ios::binary) {
  out_ << "t_s,hosts_on,watts,load_cores,lost_cpu_s,migrations\n";
}

void SecondsFile::second_over(const Second& second) {
  out_ << fmt::format("{},{},{},{},{},{}\n", second.at.count() / 1'000, second.hosts_on,
                      thousandths(second.milliwatts), thousandths(second.wanted / kUcoresPerMcore),
                      thousandths(second.lost_ns / kNsPerMs), second.migrations);
}

Result<Unit> SecondsFile::close() {
  out_.close();
  if (!out_) return Error{Errc::refused, "seconds.csv can't be written; is the disk full?"};
  return Unit{};
}

}  // namespace sim_tool

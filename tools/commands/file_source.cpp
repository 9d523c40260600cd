#include <fstream>
#include <map>
#include <utility>

#include "actors/ports/json.h"
#include "drivers/redis/wire.h"
#include "tools/commands/journal_source.h"
#include "tools/journal/lines.h"

namespace commands {

using actors::Json;
using actors::ports::HostSample;
using actors::ports::JournalFields;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

std::optional<JournalFields> from_object(const Json& in) {
  if (!in.is_object()) return std::nullopt;
  JournalFields out;
  for (const auto& [name, text] : in.items()) {
    if (!text.is_string()) return std::nullopt;
    out.emplace_back(name, text.get<std::string>());
  }
  return out;
}

std::optional<HostSample> sample_from(const Json& in) {
  const auto fields = from_object(in);
  if (!fields) return std::nullopt;
  drivers::redis::Value flat{.kind = drivers::redis::Value::Kind::array, .text = {}, .items = {}};
  for (const auto& [name, text] : *fields)
    for (const std::string& word : {name, text})
      flat.items.push_back({.kind = drivers::redis::Value::Kind::text, .text = word, .items = {}});
  auto sample = drivers::redis::decode_stats(flat);
  if (!sample.ok()) return std::nullopt;
  return std::move(sample).value();
}

class FileSource final : public JournalSource {
 public:
  Result<std::vector<JournalFields>> entries() override { return entries_; }

  Result<std::vector<HostSample>> samples(const actors::input::Stats& range) override {
    const auto found = samples_.find({range.first, range.last});
    if (found != samples_.end()) return found->second;
    return Error{Errc::malformed, "no samples " + range.first.text + " to " + range.last.text};
  }

  bool take(const Json& line) {
    if (!line.is_object()) return false;
    return line.contains("journal") ? take_entry(line["journal"]) : take_samples(line);
  }

 private:
  bool take_entry(const Json& in) {
    const auto fields = from_object(in);
    if (fields) entries_.push_back(*fields);
    return fields.has_value();
  }

  bool take_samples(const Json& line) {
    std::vector<actors::StreamId> range;
    if (!line.contains("stats") || !line.contains("samples") ||
        !actors::from_json(line["stats"], range) || range.size() != 2)
      return false;
    std::vector<HostSample>& samples = samples_[{range[0], range[1]}];
    for (const Json& one : line["samples"]) {
      auto sample = sample_from(one);
      if (!sample) return false;
      samples.push_back(*std::move(sample));
    }
    return true;
  }

  std::vector<JournalFields> entries_;
  std::map<std::pair<actors::StreamId, actors::StreamId>, std::vector<HostSample>> samples_;
};

}  // namespace

Result<std::unique_ptr<JournalSource>> open_file(const std::string& path) {
  std::ifstream in{path};
  if (!in) return Error{Errc::unreachable, path + " can't be read"};
  auto source = std::make_unique<FileSource>();
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    const Json parsed = Json::parse(text, nullptr, false);
    if (parsed.is_discarded() || !source->take(parsed))
      return Error{Errc::malformed,
                   path + ":" + std::to_string(line) + ": not a line that --save writes"};
  }
  return std::unique_ptr<JournalSource>{std::move(source)};
}

Result<Unit> save(JournalSource& source, const std::string& path) {
  const auto entries = source.entries();
  if (!entries.ok()) return entries.error();
  std::ofstream out{path};
  for (const JournalFields& fields : entries.value()) {
    const auto lines =
        journal::lines_of(fields, [&](const auto& range) { return source.samples(range); });
    if (!lines.ok()) return lines.error();
    out << lines.value();
  }
  out.flush();
  if (!out) return Error{Errc::refused, path + " can't be written"};
  return Unit{};
}

}  // namespace commands

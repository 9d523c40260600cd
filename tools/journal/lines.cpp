#include "tools/journal/lines.h"

#include "actors/controller/journal.h"
#include "actors/ports/json.h"
#include "drivers/redis/wire.h"

namespace journal {

using actors::Json;
using actors::ports::HostSample;
using reactor::Result;

namespace {

template <class Fields>
Json to_object(const Fields& fields) {
  Json out = Json::object();
  for (const auto& [name, text] : fields)
    out[name] = text;
  return out;
}

std::string samples_line(const actors::input::Stats& range,
                         const std::vector<HostSample>& samples) {
  Json line = Json::object();
  line["stats"] = Json::array({range.first.text, range.last.text});
  line["samples"] = Json::array();
  for (const HostSample& sample : samples)
    line["samples"].push_back(to_object(drivers::redis::encode_stats(sample)));
  return line.dump() + "\n";
}

}  // namespace

Result<std::string> lines_of(const actors::ports::JournalFields& entry,
                             const ReadSamples& read_samples) {
  Json line = Json::object();
  line["journal"] = to_object(entry);
  std::string out = line.dump() + "\n";
  const auto read = actors::read_entry(entry);
  if (!read.ok()) return out;
  for (const actors::Input& input : read.value().inputs) {
    const auto* stats = std::get_if<actors::input::Stats>(&input);
    if (!stats) continue;
    const auto samples = read_samples(*stats);
    if (!samples.ok()) return samples.error();
    out += samples_line(*stats, samples.value());
  }
  return out;
}

}  // namespace journal

#include <algorithm>
#include <charconv>

#include "drivers/sim/scenario/decimals.h"
#include "drivers/sim/scenario/packed_file.h"
#include "drivers/sim/scenario/reading.h"

namespace drivers::sim {

using config::Measure;
using config::Number;
using config::Text;

namespace {

constexpr std::int64_t kMostRows = 1'000'000'000;
constexpr std::int64_t kDay = 24LL * 3'600'000;
constexpr std::size_t kMostParts = 1'000;

/// "2/4": the second of four equal parts, one after the other.
struct Part {
  std::size_t place = 1, of = 1;
};

std::optional<Part> parse_part(std::string_view text) {
  Part part;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, part.place);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '/') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, part.of);
  if (second.ec != std::errc{} || second.ptr != end) return std::nullopt;
  if (part.place < 1 || part.place > part.of || part.of > kMostParts) return std::nullopt;
  return part;
}

std::optional<std::string> bad_part(const std::string& text) {
  if (parse_part(text)) return std::nullopt;
  return "'" + text + "' is no part; expected 2/4 for the second of four";
}

/// As it stands in the scenario.
struct TraceEntry {
  LoadTrace load;
  TraceFormat format = TraceFormat::planetlab;
  std::string full, part = "1/1";
  std::int64_t row = 0;  ///< 0: all of the part
};

const Trace* find_trace(Reading& in, const YAML::Node& node, const std::string& label,
                        TraceFormat format) {
  const std::string path = node["trace"] ? trace_path(in, node["trace"]) : in.trace;
  if (path.empty()) {
    in.reader.fault(node.Mark(), label,
                    "names no file, and there is none at the top; expected one, such as by "
                    "--set trace=FILE.csv.gz");
    return nullptr;
  }
  const auto [found, is_new] = in.traces.try_emplace({path, format});
  if (is_new) {
    auto text = read_packed(path);
    auto trace = text.ok() ? read_trace(text.value(), format, path) : text.error();
    if (trace.ok())
      found->second = std::move(trace).value();
    else
      in.reader.fault(node.Mark(), label, trace.error().detail);
  }
  return found->second.empty() ? nullptr : &found->second;
}

// Parts as large as the first ones need to be: the last may be smaller.
std::vector<const TraceRow*> rows_of(const Trace& trace, const TraceEntry& entry) {
  const Part part = parse_part(entry.part).value_or(Part{});
  const std::size_t size = (trace.size() + part.of - 1) / part.of;
  std::vector<const TraceRow*> out;
  for (std::size_t i = (part.place - 1) * size; i < std::min(part.place * size, trace.size()); ++i)
    out.push_back(&trace[i]);
  if (entry.row == 0) return out;
  const auto row = static_cast<std::size_t>(entry.row) - 1;
  return row < out.size() ? std::vector{out[row]} : std::vector<const TraceRow*>{};
}

}  // namespace

LoadPlan read_trace_load(Reading& in, const YAML::Node& node, const std::string& label,
                         std::int64_t vcpus) {
  TraceEntry entry;
  const config::Table table{{"format", config::choice_of(entry.format)},
                            {"every", Number{&entry.load.every, Measure::milliseconds, 1, kDay}},
                            {"full", Text{&entry.full, bad_percent}},
                            {"part", Text{&entry.part, bad_part}},
                            {"row", Number{&entry.row, Measure::count, 1, kMostRows}}};
  in.reader.map(node, {table, label + ".", "", {"trace"}});
  entry.load.full = parse_percent(entry.full).value_or(0);
  if (vcpus > 0 && entry.load.full > vcpus * kMcoresPerCore * kUcoresPerMcore)
    in.reader.fault(node.Mark(), label + ".full", "is more than its vCPUs can use");
  LoadPlan plan{entry.load};
  const Trace* trace = find_trace(in, node, label, entry.format);
  if (!trace) return plan;
  plan.rows = rows_of(*trace, entry);
  if (plan.rows.empty())
    in.reader.fault(
        node.Mark(), label,
        "names rows that are not there: the trace has " + std::to_string(trace->size()));
  return plan;
}

std::string trace_path(Reading& in, const YAML::Node& node) {
  if (!node.IsScalar()) {
    in.reader.fault(node.Mark(), "trace", "is no name of a file");
    return {};
  }
  return node.Mark().is_null() ? node.Scalar() : (in.folder / node.Scalar()).string();
}

}  // namespace drivers::sim

#include "drivers/sim/scenario/trace.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace drivers::sim {

using reactor::Errc;
using reactor::Error;

namespace {

struct Format {
  std::size_t heads;      ///< columns before the values
  std::string_view head;  ///< what they are
  std::int64_t scale;     ///< per mille in one of a value
  std::int64_t most;      ///< of a value
  std::string_view value;
};

const Format& format_of(TraceFormat format) {
  static constexpr Format kPlanetlab{1, "name", 10, 100, "a whole number of percent, 0 to 100"};
  static constexpr Format kBitbrains{4, "name,cores,MHz,RAM_MB", 1, 10'000,
                                     "a whole number of tenths of a percent, 0 to 10000"};
  return format == TraceFormat::planetlab ? kPlanetlab : kBitbrains;
}

constexpr std::size_t kShown = 40;  // of a wrong value
constexpr std::int64_t kMostCores = 10'000, kMostMebibytes = 1'000'000'000;
constexpr std::int64_t kKibPerMib = 1'024;

std::optional<std::int64_t> number(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t out = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool whole = error == std::errc{} && stop == text.data() + text.size();
  return whole && out >= least && out <= most ? std::optional{out} : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

/// Of one line; what is wrong with it goes into `wrong`, the first thing only.
class LineReader {
 public:
  LineReader(const Format& format, std::string_view line)
      : format_(format), columns_(split(line, ',')) {}

  TraceRow read() {
    TraceRow row;
    if (columns_.size() <= format_.heads || columns_.front().empty()) {
      wrong =
          fmt::format("has {} columns; expected {} and then values", columns_.size(), format_.head);
      return row;
    }
    row.name = columns_.front();
    if (format_.heads > 1) {
      row.vcpus = column(1, 1, kMostCores, "a number of cores");
      row.memory.count = column(3, 1, kMostMebibytes, "RAM in MB") * kKibPerMib;
    }
    for (std::size_t i = format_.heads; i < columns_.size(); ++i)
      row.per_mille.push_back(
          static_cast<std::int16_t>(column(i, 0, format_.most, format_.value) * format_.scale));
    return row;
  }

  std::string wrong;

 private:
  std::int64_t column(std::size_t place, std::int64_t least, std::int64_t most,
                      std::string_view expected) {
    const std::string_view text = columns_[place];
    const auto value = number(text, least, most);
    if (!value && wrong.empty())
      wrong = fmt::format("column {} is '{}'; expected {}", place + 1, text.substr(0, kShown),
                          expected);
    return value.value_or(0);
  }

  const Format& format_;
  const std::vector<std::string_view> columns_;
};

std::string ragged(std::size_t values, std::size_t expected) {
  return fmt::format("has {} values; expected {} as in line 1", values, expected);
}

}  // namespace

reactor::Result<Trace> read_trace(const std::string& text, TraceFormat format,
                                  const std::string& file) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();  // the last line ends too
  Trace out;
  for (std::string_view line : lines) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    LineReader reader{format_of(format), line};
    out.push_back(reader.read());
    const std::size_t values = out.back().per_mille.size();
    if (reader.wrong.empty() && values != out.front().per_mille.size())
      reader.wrong = ragged(values, out.front().per_mille.size());
    if (!reader.wrong.empty())
      return Error{Errc::malformed, fmt::format("{}:{}: {}", file, out.size(), reader.wrong)};
  }
  if (out.empty()) return Error{Errc::malformed, file + ": has no line"};
  return out;
}

}  // namespace drivers::sim

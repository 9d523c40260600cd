#include "drivers/redis/entries.h"

#include <hiredis/hiredis.h>

#include <charconv>
#include <string_view>

#include "drivers/redis/text.h"
#include "drivers/redis/wire.h"

namespace drivers::redis {

namespace {

using reactor::Errc;
using reactor::Error;
using reactor::Result;

std::optional<Entry> parse_entry(const Value& value) {
  if (value.items.size() != 2 || !is_stream_id(value.items[0].text)) return {};
  const std::vector<Value>& fields = value.items[1].items;
  if (fields.size() % 2 != 0) return {};
  Entry entry{{value.items[0].text}, {}};
  for (std::size_t i = 0; i < fields.size(); i += 2)
    entry.fields.emplace_back(fields[i].text, fields[i + 1].text);
  return entry;
}

std::string_view id_of(const redisReply& entry) {
  if (entry.type != REDIS_REPLY_ARRAY || entry.elements != 2) return {};
  const redisReply& id = *entry.element[0];
  if (id.type != REDIS_REPLY_STRING) return {};
  const std::string_view text{id.str, id.len};
  return is_stream_id(text) ? text : std::string_view{};
}

void read_entry(const redisReply& entry, ReadBatch& into) {
  const std::string_view id = id_of(entry);
  auto sample =
      id.empty() ? Error{Errc::malformed, "entry without an id"} : decode_stats(*entry.element[1]);
  if (!id.empty()) {
    if (into.batch.first.text.empty()) into.batch.first.text = id;
    into.batch.last.text = id;
  }
  if (sample.ok()) {
    into.batch.samples.push_back(std::move(sample).value());
  } else {
    ++into.batch.malformed;
    into.fault = std::string{id} + ": " + sample.error().detail;
  }
}

}  // namespace

Result<std::vector<Entry>> parse_entries(const Value& list) {
  std::vector<Entry> entries;
  for (const Value& item : list.items) {
    auto entry = parse_entry(item);
    if (!entry) return Error{Errc::malformed, "Redis answered with something else than entries"};
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Value part_of(const Value& xread, const std::string& key) {
  for (const Value& part : xread.items)
    if (part.items.size() == 2 && part.items[0].text == key) return part.items[1];
  return {};
}

std::pair<std::uint64_t, std::uint64_t> as_numbers(const actors::StreamId& id) {
  std::pair<std::uint64_t, std::uint64_t> numbers{0, 0};
  if (!is_stream_id(id.text)) return numbers;
  const char *begin = id.text.data(), *end = begin + id.text.size();
  const auto first = std::from_chars(begin, end, numbers.first);
  std::from_chars(first.ptr + 1, end, numbers.second);
  return numbers;
}

std::vector<std::string> xadd(const std::string& key, std::int64_t most, const Fields& fields) {
  std::vector<std::string> words{"XADD", key, "MAXLEN", "~", std::to_string(most), "*"};
  for (const auto& [name, text] : fields) {
    words.push_back(name);
    words.push_back(text);
  }
  return words;
}

ReadBatch read_stats(const redisReply& list) {
  ReadBatch read;
  if (list.type != REDIS_REPLY_ARRAY) return read;
  read.batch.samples.reserve(list.elements);
  for (std::size_t i = 0; i < list.elements; ++i)
    read_entry(*list.element[i], read);
  return read;
}

}  // namespace drivers::redis

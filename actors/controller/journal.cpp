#include "actors/controller/journal.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "actors/ports/json.h"

namespace actors {

using reactor::Errc;
using reactor::Error;
using reactor::Result;

namespace {

constexpr std::size_t kMostIdle = 600;  // ticks kept back: a minute's

/// Reads fields of an entry; the first that is wrong is remembered.
class FieldReader {
 public:
  explicit FieldReader(const ports::JournalFields& fields) : fields_(fields) {}

  const std::string* find(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, [](const auto& f) { return f.first; });
    return found == fields_.end() ? nullptr : &found->second;
  }

  void number(std::string_view name, std::int64_t& value) {
    const std::string* text = find(name);
    if (!text) return fail(name);
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || stop != end) fail(name);
  }

  template <class T>
  void json(std::string_view name, T& value) {
    const std::string* text = find(name);
    if (!text) return;
    const Json in = Json::parse(*text, nullptr, false);
    if (in.is_discarded() || !from_json(in, value)) fail(name);
  }

  void fail(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const ports::JournalFields& fields_;
  std::string wrong_;
};

bool only_tick(const std::vector<Input>& inputs) {
  return inputs.size() == 1 && std::holds_alternative<input::Ticked>(inputs.front());
}

void count_samples(std::vector<Input>& inputs) {
  for (Input& input : inputs)
    if (auto* stats = std::get_if<input::Stats>(&input))
      stats->count = static_cast<std::int64_t>(stats->samples.size());
}

}  // namespace

ports::JournalFields to_fields(const JournalEntry& entry) {
  ports::JournalFields out{{"v", "1"},
                           {"kind", std::string{name_of(entry.kind)}},
                           {"run", entry.run},
                           {"turn", std::to_string(entry.turn)},
                           {"t_ms", std::to_string(entry.t.time_since_epoch().count())},
                           {"wall_ms", std::to_string(entry.wall.count())}};
  const auto add = [&](const char* name, const auto& list) {
    if (!list.empty()) out.emplace_back(name, json_text(list));
  };
  add("idle", entry.idle);
  add("inputs", entry.inputs);
  add("changes", entry.changes);
  add("effects", entry.effects);
  if (!entry.version.empty()) out.emplace_back("version", entry.version);
  if (entry.state) out.emplace_back("state", *entry.state);
  return out;
}

Result<JournalEntry> read_entry(const ports::JournalFields& fields) {
  FieldReader in{fields};
  JournalEntry entry;
  std::int64_t version = 0, t = 0, wall = 0;
  in.number("v", version);
  in.number("turn", entry.turn);
  in.number("t_ms", t);
  in.number("wall_ms", wall);
  const std::string* kind = in.find("kind");
  if (version != 1 || !kind || !from_json(Json(*kind), entry.kind)) in.fail("kind");
  if (const std::string* run = in.find("run")) entry.run = *run;
  if (const std::string* by = in.find("version")) entry.version = *by;
  entry.t = reactor::Instant{Duration{t}};
  entry.wall = Duration{wall};
  in.json("idle", entry.idle);
  in.json("inputs", entry.inputs);
  in.json("changes", entry.changes);
  in.json("effects", entry.effects);
  if (const std::string* state = in.find("state")) {
    entry.state = *state;
    if (!Json::accept(*state)) in.fail("state");
  }
  if (in.wrong().empty()) return entry;
  return Error{Errc::malformed, "journal entry: field '" + in.wrong() + "' does not parse"};
}

JournalEntry Journal::blank(EntryKind kind, reactor::Instant now, Duration wall) {
  return {.kind = kind,
          .run = run_,
          .turn = turn_,
          .t = now,
          .wall = wall,
          .idle = std::exchange(idle_, {})};
}

JournalEntry Journal::state(EntryKind kind, reactor::Instant now, Duration wall,
                            const Director& director) {
  JournalEntry entry = blank(kind, now, wall);
  entry.version = version_;
  entry.state = director.snapshot();
  return entry;
}

std::optional<JournalEntry> Journal::turn(reactor::Instant now, Duration wall,
                                          std::vector<Input> inputs, const Turn& turn) {
  ++turn_;
  const bool idle = only_tick(inputs) && turn.changes.empty() && turn.effects.empty();
  if (idle && idle_.size() < kMostIdle) {
    idle_.push_back(now);
    return std::nullopt;
  }
  JournalEntry entry = blank(EntryKind::turn, now, wall);
  entry.inputs = std::move(inputs);
  count_samples(entry.inputs);
  entry.changes = turn.changes;
  entry.effects = turn.effects;
  return entry;
}

std::string tail_line(const JournalEntry& entry, const Change& change) {
  std::string out;
  Writer line{out};
  line("type", "change"sv)("wall_ms", entry.wall)("t_ms", entry.t)("turn", entry.turn);
  Change::fields(line, change);
  line("text", to_text(change.reason)).end();
  return out;
}

}  // namespace actors

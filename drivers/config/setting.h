// One setting: its key, where its value goes, and what it may be.
//
// A Setting points into the struct that it fills, so a table of them is made anew for each struct
// (table.h) and must not outlive it.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/ports/fields.h"
#include "drivers/config/quantity.h"
#include "drivers/settings.h"

namespace drivers::config {

/// A number within least..most, both of `measure`.
struct Number {
  std::variant<std::int64_t*, reactor::Duration*, actors::Kib*> value;
  Measure measure = Measure::count;
  std::int64_t least = 0, most = 0;
  bool or_zero = false;  ///< 0 is allowed below `least` too: it switches the thing off
};

/// A number within least..most, or `auto` (none).
struct NumberOrAuto {
  std::optional<std::int64_t>* value;
  std::int64_t least = 0, most = 0;
};

struct Flag {
  bool* value;
};

/// One word of several.
struct Choice {
  std::vector<std::string> words;
  std::function<std::string()> get;
  std::function<void(const std::string&)> set;
};

/// Text; `fault` says what is wrong with one, or nothing.
struct Text {
  std::string* value;
  std::optional<std::string> (*fault)(const std::string&);
};

/// Different texts, none empty.
struct Names {
  std::vector<std::string>* value;
};

/// An argument list that is run without a shell.
struct Command {
  std::vector<std::string>* value;
};

/// Ways of waking, each a map of one key, its kind.
struct Ways {
  std::vector<WaySettings>* value;
};

enum class Takes { effect_at_once, restart };

struct Setting {
  std::string key;
  std::variant<Number, NumberOrAuto, Flag, Choice, Text, Names, Command, Ways> slot;
  Takes takes = Takes::effect_at_once;
};
using Table = std::vector<Setting>;

template <class Enum>
Choice choice_of(Enum& value) {
  Choice out;
  for (const std::string_view name : names(Enum{}))
    out.words.emplace_back(name);
  out.get = [&value] { return std::string{actors::name_of(value)}; };
  out.set = [&value](const std::string& word) {
    const auto all = names(Enum{});
    value = static_cast<Enum>(std::ranges::find(all, word) - all.begin());
  };
  return out;
}

/// Gives the setting a value written as one word or text. What is wrong with it, if anything.
std::optional<std::string> assign(const Setting& setting, const std::string& text);

/// Its value as it would stand in conf.yaml.
std::string show(const Setting& setting);

/// Is it a list in conf.yaml?
bool is_list(const Setting& setting);

/// "a time such as 500ms, 10s, 5m or 1h": what may stand there.
std::string expected(const Setting& setting);

}  // namespace drivers::config

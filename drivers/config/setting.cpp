#include "drivers/config/setting.h"

#include <algorithm>

#include "drivers/config/ways.h"

namespace drivers::config {

namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang 14 does not find it by itself

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

std::string listed(const std::vector<std::string>& words) {
  return "[" + joined(words, ", ") + "]";
}

std::string range_of(const Number& to) {
  std::string out = to.or_zero ? show_quantity(0, to.measure) + " or " : std::string{};
  return out + show_quantity(to.least, to.measure) + ".." + show_quantity(to.most, to.measure);
}

void store(const Number& to, std::int64_t number) {
  std::visit(Overloaded{[&](std::int64_t* value) { *value = number; },
                        [&](reactor::Duration* value) { *value = reactor::Duration{number}; },
                        [&](actors::Kib* value) { value->count = number; }},
             to.value);
}

std::int64_t stored(const Number& from) {
  return std::visit(Overloaded{[](const std::int64_t* value) { return *value; },
                               [](const reactor::Duration* value) { return value->count(); },
                               [](const actors::Kib* value) { return value->count; }},
                    from.value);
}

std::optional<std::string> put(const Number& to, const std::string& text) {
  const auto parsed = parse_quantity(text, to.measure);
  if (const auto* fault = std::get_if<std::string>(&parsed)) return *fault;
  const std::int64_t number = std::get<std::int64_t>(parsed);
  const bool off = to.or_zero && number == 0;
  if (!off && (number < to.least || number > to.most))
    return text + " is out of range; allowed: " + range_of(to);
  store(to, number);
  return {};
}

std::optional<std::string> put(const NumberOrAuto& to, const std::string& text) {
  std::int64_t number = 0;
  if (text == "auto") return to.value->reset(), std::nullopt;
  if (auto fault = put(Number{&number, Measure::count, to.least, to.most}, text))
    return *fault + "; or write auto";
  *to.value = number;
  return {};
}

std::optional<std::string> put(const Flag& to, const std::string& text) {
  if (text != "true" && text != "false") return "'" + text + "' is neither true nor false";
  *to.value = text == "true";
  return {};
}

std::optional<std::string> put(const Choice& to, const std::string& text) {
  if (std::ranges::find(to.words, text) == to.words.end())
    return "'" + text + "' is not known here; choose one of: " + joined(to.words, ", ");
  to.set(text);
  return {};
}

std::optional<std::string> put(const Text& to, const std::string& text) {
  if (auto fault = to.fault(text)) return fault;
  *to.value = text;
  return {};
}

template <class List>
std::optional<std::string> put(const List&, const std::string&) {
  return "is a list";
}

}  // namespace

std::optional<std::string> assign(const Setting& setting, const std::string& text) {
  return std::visit([&](const auto& slot) { return put(slot, text); }, setting.slot);
}

std::string show(const Setting& setting) {
  return std::visit(
      Overloaded{[](const Number& from) { return show_quantity(stored(from), from.measure); },
                 [](const NumberOrAuto& from) {
                   return *from.value ? std::to_string(**from.value) : std::string{"auto"};
                 },
                 [](const Flag& from) { return std::string{*from.value ? "true" : "false"}; },
                 [](const Choice& from) { return from.get(); },
                 [](const Text& from) { return from.value->empty() ? "\"\"" : *from.value; },
                 [](const Names& from) { return listed(*from.value); },
                 [](const Command& from) { return listed(*from.value); },
                 [](const Ways& from) {
                   std::vector<std::string> ways;
                   for (const WaySettings& way : *from.value)
                     ways.push_back(show(way));
                   return listed(ways);
                 }},
      setting.slot);
}

bool is_list(const Setting& setting) {
  return std::holds_alternative<Names>(setting.slot) ||
         std::holds_alternative<Command>(setting.slot) ||
         std::holds_alternative<Ways>(setting.slot);
}

std::string expected(const Setting& setting) {
  using std::string;
  return std::visit(
      Overloaded{
          [](const Number& to) { return string{expected(to.measure)}; },
          [](const NumberOrAuto&) { return string{"a number, or auto"}; },
          [](const Flag&) { return string{"true or false"}; },
          [](const Choice& to) { return "one of: " + joined(to.words, ", "); },
          [](const Text&) { return string{"a text"}; },
          [](const Names&) { return string{"a list of names, such as [db1, db2]"}; },
          [](const Command&) { return string{"an argument list, such as [/bin/x, -v]"}; },
          [](const Ways&) { return string{"a list of ways, such as - exec: [argument, ...]"}; }},
      setting.slot);
}

}  // namespace drivers::config

// A struct's own description of its fields (actors/ports/json.h), written as the flat field ->
// text pairs of a Redis hash or stream entry, and read back.
//
// Reading is strict as it is there: what is missing, unknown, twice there or out of range makes the
// whole malformed, and the error names the field. Lists and structs are JSON in their one field.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "actors/ports/json.h"
#include "drivers/redis/text.h"
#include "drivers/redis/value.h"
#include "reactor/result.h"

namespace drivers::redis {

class FlatWriter {
 public:
  template <class T>
  FlatWriter& operator()(const char* key, const T& value) {
    if constexpr (actors::fields_detail::kOptional<T>) {
      if (value) (*this)(key, *value);
    } else {
      out_.emplace_back(key, text_of(value));
    }
    return *this;
  }
  Fields take() && { return std::move(out_); }

 private:
  // Words stand for themselves, all else as JSON has it.
  template <class Tag>
  static std::string text_of(const actors::Id<Tag>& id) {
    return id.text;
  }
  static std::string text_of(const actors::VmId& id) { return id.text(); }
  static std::string text_of(const std::string& text) { return text; }
  template <actors::fields_detail::Named Enum>
  static std::string text_of(const Enum& value) {
    return std::string{actors::name_of(value)};
  }
  template <class T>
  static std::string text_of(const T& value) {
    return actors::json_text(value);
  }

  Fields out_;
};

class FlatReader {
 public:
  /// `in`: an array of field, text, field, text...
  explicit FlatReader(const Value& in) : in_(in.items) {}

  template <class T>
  FlatReader& operator()(const char* key, T& value) {
    const std::string* text = find(key);
    if (text == nullptr) {
      if (!actors::fields_detail::kOptional<T>) fault(key, "missing");
    } else if (++seen_; !read(*text, value)) {
      fault(key, "not understood: \"" + text->substr(0, 100) + "\"");
    }
    return *this;
  }

  /// Empty if all fields were known and right, else what and where.
  std::string complete() {
    if (in_.size() % 2 != 0 || seen_ * 2 != in_.size()) fault("fields", "unknown, or twice there");
    return std::move(fault_);
  }

 private:
  const std::string* find(std::string_view key) const {
    for (std::size_t i = 0; i + 1 < in_.size(); i += 2)
      if (in_[i].text == key) return &in_[i + 1].text;
    return nullptr;
  }

  void fault(const char* key, const std::string& what) {
    if (fault_.empty()) fault_ = std::string{key} + ": " + what;
  }

  // One of these a kind of value; the last is for numbers.
  template <class T>
  static bool read(const std::string& text, std::optional<T>& value) {
    return read(text, value.emplace());
  }
  template <class Tag>
  static bool read(const std::string& text, actors::Id<Tag>& value) {
    value.text = text;
    return is_word(text);
  }
  static bool read(const std::string& text, actors::VmId& value) {
    return actors::from_json(actors::Json(text), value);
  }
  static bool read(const std::string& text, std::string& value) {
    value = text;
    return is_text(text);
  }
  template <actors::fields_detail::Named Enum>
  static bool read(const std::string& text, Enum& value) {
    return actors::from_json(actors::Json(text), value);
  }
  template <actors::fields_detail::Described T>
  static bool read(const std::string& text, T& value) {
    return read_json(text, value);
  }
  template <class T>
  static bool read(const std::string& text, std::vector<T>& value) {
    return read_json(text, value);
  }
  template <class T>
  static bool read(const std::string& text, T& value) {
    const auto amount = parse_amount(text);
    return amount && actors::from_json(actors::Json(*amount), value);
  }

  template <class T>
  static bool read_json(const std::string& text, T& value) {
    const auto json = actors::Json::parse(text, nullptr, false);
    return !json.is_discarded() && actors::from_json(json, value);
  }

  const std::vector<Value>& in_;
  std::size_t seen_ = 0;
  std::string fault_;
};

template <class T>
Fields flatten(const T& value) {
  FlatWriter writer;
  T::fields(writer, value);
  return std::move(writer).take();
}

/// What flatten() wrote. Errors: malformed, naming `what` and the field.
template <class T>
reactor::Result<T> unflatten(const Value& in, std::string_view what) {
  FlatReader reader{in};
  T value{};
  T::fields(reader, value);
  const std::string fault = reader.complete();
  if (fault.empty()) return value;
  return reactor::Error{reactor::Errc::malformed, std::string{what} + ": " + fault};
}

}  // namespace drivers::redis

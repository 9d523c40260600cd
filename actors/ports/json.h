// Described structs and enums (actors/ports/fields.h) from the JSON that json_text.h makes of them.
//
// Reading is strict, since what is read comes from outside: a key that is missing or unknown, a
// wrong type or a number out of range makes the whole malformed. Integers only, no floats.
#pragma once

#include <algorithm>
#include <concepts>
#include <nlohmann/json.hpp>

#include "actors/ports/json_text.h"

namespace actors {

/// As a tree, for who looks into it or changes it.
template <class T>
Json to_json(const T& value) {
  return Json::parse(json_text(value));
}

class Reader {
 public:
  explicit Reader(const Json& in) : in_(in), ok_(in.is_object()) {}
  template <class T>
  Reader& operator()(const char* key, T& value);
  /// All keys known, all values right. `allowed`: keys the caller has read itself.
  bool complete(std::size_t allowed = 0) const { return ok_ && seen_ + allowed == in_.size(); }

 private:
  const Json& in_;
  std::size_t seen_ = 0;
  bool ok_;
};

/// Whether all of it was right; else `value` is not to be used.
template <class T>
bool from_json(const Json& in, T& value);

namespace fields_detail {

// One of these a kind of value; from_json() calls the one that fits.
inline bool read(const Json& in, std::int64_t& value) {
  if (!in.is_number_integer()) return false;
  if (in.is_number_unsigned() && in.get<std::uint64_t>() > INT64_MAX) return false;
  value = in.get<std::int64_t>();
  return -kMostAmount <= value && value <= kMostAmount;
}

template <std::integral Number>
bool read(const Json& in, Number& value) {
  std::int64_t number = 0;
  if (!read(in, number) || !std::in_range<Number>(number)) return false;
  value = static_cast<Number>(number);
  return true;
}

inline bool read(const Json& in, bool& value) {
  if (in.is_boolean()) value = in.get<bool>();
  return in.is_boolean();
}

inline bool read(const Json& in, std::string& value) {
  if (in.is_string()) value = in.get<std::string>();
  return in.is_string();
}

inline bool read(const Json& in, reactor::Duration& value) {
  std::int64_t number = 0;
  const bool good = read(in, number);
  value = reactor::Duration{number};
  return good;
}

inline bool read(const Json& in, reactor::Instant& value) {
  reactor::Duration since_start{};
  const bool good = read(in, since_start);
  value = reactor::Instant{since_start};
  return good;
}

template <class Tag>
bool read(const Json& in, Amount<Tag>& value) {
  return read(in, value.count) && value.count >= 0;
}

template <class Tag>
bool read_id(const std::string& text, Id<Tag>& id) {
  id.text = text;
  return true;
}
inline bool read_id(const std::string& text, VmId& id) {
  const auto known = VmId::parse(text);
  id = known.value_or(VmId{});
  return known.has_value();
}

template <class AnyId>
requires requires(AnyId& id) {
  read_id({}, id);
}
bool read(const Json& in, AnyId& value) {
  return in.is_string() && read_id(in.get_ref<const std::string&>(), value);
}

template <Named Enum>
bool read(const Json& in, Enum& value) {
  if (!in.is_string()) return false;
  const auto all = names(Enum{});
  const auto found = std::ranges::find(all, std::string_view{in.get_ref<const std::string&>()});
  if (found == all.end()) return false;
  value = static_cast<Enum>(found - all.begin());
  return true;
}

template <Described T>
bool read(const Json& in, T& value) {
  Reader reader{in};
  T::fields(reader, value);
  return reader.complete();
}

template <class T>
bool read(const Json& in, std::optional<T>& value) {
  return from_json(in, value.emplace());
}

template <class T>
bool read(const Json& in, std::vector<T>& value) {
  if (!in.is_array()) return false;
  value.clear();
  for (const Json& item : in) {
    T one{};
    if (!from_json(item, one)) return false;
    value.push_back(std::move(one));
  }
  return true;
}

template <class Key, class T>
bool read(const Json& in, std::map<Key, T>& value) {
  if (!in.is_object()) return false;
  value.clear();
  for (const auto& [key, item] : in.items()) {
    Key id{};
    T one{};
    if (!read_id(key, id) || !from_json(item, one)) return false;
    value.emplace(std::move(id), std::move(one));
  }
  return true;
}

template <class... Held>
bool read(const Json& in, std::variant<Held...>& value) {
  if (!in.is_object() || !in.contains("kind") || !in["kind"].is_string()) return false;
  const auto kind = in["kind"].template get<std::string>();
  const auto take = [&]<class T>(std::type_identity<T>) {
    if (kind != T::kKind) return false;
    T held{};
    Reader reader{in};
    T::fields(reader, held);
    if (!reader.complete(1)) return false;
    value = std::move(held);
    return true;
  };
  return (take(std::type_identity<Held>{}) || ...);
}

}  // namespace fields_detail

template <class T>
bool from_json(const Json& in, T& value) {
  return fields_detail::read(in, value);
}

template <class T>
Reader& Reader::operator()(const char* key, T& value) {
  const auto found = ok_ ? in_.find(key) : in_.end();
  if (found == in_.end()) {
    ok_ = ok_ && fields_detail::kOptional<T>;
    if constexpr (fields_detail::kOptional<T>) value.reset();
    return *this;
  }
  ++seen_;
  ok_ = from_json(*found, value);
  return *this;
}

/// What json_text() wrote. Errors: malformed, naming `what`.
template <class T>
reactor::Result<T> parse(std::string_view text, std::string_view what) {
  const Json in = Json::parse(text, nullptr, false);
  T value{};
  if (!in.is_discarded() && from_json(in, value)) return value;
  return reactor::Error{reactor::Errc::malformed,
                        std::string{what} + " does not parse: " + std::string{text.substr(0, 200)}};
}

}  // namespace actors

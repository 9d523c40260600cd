// Described structs and enums (actors/ports/fields.h) as JSON text, without a tree in between.
//
// Keys stand in the order of their description. Foreign words may not be UTF-8: what is not becomes
// U+FFFD, in a replay as it was live. Integers only, no floats. Reading is in json.h.
#pragma once

#include <charconv>
#include <map>
#include <string>

#include "actors/ports/fields.h"

namespace actors {

namespace fields_detail {

struct AnyArchive {
  template <class T>
  AnyArchive& operator()(const char*, T&) {
    return *this;
  }
};

template <class T>
concept Described = requires(AnyArchive& archive, T& value) {
  T::fields(archive, value);
};

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id<Tag>> : std::true_type {};
template <class T>
struct IsAmount : std::false_type {};
template <class Tag>
struct IsAmount<Amount<Tag>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class Key, class T>
struct IsMap<std::map<Key, T>> : std::true_type {};
template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};

template <class Tag>
const std::string& id_text(const Id<Tag>& id) {
  return id.text;
}
inline std::string id_text(const VmId& id) {
  return id.text();
}

}  // namespace fields_detail

/// In quotes, with what JSON wants escaped.
void append_quoted(std::string& out, std::string_view text);

template <class T>
void append_json(std::string& out, const T& value);

template <class T>
std::string json_text(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

/// Writes an object key by key; it may be given several structs, one after the other.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) { out_ += '{'; }

  template <class T>
  Writer& operator()(std::string_view key, const T& value) {
    if constexpr (fields_detail::IsOptional<T>::value) {
      if (value) (*this)(key, *value);
    } else {
      if (out_.back() != '{') out_ += ',';
      append_quoted(out_, key);
      out_ += ':';
      append_json(out_, value);
    }
    return *this;
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
};

namespace fields_detail {

inline void append_number(std::string& out, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  out.append(digits.begin(), end);
}

template <class List>
void append_list(std::string& out, const List& list) {
  out += '[';
  for (const auto& item : list) {
    if (out.back() != '[') out += ',';
    append_json(out, item);
  }
  out += ']';
}

template <class Map>
void append_map(std::string& out, const Map& map) {
  Writer writer{out};
  for (const auto& [key, item] : map)
    writer(id_text(key), item);
  writer.end();
}

template <class T>
void append_variant(std::string& out, const T& value) {
  Writer writer{out};
  std::visit(
      [&]<class Held>(const Held& held) {
        writer("kind", Held::kKind);
        Held::fields(writer, held);
      },
      value);
  writer.end();
}

}  // namespace fields_detail

template <class T>
void append_json(std::string& out, const T& value) {
  using namespace fields_detail;
  if constexpr (IsId<T>::value || std::is_same_v<T, VmId>) {
    append_quoted(out, id_text(value));
  } else if constexpr (IsAmount<T>::value) {
    append_number(out, value.count);
  } else if constexpr (std::is_same_v<T, reactor::Duration>) {
    append_number(out, value.count());
  } else if constexpr (std::is_same_v<T, reactor::Instant>) {
    append_number(out, value.time_since_epoch().count());
  } else if constexpr (IsVector<T>::value) {
    append_list(out, value);
  } else if constexpr (IsMap<T>::value) {
    append_map(out, value);
  } else if constexpr (IsVariant<T>::value) {
    append_variant(out, value);
  } else if constexpr (Named<T>) {
    append_quoted(out, name_of(value));
  } else if constexpr (Described<T>) {
    Writer writer{out};
    T::fields(writer, value);
    writer.end();
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    append_quoted(out, value);
  } else {
    static_assert(std::is_integral_v<T> && sizeof(T) <= sizeof(std::int64_t), "no floats");
    append_number(out, static_cast<std::int64_t>(value));
  }
}

}  // namespace actors

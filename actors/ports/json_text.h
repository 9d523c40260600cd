// Described structs and enums (actors/ports/fields.h) as JSON text, without a tree in between.
//
// Keys stand in the order of their description. Foreign words may not be UTF-8: what is not becomes
// U+FFFD, in a replay as it was live. Integers only, no floats. Reading is in json.h.
#pragma once

#include <charconv>
#include <concepts>
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
inline constexpr bool kOptional = false;
template <class T>
inline constexpr bool kOptional<std::optional<T>> = true;

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
    if constexpr (fields_detail::kOptional<T>) {
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

// One of these a kind of value; append_json() calls the one that fits. No floats.
template <std::integral Number>
void append(std::string& out, Number value) {
  static_assert(sizeof value <= sizeof(std::int64_t));
  std::array<char, 24> digits{};
  const auto end =
      std::to_chars(digits.begin(), digits.end(), static_cast<std::int64_t>(value)).ptr;
  out.append(digits.begin(), end);
}

inline void append(std::string& out, bool value) {
  out += value ? "true" : "false";
}

template <std::convertible_to<std::string_view> Text>
void append(std::string& out, const Text& value) {
  append_quoted(out, value);
}

template <class AnyId>
requires requires(const AnyId& id) {
  id_text(id);
}
void append(std::string& out, const AnyId& value) {
  append_quoted(out, id_text(value));
}

template <class Tag>
void append(std::string& out, const Amount<Tag>& value) {
  append(out, value.count);
}

inline void append(std::string& out, reactor::Duration value) {
  append(out, value.count());
}

inline void append(std::string& out, reactor::Instant value) {
  append(out, value.time_since_epoch());
}

template <Named Enum>
void append(std::string& out, Enum value) {
  append_quoted(out, name_of(value));
}

template <Described T>
void append(std::string& out, const T& value) {
  Writer writer{out};
  T::fields(writer, value);
  writer.end();
}

template <class T>
void append(std::string& out, const std::vector<T>& list) {
  out += '[';
  for (const auto& item : list) {
    if (out.back() != '[') out += ',';
    append_json(out, item);
  }
  out += ']';
}

template <class Key, class T>
void append(std::string& out, const std::map<Key, T>& map) {
  Writer writer{out};
  for (const auto& [key, item] : map)
    writer(id_text(key), item);
  writer.end();
}

template <class... Kinds>
void append(std::string& out, const std::variant<Kinds...>& value) {
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
  fields_detail::append(out, value);
}

}  // namespace actors

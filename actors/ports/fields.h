// How a struct names its fields and an enum its enumerators, once, for writing and for reading.
//
// A struct names its fields:
//   template <class Archive, class Self>
//   static void fields(Archive& archive, Self& self) { archive("host", self.host)("cpu", self.cpu);
//   }
// and an enum its enumerators: `constexpr auto names(Power) { return std::array{"on"sv, ...}; }`.
// What makes JSON of it, and reads it, is in actors/ports/json_text.h and json.h.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "actors/ports/ids.h"
#include "actors/ports/units.h"
#include "reactor/result.h"
#include "reactor/time.h"

namespace actors {

using Json = nlohmann::ordered_json;

namespace fields_detail {

template <class T>
concept Named = std::is_enum_v<T> && requires(T value) {
  names(value);
};

}  // namespace fields_detail

/// The name of an enumerator as it stands in journals, snapshots and on the tail.
template <fields_detail::Named Enum>
std::string_view name_of(Enum value) {
  return names(value)[static_cast<std::size_t>(value)];
}

}  // namespace actors

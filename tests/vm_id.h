// UUIDs of VMs for tests that would rather call them "a" and "web3".
#pragma once

#include <string>

#include "actors/ports/ids.h"
#include "reactor/invariant.h"

/// A UUID; of a short name the one whose bytes are its characters: equal and ordered as the names.
inline actors::VmId vm_id(std::string_view name) {
  if (const auto uuid = actors::VmId::parse(name)) return *uuid;
  INVARIANT(name.size() <= 16);  // no REQUIRE: constants are made of it before doctest runs
  const auto half = [&](std::size_t from) {
    std::uint64_t out = 0;
    for (std::size_t i = from; i < from + 8; ++i)
      out = out << 8U | (i < name.size() ? static_cast<unsigned char>(name[i]) : 0U);
    return out;
  };
  return {half(0), half(8)};
}

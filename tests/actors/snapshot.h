// What a snapshot of an actor gives back.
#pragma once

#include <doctest/doctest.h>

#include "actors/ports/json.h"

/// The actor again, from its snapshot's text.
template <class Actor>
Actor restored(const Actor& actor) {
  const auto out = actors::parse<Actor>(actors::json_text(actor), "a snapshot");
  REQUIRE(out.ok());
  return out.value();
}

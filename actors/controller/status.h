// The pool at this moment, for people and scripts: who is where, since when, with what load, and
// what each waits for. Not part of any decision.
#pragma once

#include "actors/director/director.h"

namespace actors {

/// {"type":"status","pool":..,"hosts":[..],"vms":[..],"migrations":[..]}; times are ages in ms.
Json status_of(reactor::Instant now, const Director& director);

}  // namespace actors

// What the record of a migration is told.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "actors/ports/hypervisor.h"
#include "reactor/time.h"

namespace actors {

using namespace std::string_view_literals;

enum class End { source, target };
constexpr auto names(End) {
  return std::array{"source"sv, "target"sv};
}

struct Begin {};
struct DefinitionKept {
  std::optional<std::string> error;
  bool none = false;  ///< the error: there is no definition
};
struct CallEnded {
  std::optional<reactor::Error> error;
};
struct ResumeEnded {
  std::optional<reactor::Error> error;
};
/// A part of it was not destroyed, or it was not started anew.
struct NotCleared {
  std::string why;
  bool tried = true;  ///< false: the order to do so never left the controller
};
/// What became of the order to the target's agent to end the connection.
struct IncomingEnded {
  std::optional<std::string> why_not;
  bool answered = true;  ///< false: the order was lost, so it may still be carried out
  OrderId order{};       ///< which one was answered
};
/// That order is on its way, by this name.
struct IncomingOrdered {
  OrderId order;
};
struct Heard {
  End end;
  ports::News news;
};
struct Looked {
  End end;
  std::optional<ports::DomainState> state;  ///< none: that host did not answer
  bool job = false;                         ///< a migration job is active on that side
};
struct Counted {
  ports::MigrationStats stats;
};
struct EndUnlinked {
  End end;
};
using MigrationEvent =
    std::variant<Begin, DefinitionKept, CallEnded, ResumeEnded, IncomingOrdered, IncomingEnded,
                 NotCleared, Heard, Looked, Counted, EndUnlinked, reactor::Tick>;

}  // namespace actors

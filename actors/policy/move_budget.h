// How many moves may begin in the pool within an hour: `flapping.moves_per_hour`. Pure.
#pragma once

#include <optional>
#include <vector>

#include "actors/pool/pool.h"

namespace actors {

class MoveBudget {
 public:
  void begun(reactor::Instant now, const FlappingSettings& settings);
  /// Why no more moves are decided; none: one more may be.
  std::optional<Reason> spent(reactor::Instant now, const Pool& pool);

  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("moves", self.moves_);
  }

 private:
  std::vector<reactor::Instant> moves_;  ///< begun within the hour; kept if there is a limit
};

}  // namespace actors

// What the doctor says: a table, then each reason with its mend; or the same as JSON.
#pragma once

#include <string>
#include <vector>

#include "tools/doctor/pool_seen.h"

namespace doctor {

std::string as_text(const PoolSeen& pool, const std::vector<Row>& rows);

/// One line.
std::string as_json(const PoolSeen& pool, const std::vector<Row>& rows);

}  // namespace doctor

// report.html: one page that holds its data, its scripts and its chart library, and needs nothing
// else: no network, no other file. Its parts are in page/, put together at build time.
#pragma once

#include <string>

#include "tools/report/report.h"

namespace report {

std::string page(const Report& report);

}  // namespace report

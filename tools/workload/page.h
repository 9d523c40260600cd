// What a checked page contains: a function of its number and of how often it was written. A page
// that got lost, mixed up or is of yesterday after a migration is told by its contents alone.
#pragma once

#include <cstdint>

namespace workload {

/// Writes one word in each 64-byte line of the page: a whole page would cost eight times as much
/// and find no more, as memory moves by the page. A count of 0 means never written, all zeros.
void write_page(std::uint64_t* page, std::uint32_t number, std::uint32_t count);

bool page_is_good(const std::uint64_t* page, std::uint32_t number, std::uint32_t count);

}  // namespace workload

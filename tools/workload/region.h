// The checked memory: pages written round and round a working set, each with contents that can be
// verified. How often each page was written is kept elsewhere, and their sum a third time, so that
// a stale page of counts shows too.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace workload {

class Region {
 public:
  /// `words` are zero, page-aligned, outlive us, and are a whole number of pages.
  explicit Region(std::span<std::uint64_t> words);

  std::uint32_t pages() const { return static_cast<std::uint32_t>(counts_.size()); }
  std::uint64_t written() const { return written_; }

  /// Writes the next page of the first `working_set` pages (at least 1; more than there are: all).
  void write_next(std::uint32_t working_set);

  /// Verifies the next `most` of the pages written so far, round and round.
  void verify_some(std::uint32_t most);

  /// Verifies all pages written so far, and the sum of their counts.
  void verify_all();

  std::uint64_t verified() const { return verified_; }
  /// A page found bad is counted once and written anew.
  std::uint64_t bad() const { return bad_; }

 private:
  std::uint64_t* page(std::uint32_t number);
  void verify(std::uint32_t number);

  std::span<std::uint64_t> words_;
  std::vector<std::uint32_t> counts_;
  std::uint32_t next_write_ = 0;
  std::uint32_t next_verify_ = 0;
  std::uint32_t touched_ = 0;  ///< pages from the first to the last one ever written
  std::uint64_t written_ = 0;
  std::uint64_t verified_ = 0;
  std::uint64_t bad_ = 0;
};

}  // namespace workload

// The last lines of the tail, in batches that all clients share.
//
// A client is a place in this log and no queue of its own: a slow one costs no memory and cannot
// touch what the others get. Batches are numbered from 0 on and dropped whole, oldest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "reactor/time.h"

namespace drivers::local {

class TailLog {
 public:
  struct Batch {
    std::string text;             ///< whole lines, each with its newline
    std::int64_t first_line = 0;  ///< how many lines came before it, ever
    std::int64_t lines = 0;
    std::int64_t begin = 0;  ///< how many bytes came before it, ever
    reactor::Instant at;     ///< when it was sealed
  };

  explicit TailLog(std::size_t most_bytes) : most_bytes_(static_cast<std::int64_t>(most_bytes)) {}

  /// Into the open batch. True: that is full, and should be sealed at once.
  bool add(std::string_view line);
  /// Makes the open batch, if it has lines, the last one that clients see.
  void seal(reactor::Instant now);
  bool open_is_empty() const { return open_.lines == 0; }

  /// Numbers of the oldest batch kept, and of the one that will be sealed next.
  std::int64_t first() const { return first_; }
  std::int64_t end() const { return first_ + static_cast<std::int64_t>(batches_.size()); }
  const Batch& at(std::int64_t number) const;

  std::int64_t lines() const { return open_.first_line; }  ///< sealed so far, ever

  /// The oldest batch kept that was sealed at `from` or later.
  std::int64_t since(reactor::Instant from) const;
  /// The oldest batch kept with at most `bytes` of text from its begin on to the end.
  std::int64_t within(std::size_t bytes) const;

 private:
  std::int64_t most_bytes_;
  std::deque<Batch> batches_;
  std::int64_t first_ = 0;
  Batch open_;
};

}  // namespace drivers::local

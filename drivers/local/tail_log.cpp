#include "drivers/local/tail_log.h"

#include <algorithm>
#include <utility>

#include "reactor/invariant.h"

namespace drivers::local {

namespace {

constexpr std::size_t kFullBatch = 64UL * 1024;

}  // namespace

bool TailLog::add(std::string_view line) {
  open_.text += line;
  open_.text += '\n';
  ++open_.lines;
  return open_.text.size() >= kFullBatch;
}

void TailLog::seal(reactor::Instant now) {
  if (open_is_empty()) return;
  open_.at = now;
  Batch next;
  next.first_line = open_.first_line + open_.lines;
  next.begin = open_.begin + static_cast<std::int64_t>(open_.text.size());
  batches_.push_back(std::exchange(open_, std::move(next)));
  for (; open_.begin - batches_.front().begin > most_bytes_ && batches_.size() > 1; ++first_)
    batches_.pop_front();
}

const TailLog::Batch& TailLog::at(std::int64_t number) const {
  INVARIANT(number >= first_ && number < end());
  return batches_[static_cast<std::size_t>(number - first_)];
}

std::int64_t TailLog::since(reactor::Instant from) const {
  const auto found = std::ranges::lower_bound(batches_, from, {}, &Batch::at);
  return first_ + (found - batches_.begin());
}

std::int64_t TailLog::within(std::size_t bytes) const {
  const std::int64_t least = open_.begin - static_cast<std::int64_t>(bytes);
  const auto found = std::ranges::lower_bound(batches_, least, {}, &Batch::begin);
  return first_ + (found - batches_.begin());
}

}  // namespace drivers::local

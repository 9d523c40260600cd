#include "drivers/sim/sim_stream.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace drivers::sim {

using actors::HostId;
using actors::StreamId;
using actors::VmId;
using actors::ports::Done;
using actors::ports::HostHello;
using actors::ports::HostSample;
using actors::ports::KeptMove;
using reactor::Errc;
using reactor::Error;
using reactor::Unit;

namespace {

constexpr Duration kAnswers{2};
constexpr Duration kPasses{1};  // from an agent through Redis to the controller
constexpr Duration kLeaseTaken{5};
constexpr Duration kGoneNoticed{1'000};
constexpr std::size_t kMostWaiting = 10'000;
constexpr Duration kReadAgain{10'000};  // drivers/redis/stream_reader.h

using IdNumbers = std::pair<std::int64_t, std::int64_t>;

StreamId to_id(const IdNumbers& id) {
  return {std::to_string(id.first) + "-" + std::to_string(id.second)};
}

IdNumbers numbers_of(const StreamId& id) {
  IdNumbers out;
  const char* end = id.text.data() + id.text.size();
  const auto dash = std::from_chars(id.text.data(), end, out.first).ptr;
  if (dash != end) std::from_chars(dash + 1, end, out.second);
  return out;
}

}  // namespace

void SimStream::tell(actors::ports::StreamListener& listener) {
  listener_ = &listener;
  ++epoch_;
  said_blind_ = false;
  to_drop_.clear();  // was in the memory of the one before
  const std::int64_t from = (wall_clock() - kReadAgain).count();
  while (delivered_ > 0 && stats_[delivered_ - 1].id.first >= from)
    --delivered_;
  loop_.after(kLeaseTaken, [this, epoch = epoch_] {
    if (!gone() && epoch == epoch_) lead();
  });
}

void SimStream::lead() {
  said_blind_ = false;
  drop_again();
  listener_->leading(epoch_);
  deliver();
}

// The lease counts from the highest epoch that Redis or a host's hash knows: none is left.
void SimStream::empty() {
  hellos_.clear();
  definitions_.clear();
  moves_.clear();
  wakes_.clear();
  delivered_ = stats_.size();
  epoch_ = 1;
}

Duration SimStream::wall_clock() const {
  return wall_ + loop_.now().time_since_epoch() + faults_.by(FaultKind::clock_ahead) -
         faults_.by(FaultKind::clock_back);
}

// Redis never goes back: where its clock was, ids count on.
StreamId SimStream::next_id() {
  const std::int64_t ms = wall_clock().count();
  last_id_ =
      ms > last_id_.first ? IdNumbers{ms, 0} : IdNumbers{last_id_.first, last_id_.second + 1};
  return to_id(last_id_);
}

// Written at once, answered later; if Redis goes in between, nobody can tell that it was written.
void SimStream::append(const actors::ports::JournalFields& entry, Done<StreamId> done) {
  const bool written = !gone();
  const StreamId id = next_id();
  if (written && !entry.empty()) keep_entry({id, entry});
  loop_.after(kAnswers, [this, written, id, done = std::move(done)] {
    if (!written) return done(Error{Errc::unreachable, "XADD journal: Redis does not answer"});
    if (gone()) return done(Error{Errc::outcome_unknown, "XADD journal: connection lost"});
    done(id);
  });
}

void SimStream::keep_entry(Entry entry) {
  if (reader_) return reader_(entry);
  journal_.push_back(std::move(entry));
}

void SimStream::keep_definition(const KeptMove& move, const std::string& xml, Done<Unit> done) {
  to_drop_.erase(move.vm);
  if (!gone()) {
    definitions_[move.vm] = xml;
    moves_[move.vm] = move;
  }
  kept(std::move(done));
}

void SimStream::mark_definition(const KeptMove& move, Done<Unit> done) {
  const auto found = moves_.find(move.vm);
  if (gone()) return kept(std::move(done));
  if (found == moves_.end())
    return loop_.after(kAnswers, [done = std::move(done)] {
      done(Error{Errc::refused, "none is kept"});
    });
  found->second = move;
  kept(std::move(done));
}

// Tried again once Redis is back.
void SimStream::drop_definition(const VmId& vm) {
  to_drop_.insert(vm);
  if (!gone()) drop_again();
}

void SimStream::drop_again() {
  for (const VmId& vm : std::exchange(to_drop_, {})) {
    definitions_.erase(vm);
    moves_.erase(vm);
  }
}

void SimStream::read_moves(Done<std::vector<KeptMove>> done) {
  loop_.after(kAnswers, [this, done = std::move(done)] {
    if (gone()) return done(Error{Errc::unreachable, "HVALS moves: Redis does not answer"});
    std::vector<KeptMove> out;
    for (const auto& [vm, move] : moves_)
      out.push_back(move);
    done(std::move(out));
  });
}

void SimStream::keep_wakes(const HostId& host, const std::string& record, Done<Unit> done) {
  if (!gone()) wakes_[host] = record;
  kept(std::move(done));
}

void SimStream::kept(Done<Unit> done) {
  const bool written = !gone();
  loop_.after(kAnswers, [written, done = std::move(done)] {
    if (written) return done(Unit{});
    done(Error{Errc::unreachable, "SET: Redis does not answer"});
  });
}

void SimStream::read_definition(const VmId& vm, Done<std::string> done) {
  read(definitions_, vm, std::move(done));
}

void SimStream::read_wakes(const HostId& host, Done<std::string> done) {
  read(wakes_, host, std::move(done));
}

template <class Key>
void SimStream::read(const std::map<Key, std::string>& from, const Key& key,
                     Done<std::string> done) {
  loop_.after(kAnswers, [this, &from, key, done = std::move(done)] {
    const auto found = from.find(key);
    if (gone()) return done(Error{Errc::unreachable, "GET: Redis does not answer"});
    if (found == from.end()) return done(Error{Errc::refused, "none is kept"});
    done(found->second);
  });
}

void SimStream::read_hello(const HostId& host, Done<HostHello> done) {
  loop_.after(kAnswers, [this, host, done = std::move(done)] {
    const auto found = hellos_.find(host);
    if (gone()) return done(Error{Errc::unreachable, "HGETALL host: Redis does not answer"});
    if (found == hellos_.end()) return done(Error{Errc::refused, host.text + " never said hello"});
    done(found->second);
  });
}

void SimStream::add(HostSample sample) {
  if (gone() || !waiting_.empty()) {  // in the order they were taken: none overtakes another
    if (waiting_.size() >= kMostWaiting) waiting_.pop_front();
    return waiting_.push_back(std::move(sample));
  }
  next_id();
  stats_.push_back({last_id_, std::move(sample)});
  if (std::exchange(delivering_, true)) return;
  loop_.after(kPasses, [this] { deliver(); });
}

void SimStream::deliver() {
  delivering_ = false;
  if (gone() || delivered_ == stats_.size()) return;
  actors::ports::StatsBatch batch;
  batch.first = to_id(stats_[delivered_].id);
  batch.last = to_id(stats_.back().id);
  const bool kept = stats_kept_ > Duration{0};
  for (; delivered_ < stats_.size(); ++delivered_) {
    HostSample& sample = stats_[delivered_].sample;
    batch.samples.push_back(kept ? sample : std::move(sample));
  }
  trim();
  listener_->stats(std::move(batch));
}

void SimStream::trim() {
  const std::int64_t oldest = (wall_ + loop_.now().time_since_epoch() - stats_kept_).count();
  const bool none = stats_kept_ == Duration{0};
  for (; delivered_ > 0 && (none || stats_.front().id.first <= oldest); --delivered_)
    stats_.pop_front();
}

void SimStream::reply(actors::ports::Reply reply) {
  if (gone()) return;
  loop_.after(kPasses, [this, reply = std::move(reply)] {
    if (!gone()) listener_->reply(reply);
  });
}

void SimStream::write(HostHello hello) {
  if (gone()) return;
  const HostId host = hello.host;
  hellos_[host] = std::move(hello);
}

void SimStream::check() {
  if (gone() == was_gone_) return;
  was_gone_ = gone();
  if (!was_gone_) return come_back();
  loop_.after(kGoneNoticed, [this] {
    if (gone() && !std::exchange(said_blind_, true))
      listener_->blind("Redis does not answer: connection refused");
  });
}

void SimStream::come_back() {
  loop_.after(kLeaseTaken, [this] {
    if (gone()) return;
    lead();
    std::deque<HostSample> waited = std::exchange(waiting_, {});
    for (HostSample& sample : waited)
      add(std::move(sample));
  });
}

std::vector<HostSample> SimStream::samples(const StreamId& first, const StreamId& last) const {
  std::vector<HostSample> out;
  const IdNumbers end = numbers_of(last);
  auto at = std::ranges::lower_bound(stats_, numbers_of(first), {}, &Stored::id);
  for (; at != stats_.end() && at->id <= end; ++at)
    out.push_back(at->sample);
  return out;
}

}  // namespace drivers::sim

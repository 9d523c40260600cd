// What waits for Redis: the host's hash, replies, the samples of the last minute; in this order.
//
// One command is out at a time, so that what is written stays in order over a broken connection.
// What may or may not have been written is written again: the hash and a sample (known by its boot
// and seq) may stand there twice without harm, and so may a reply. Bounded: the oldest goes.
// Source: DESIGN.md §5.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "drivers/redis/connection.h"

namespace drivers::agent {

using Words = std::vector<std::string>;  ///< one Redis command

class Outbox {
 public:
  static constexpr std::size_t kMostSamples = 60, kMostReplies = 32;
  using Send = std::function<void(const Words&, redis::ReplyDone)>;

  explicit Outbox(Send send) : send_(std::move(send)) {}

  void put_hello(Words hello);  ///< in place of one that waits
  void put_reply(Words reply);
  void put_sample(Words sample);

  void up();
  void down() { up_ = false; }

  /// Nothing waits, nothing is out.
  bool empty() const;
  std::int64_t lost() const { return lost_; }  ///< samples dropped so far

 private:
  enum class Kind { hello, reply, sample };
  struct Sent {
    Kind kind;
    Words words;
  };

  std::optional<Sent> next();
  void send_next();
  void answered(const reactor::Result<redis::Value>& result);
  void put_back(Sent sent);
  void trim();

  Send send_;
  bool up_ = false;
  std::optional<Sent> out_;
  std::optional<Words> hello_;
  std::deque<Words> replies_, samples_;
  std::int64_t lost_ = 0, told_ = 0;  ///< told_: of them, in the log
  bool refused_ = false;
};

}  // namespace drivers::agent

#include "drivers/agent/outbox.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace drivers::agent {

void Outbox::put_hello(Words hello) {
  hello_ = std::move(hello);
  send_next();
}

void Outbox::put_reply(Words reply) {
  replies_.push_back(std::move(reply));
  trim();
  send_next();
}

void Outbox::put_sample(Words sample) {
  samples_.push_back(std::move(sample));
  trim();
  send_next();
}

void Outbox::up() {
  up_ = true;
  if (const auto news = lost_ - std::exchange(told_, lost_); news > 0)
    spdlog::warn("Redis was gone for too long: {} samples are lost", news);
  send_next();
}

bool Outbox::empty() const {
  return !out_ && !hello_ && replies_.empty() && samples_.empty();
}

std::optional<Outbox::Sent> Outbox::next() {
  if (hello_) return Sent{Kind::hello, *std::exchange(hello_, std::nullopt)};
  for (const Kind kind : {Kind::reply, Kind::sample}) {
    auto& queue = kind == Kind::reply ? replies_ : samples_;
    if (queue.empty()) continue;
    Sent sent{kind, std::move(queue.front())};
    queue.pop_front();
    return sent;
  }
  return std::nullopt;
}

void Outbox::send_next() {
  if (!up_ || out_) return;
  out_ = next();
  if (out_) send_(out_->words, [this](const auto& result) { answered(result); });
}

// After an error nothing is sent before up() or the next thing put in, at most a second away: a
// Redis that refuses (out of memory, read-only) is not asked in a busy loop.
void Outbox::answered(const reactor::Result<redis::Value>& result) {
  Sent sent = std::move(*std::exchange(out_, std::nullopt));
  if (result.ok()) {
    refused_ = false;
    send_next();
    return;
  }
  const bool refused = result.error().code == reactor::Errc::refused;
  if (!std::exchange(refused_, refused) && refused)
    spdlog::error("Redis refuses {}: {}", sent.words.front(), result.error().detail);
  put_back(std::move(sent));
}

void Outbox::put_back(Sent sent) {
  if (sent.kind == Kind::hello) {
    if (!hello_) hello_ = std::move(sent.words);  // else there is a newer one
    return;
  }
  auto& queue = sent.kind == Kind::reply ? replies_ : samples_;
  queue.push_front(std::move(sent.words));
  trim();
}

void Outbox::trim() {
  if (replies_.size() > kMostReplies) replies_.pop_front();
  if (samples_.size() <= kMostSamples) return;
  samples_.pop_front();
  ++lost_;
}

}  // namespace drivers::agent

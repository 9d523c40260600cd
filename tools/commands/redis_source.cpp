#include <optional>
#include <utility>

#include "drivers/redis/history.h"
#include "tools/commands/journal_source.h"

namespace commands {

using actors::ports::HostSample;
using actors::ports::JournalFields;
using reactor::Errc;
using reactor::Error;
using reactor::Result;
using reactor::Unit;

namespace {

constexpr reactor::Duration kPatience{10'000};

class RedisSource final : public JournalSource {
 public:
  RedisSource(drivers::redis::Endpoint endpoint, std::string name, const std::string& pool)
      : name_(std::move(name)),
        connection_(loop_, std::move(endpoint), {[this] { loop_.stop(); }, [](const auto&) {}}),
        history_(connection_, drivers::redis::Keys{pool}) {}

  Result<std::vector<JournalFields>> entries() override {
    if (!connected()) return Error{Errc::unreachable, "no answer from Redis at " + name_};
    std::vector<JournalFields> out;
    const auto page = [&](std::vector<drivers::redis::Entry> entries) {
      for (drivers::redis::Entry& entry : entries)
        out.push_back(std::move(entry.fields));
      return true;
    };
    std::optional<Result<Unit>> end;
    history_.journal({}, page, [&](Result<Unit> result) { finish(end, std::move(result)); });
    loop_.run();
    if (!end->ok()) return end->error();
    return out;
  }

  Result<std::vector<HostSample>> samples(const actors::input::Stats& range) override {
    using Batch = actors::ports::StatsBatch;
    std::optional<Result<Batch>> end;
    history_.stats({range.first, range.last},
                   [&](Result<Batch> result) { finish(end, std::move(result)); });
    loop_.run();
    if (!end->ok()) return end->error();
    Batch batch = std::move(*end).value();
    if (batch.first == range.first && batch.last == range.last) return std::move(batch.samples);
    return Error{Errc::malformed, "stats " + range.first.text + " to " + range.last.text +
                                      " are not whole any more (redis.keep, redis.keep_bytes): "
                                      "replay from a later snapshot"};
  }

 private:
  bool connected() {
    if (connection_.up()) return true;
    loop_.after(kPatience, [this] {
      if (!connection_.up()) loop_.stop();
    });
    loop_.run();
    return connection_.up();
  }

  template <class T>
  void finish(std::optional<Result<T>>& slot, Result<T> result) {
    slot.emplace(std::move(result));
    loop_.stop();
  }

  std::string name_;
  reactor::Loop loop_;
  drivers::redis::Connection connection_;
  drivers::redis::History history_;
};

}  // namespace

Result<std::unique_ptr<JournalSource>> open_redis(const RedisSourceOptions& options) {
  auto endpoint = drivers::redis::parse_url(options.url);
  if (!endpoint.ok()) return endpoint.error();
  drivers::redis::Endpoint to = std::move(endpoint).value();
  to.user = options.user;
  to.password_file = options.password_file;
  return std::unique_ptr<JournalSource>{
      std::make_unique<RedisSource>(std::move(to), options.url, options.pool)};
}

}  // namespace commands

// Where a replay gets a journal and its samples from: a Redis, or a file that was saved from one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/controller/journal.h"

namespace commands {

class JournalSource {
 public:
  virtual ~JournalSource() = default;

  /// All entries, in the order of the stream. Errors: unreachable, malformed.
  virtual reactor::Result<std::vector<actors::ports::JournalFields>> entries() = 0;

  /// The samples of a range of the `stats` stream. Errors: unreachable, malformed (also: trimmed).
  virtual reactor::Result<std::vector<actors::ports::HostSample>> samples(
      const actors::input::Stats& range) = 0;
};

struct RedisSourceOptions {
  std::string url, user, password_file, pool;
};

/// Errors: malformed (the URL). Reading blocks; unreachable after ten seconds without a connection.
reactor::Result<std::unique_ptr<JournalSource>> open_redis(const RedisSourceOptions& options);

/// A file that save() wrote. Errors: unreachable, malformed with the line.
reactor::Result<std::unique_ptr<JournalSource>> open_file(const std::string& path);

/// The lines of tools/journal/lines.h. Errors: those of the source; refused (the file can't be
/// written).
reactor::Result<reactor::Unit> save(JournalSource& source, const std::string& path);

}  // namespace commands

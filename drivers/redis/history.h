// Reads back what stands in Redis: for the start of a controller, and for replays.
//
// Asynchronous: each `done` runs once, on the loop, never from inside the call. Errors of all:
// unreachable (also when the connection broke: reading can be tried again), refused, malformed.
// Long ranges come in pages, so neither side holds them whole. Source: DESIGN.md §5.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/ports/done.h"
#include "drivers/redis/connection.h"
#include "drivers/redis/entries.h"
#include "drivers/redis/keys.h"

namespace drivers::redis {

/// Both ends included; empty: from the first, to the last there is.
struct Range {
  actors::StreamId first, last;
};

class History {
 public:
  template <class T>
  using Done = actors::ports::Done<T>;
  /// False: enough.
  using OnPage = std::function<bool(std::vector<Entry>)>;

  /// Not to be destroyed, nor the connection, while a `done` is to come.
  History(Connection& connection, Keys keys);

  /// Journal entries in order, page by page.
  void journal(const Range& range, OnPage on_page, Done<reactor::Unit> done);

  /// The newest journal entry; none if the journal is empty.
  void last_entry(Done<std::optional<Entry>> done);

  /// The newest journal entry that has this field (and, if given, this text in it), from `before`
  /// (or the end) backwards; none if there is none.
  void latest_with(const std::string& field, std::optional<std::string> text,
                   const actors::StreamId& before, Done<std::optional<Entry>> done);

  /// The samples of a range, just as they came when it was read live. What was trimmed since is
  /// missing, which shows in `first` of what comes back.
  void stats(const Range& range, Done<actors::ports::StatsBatch> done);

  /// A VM's kept XML; none if there is none.
  void definition(const actors::VmId& vm, Done<std::optional<std::string>> done);

 private:
  struct Backwards;
  void pages(const actors::StreamId& from, const actors::StreamId& last, OnPage on_page,
             Done<reactor::Unit> done);
  void search(Backwards search);

  Connection& connection_;
  Keys keys_;
};

}  // namespace drivers::redis

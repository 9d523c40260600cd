// Lets an asynchronous hiredis context live on a libuv loop.
//
// Not hiredis/adapters/libuv.h: Debian's 0.14 returns silently when the poll reports an error, and
// a killed server then goes unnoticed in 8 of 20 cases (LIMITS.md §2). Here an error is handed to
// hiredis as something to read, so that it meets the error itself and ends the context.
#pragma once

#include <hiredis/async.h>
#include <uv.h>

#include <string>
#include <vector>

namespace drivers::redis {

class ContextOwner {
 public:
  virtual ~ContextOwner() = default;
  /// Something came in, or the connection attempt has ended.
  virtual void heard() = 0;
  /// hiredis ends the context by itself, and frees it after this call.
  virtual void gone(std::string why) = 0;
};

/// From here on `owner` hears of the context, until disown(). Nothing is watched before the first
/// command. False: libuv refused the socket.
bool attach(uv_loop_t* loop, redisAsyncContext* context, ContextOwner* owner);

/// Puts a command into the context's buffer; `on_reply` hears of it, with nullptr at the context's
/// end.
void submit(redisAsyncContext* context, const std::vector<std::string>& words,
            redisCallbackFn* on_reply);

/// The owner of a context, or nullptr once it was disowned.
ContextOwner* owner_of(const redisAsyncContext* context);

/// Frees the context, at once or when hiredis is done with it; its owner hears nothing any more.
void disown(redisAsyncContext* context);

}  // namespace drivers::redis

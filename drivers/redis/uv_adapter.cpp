#include "drivers/redis/uv_adapter.h"

namespace drivers::redis {

namespace {

struct Adapter {
  uv_poll_t poll{};
  redisAsyncContext* context = nullptr;  ///< nullptr once hiredis has freed it
  int events = 0;
};

void on_poll(uv_poll_t* poll, int status, int events);

Adapter* adapter(void* data) {
  return static_cast<Adapter*>(data);
}

void watch(Adapter* self, int events) {
  self->events = events;
  if (events != 0) {
    uv_poll_start(&self->poll, events, on_poll);
  } else {
    uv_poll_stop(&self->poll);
  }
}

void read(Adapter* self) {
  if (ContextOwner* owner = owner_of(self->context)) owner->heard();
  if (self->context != nullptr) redisAsyncHandleRead(self->context);
}

// libuv stops a poll that reported an error. Bytes may stand before the error, so it is watched
// again until a read has met the error itself.
void on_poll(uv_poll_t* poll, int status, int events) {
  auto* self = adapter(poll->data);
  const bool failed = status != 0;
  if (self->context != nullptr && (failed || (events & UV_READABLE) != 0)) read(self);
  if (self->context != nullptr && (events & UV_WRITABLE) != 0) redisAsyncHandleWrite(self->context);
  if (self->context != nullptr && failed) watch(self, self->events | UV_READABLE);
}

void clean_up(void* data) {
  auto* self = adapter(data);
  redisAsyncContext* context = self->context;
  self->context = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&self->poll),
           [](uv_handle_t* handle) { delete adapter(handle->data); });
  ContextOwner* owner = owner_of(context);
  context->data = nullptr;
  if (owner != nullptr) owner->gone(context->errstr == nullptr ? "closed" : context->errstr);
}

void set_hooks(redisAsyncContext* context) {
  auto& hooks = context->ev;
  hooks.addRead = [](void* data) { watch(adapter(data), adapter(data)->events | UV_READABLE); };
  hooks.delRead = [](void* data) { watch(adapter(data), adapter(data)->events & ~UV_READABLE); };
  hooks.addWrite = [](void* data) { watch(adapter(data), adapter(data)->events | UV_WRITABLE); };
  hooks.delWrite = [](void* data) { watch(adapter(data), adapter(data)->events & ~UV_WRITABLE); };
  hooks.cleanup = clean_up;
}

}  // namespace

bool attach(uv_loop_t* loop, redisAsyncContext* context, ContextOwner* owner) {
  auto* self = new Adapter;
  if (uv_poll_init(loop, &self->poll, context->c.fd) != 0) {
    delete self;
    return false;
  }
  self->poll.data = self;
  self->context = context;
  context->data = owner;
  context->ev.data = self;
  set_hooks(context);
  return true;
}

void submit(redisAsyncContext* context, const std::vector<std::string>& words,
            redisCallbackFn* on_reply) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAsyncCommandArgv(context, on_reply, nullptr, static_cast<int>(words.size()), texts.data(),
                        sizes.data());
}

ContextOwner* owner_of(const redisAsyncContext* context) {
  return static_cast<ContextOwner*>(context->data);
}

void disown(redisAsyncContext* context) {
  context->data = nullptr;
  redisAsyncFree(context);
}

}  // namespace drivers::redis

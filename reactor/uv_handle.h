// A libuv handle that is closed when its owner lets go of it.
//
// libuv still writes to a handle until its close callback has run, so the memory goes then, not
// before; callbacks that libuv makes on the way find `data` null.
#pragma once

#include <uv.h>

#include <memory>

namespace reactor {

template <class Handle>
struct CloseAndDelete {
  void operator()(Handle* handle) const {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }
};

/// Only for handles that were initialised: libuv cannot close others.
template <class Handle>
using Owned = std::unique_ptr<Handle, CloseAndDelete<Handle>>;

}  // namespace reactor

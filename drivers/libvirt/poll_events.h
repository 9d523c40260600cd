// What a descriptor is watched for: libvirt's flags and libuv's.
#pragma once

#include <libvirt/libvirt.h>
#include <uv.h>

namespace drivers::libvirt {

// A hang-up is reported to those who ask for it only: others read up to the end first.
inline int to_uv(int events) {
  int out = 0;
  if ((events & VIR_EVENT_HANDLE_READABLE) != 0) out |= UV_READABLE;
  if ((events & VIR_EVENT_HANDLE_WRITABLE) != 0) out |= UV_WRITABLE;
  if ((events & VIR_EVENT_HANDLE_HANGUP) != 0) out |= UV_DISCONNECT;
  return out;
}

inline int to_libvirt(int status, int events) {
  if (status < 0) return VIR_EVENT_HANDLE_ERROR;
  int out = 0;
  if ((events & UV_READABLE) != 0) out |= VIR_EVENT_HANDLE_READABLE;
  if ((events & UV_WRITABLE) != 0) out |= VIR_EVENT_HANDLE_WRITABLE;
  if ((events & UV_DISCONNECT) != 0) out |= VIR_EVENT_HANDLE_HANGUP;
  return out;
}

}  // namespace drivers::libvirt

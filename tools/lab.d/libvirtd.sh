# The libvirtd of a host.
# shellcheck shell=bash

libvirtd_pid() { pid_by_file "$1" libvirtd.pid libvirtd; }

# From inside the host: no link and no keepalive in between. Never hangs for long.
virsh_in() {
  local host=$1
  shift
  in_host "$host" timeout "${VIRSH_LIMIT:-20}" virsh -q -c qemu:///system "$@"
}
libvirtd_answers() { VIRSH_LIMIT=5 virsh_in "$1" version >/dev/null 2>&1; }

start_libvirtd() {
  local log
  log=$(home_of "$1")/log/libvirtd.out
  in_host "$1" env PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    libvirtd --listen -d -p /run/libvirtd.pid >>"$log" 2>&1 </dev/null && return 0
  tail -n 5 "$log" >&2
  return 1
}

libvirtd_is_gone() { ! libvirtd_pid "$1" >/dev/null; }

end_libvirtd() {
  local host=$1 signal=$2 pid
  pid=$(libvirtd_pid "$host") || return 0
  kill "-$signal" "$pid"
  wait_until 20 libvirtd_is_gone "$host" || die "$host: libvirtd ($pid) does not end"
}

need_libvirtd_host() {
  [ $# = 1 ] || bad_usage
  need_host "$1"
  need_awake "$1"
}

lab_kill_libvirtd() {
  need_libvirtd_host "$@"
  end_libvirtd "$1" KILL
}

lab_start_libvirtd() {
  need_libvirtd_host "$@"
  libvirtd_is_gone "$1" || return 0
  start_libvirtd "$1" || exit 1
  wait_until 30 libvirtd_answers "$1" || die "$1: libvirtd does not answer"
}

lab_restart_libvirtd() {
  need_libvirtd_host "$@"
  end_libvirtd "$1" TERM
  lab_start_libvirtd "$1"
}

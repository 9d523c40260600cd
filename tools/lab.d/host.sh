# A host: namespaces with a small init as their process 1, a link, cgroups.
# shellcheck shell=bash

init_pid() {
  local pid
  pid=$(cat "$(home_of "$1")/init.pid" 2>/dev/null) && process_is "$pid" "hostinit.sh $1" && echo "$pid"
}

state_of() {
  if ! init_pid "$1" >/dev/null; then
    echo off
  elif [ -e "$(home_of "$1")/asleep" ]; then
    echo asleep
  else
    echo awake
  fi
}
need_awake() {
  local state
  state=$(state_of "$1")
  [ "$state" = awake ] || die "$1 is $state (tools/lab wake $1)"
}

lab_hosts() {
  local host
  for host in $(hosts); do echo "$host $(state_of "$host")"; done
}

# Runs in the host's namespaces and cgroups. The power lock (8) is not for those who stay.
in_host() (
  local host=$1 pid
  shift
  pid=$(init_pid "$host") || die "$host is off (tools/lab wake $host)"
  join_groups "$host" || die "$host: cannot join its cgroups"
  exec nsenter -t "$pid" -n -m -u -p -i -- "$@" 8>&-
)

lab_in() {
  [ $# -ge 2 ] || bad_usage
  need_host "$1"
  need_awake "$1"
  in_host "$@"
}

lab_uri() {
  [ $# = 1 ] || bad_usage
  need_host "$1"
  uri_of "$1"
}

# The root PID of a process which wrote its PID, as the host sees it, to a file in the host's /run.
pid_by_file() {
  local host=$1 file=$2 name=$3 inner pid
  inner=$(cat "$(home_of "$host")/run/$file" 2>/dev/null) || return 1
  for pid in $(host_pids "$host"); do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$name" ] || continue
    grep -qE "^NSpid:.*[[:space:]]$inner\$" "/proc/$pid/status" 2>/dev/null && echo "$pid" && return 0
  done
  return 1
}

# As after a power-on: /run is empty, the disk (var, log) as it was.
boot_host() {
  local host=$1 home
  home=$(home_of "$host")
  rm -rf "$home/run" "$home/init.pid" "$home/asleep"
  mkdir -p "$home"/{etc,run,var,cache,log,power} || return 1
  cp -r "$CACHE/capabilities/." "$home/cache/" 2>/dev/null # else QEMU is probed anew: seconds
  make_groups "$host" "$(cat "$home/capacity")" && write_config "$host" || return 1
  start_init "$host"
  wait_until 10 init_pid "$host" >/dev/null || { say "$host: see $home/log/init.log"; return 1; }
  make_link "$host" "$(init_pid "$host")" && start_libvirtd "$host"
}

start_init() {
  local host=$1 home
  home=$(home_of "$host")
  (
    join_groups "$host" || exit 1
    exec setsid unshare -n -m -u -p -i -f \
      bash "$LAB_PARTS/hostinit.sh" "$host" "$home" "$(usage_folder "$host")" "$(accelerator)"
  ) </dev/null >>"$home/log/init.log" 2>&1 8>&- &
  disown
}

finish_boot() {
  local host=$1
  wait_until 30 libvirtd_answers "$host" ||
    { say "$host: libvirtd does not answer, see $(home_of "$host")/log"; return 1; }
  [ ! -x "$NEMURI" ] || start_agent "$host"
}

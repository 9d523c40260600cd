# The hosts' power: sleep, wake and loss of it. Each is done under the host's power lock (8).
# shellcheck shell=bash

with_power_lock() {
  local host=$1
  shift
  ( flock -w 30 8 || die "$host: its power lock is held for too long"
    "$@" "$host" ) 8>"$(home_of "$host")/power.lock"
}

lab_sleep() {
  [ $# = 1 ] || bad_usage
  need_host "$1"
  with_power_lock "$1" suspend_host
}

# The link first: a frozen host's kernel would go on to acknowledge what peers send.
suspend_host() {
  local home
  home=$(home_of "$1")
  [ "$(state_of "$1")" = asleep ] && return 0
  need_awake "$1"
  : >"$home/asleep"
  settle_link "$1"
  freeze "$1" && return 0
  resume_host "$1"
  die "$1 could not be frozen"
}

lab_wake() {
  [ $# = 1 ] || bad_usage
  need_host "$1"
  with_power_lock "$1" wake_host
}

wake_host() {
  case $(state_of "$1") in
    asleep) resume_host "$1" ;;
    off) power_on "$1" ;;
  esac
}

power_on() {
  boot_host "$1" && finish_boot "$1" && return 0
  cut_power "$1"
  die "$1 did not boot"
}

resume_host() {
  thaw "$1"
  rm -f "$(home_of "$1")/asleep"
  settle_link "$1"
}

lab_crash() {
  [ $# = 1 ] || bad_usage
  need_host "$1"
  with_power_lock "$1" cut_power
}

# The link first, so that no dying process says goodbye to its peers.
cut_power() {
  local home
  home=$(home_of "$1")
  ip link set "$(veth_of "$1")" down 2>/dev/null
  kill_host "$1"
  remove_link "$1"
  rm -f "$home/asleep" "$home/init.pid"
}

# The daemon on the root side which carries out what lab-suspend asks for from inside a host.
start_powerd() {
  NEMURI_LAB=$LAB setsid /usr/bin/python3 "$LAB_PARTS/powerd.py" "$LAB_TOOL" "$LAB" \
    </dev/null >"$LAB/powerd.log" 2>&1 &
  echo $! >"$LAB/powerd.pid"
  disown
  wait_until 10 test -S "$(home_of h1)/power/socket" || { cat "$LAB/powerd.log" >&2; return 1; }
}

stop_powerd() {
  local pid
  pid=$(cat "$LAB/powerd.pid" 2>/dev/null)
  process_is "$pid" powerd.py || return 0
  kill "$pid"
  wait_until 5 process_is_gone "$pid" powerd.py || kill -KILL "$pid"
}

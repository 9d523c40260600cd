# Moving a guest by hand, to see what it takes; peer to peer, so that a lost target is noticed.
# shellcheck shell=bash

readonly MIGRATE_LIMIT=600 # s; a precopy of a busy guest may never end by itself

lab_migrate() {
  [ $# = 3 ] || bad_usage
  local name=$1 to=$2 mode=$3 from options
  need_guest_name "$name"
  need_host "$to"
  need_awake "$to"
  options=$(migrate_options "$mode") || bad_usage
  from=$(need_running "$name") || exit 1
  [ "$from" != "$to" ] || die "$name runs on $to already"
  # shellcheck disable=SC2086 # options are words
  watched_migrate "$name" "$from" "$to" "$mode" $options
}

migrate_options() {
  case $1 in
    precopy) ;;
    postcopy) echo --postcopy ;;
    postcopy_after_precopy) echo --postcopy --postcopy-after-precopy ;;
    *) return 1 ;;
  esac
}

# QEMU's own downtime is wrong for postcopy: the time is taken between the events of both hosts.
watched_migrate() (
  name=$1 from=$2 to=$3 mode=$4 events=$LAB/events.$BASHPID watchers=
  shift 4
  trap 'kill $watchers 2>/dev/null; rm -rf "$events"' EXIT
  mkdir "$events" || exit 1
  watch_events "$from" >"$events/from" &
  watchers+=" $!"
  watch_events "$to" >"$events/to" &
  watchers+=" $!"
  sleep 0.5 # until both have registered
  began=$(milliseconds)
  run_migrate "$name" "$from" "$to" "$mode" "$@"
  result=$?
  took=$(($(milliseconds) - began))
  [ "$result" = 0 ] && wait_until 3 grep -qs "'$name': Resumed Migrated" "$events/to"
  report_migrate "$name" "$events" "$result" "$from -> $to $mode: $(seconds "$took") s"
  exit "$result"
)

watch_events() {
  exec timeout "$MIGRATE_LIMIT" virsh -q -c "$(uri_of "$1")" \
    event --event lifecycle --loop --timestamp 2>/dev/null </dev/null
}

run_migrate() {
  local name=$1 from=$2 to=$3 mode=$4 pid
  shift 4
  VIRSH_LIMIT=$MIGRATE_LIMIT virsh_in "$from" migrate --live --p2p "$@" "$name" "$(uri_of "$to")" \
    >/dev/null &
  pid=$!
  [ "$mode" != postcopy ] || switch_at_once "$name" "$from" "$pid"
  wait "$pid"
}

# Refused until QEMU's migration runs, hence again and again.
switch_at_once() {
  local name=$1 from=$2 pid=$3
  until VIRSH_LIMIT=5 virsh_in "$from" migrate-postcopy "$name" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.02
  done
}

# When the first such event of the guest came, in ms.
event_time() {
  local line
  line=$(grep -m 1 "'$2': $3" "$1") || return 1
  echo $(($(date -d "${line%%: *}" +%s%N) / 1000000))
}

report_migrate() {
  local name=$1 events=$2 result=$3 text=$4 stopped resumed
  [ "$result" = 0 ] || { say "$name $text, failed"; return; }
  if stopped=$(event_time "$events/from" "$name" Suspended) &&
    resumed=$(event_time "$events/to" "$name" Resumed); then
    echo "$name $text, downtime $((resumed - stopped)) ms"
  else
    echo "$name $text"
  fi
}

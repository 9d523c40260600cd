#!/bin/bash
# Tests the lab itself: makes a small one, does everything to it once, and looks that nothing is left.
# Prints what it did with times in ms; exit 0 or 1. Needs root, and no other lab on the machine.
# shellcheck disable=SC2317 # functions are called through `check`
set -u

REPO=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
SCRATCH=$(mktemp -d)
export NEMURI_LAB=$SCRATCH/lab NEMURI=$SCRATCH/nemuri
LAB=$REPO/tools/lab
FAILED=0

now_ms() { echo $(($(date +%s%N) / 1000000)); }
fail() {
  echo "FAIL    $*"
  FAILED=1
}

# check TEXT COMMAND...: the command must succeed.
check() {
  local text=$1 began output
  began=$(now_ms)
  shift
  if output=$("$@" 2>&1); then
    printf 'ok %6d %s%s\n' $(($(now_ms) - began)) "$text" "${output:+: ${output//$'\n'/; }}"
  else
    fail "$text: $output"
  fi
}
not() { ! "$@"; }
soon() {
  local round
  for round in {1..50}; do
    "$@" && return 0
    sleep "0.$((round % 2 + 1))"
  done
  return 1
}
prints() { [ "$("${@:2}" 2>/dev/null)" = "$1" ]; }
both_answer() { answers h1 && answers h2; }
wake_heals() { "$LAB" sleep h1 && "$LAB" wake h1 && answers h1; }
slow_and_back() { "$LAB" slow h1 100 && "$LAB" slow h1 off; }
answers() { timeout 3 virsh -q -c "$($LAB uri "$1")" version >/dev/null 2>&1; }

# A stand-in for the agent, which writes down how it was started.
make_agent() {
  # shellcheck disable=SC2016 # for the agent
  printf '#!/bin/sh\necho "$@"\nwhile :; do sleep 1; done\n' >"$NEMURI"
  chmod +x "$NEMURI"
}
agent_log() { echo "$NEMURI_LAB/hosts/$1/log/agent.log"; }

test_hosts() {
  check "up 2" "$LAB" up 2 --capacity 1,0.8
  check "a second up is refused" not "$LAB" up 1
  check "each libvirt answers from the root side" both_answer
  check "conf names the wake command" grep -q 'exec: \[.*/tools/lab, wake, h2\]' <("$LAB" conf)
  check "the host reads its CPU usage" "$LAB" in h2 sh -c \
    'cat /run/nemuri/cgroup/cpuacct.usage 2>/dev/null || grep usage_usec /run/nemuri/cgroup/cpu.stat'
}

test_agent() {
  check "up started the agent" "$LAB" agent h2 pid
  check "with its capacity" soon grep -q -- '--host h2 .*--capacity-cores 0.8 ' "$(agent_log h2)"
  check "agent killed" "$LAB" agent h2 kill
  check "it is gone" not "$LAB" agent h2 pid
  check "agent started again" "$LAB" agent h2 start
  check "agent stopped" "$LAB" agent h2 stop
}

test_guest() {
  check "guest" "$LAB" guest h1 smoke1
  check "its name is taken" not "$LAB" guest h2 smoke1
  check "its uuid is known before" prints "$("$LAB" uuid smoke1)" "$LAB" in h1 virsh -q domuuid smoke1
  check "load" "$LAB" load smoke1 40 10 24
  check "nonsense is refused" not "$LAB" load smoke1 140 10
  sleep 2
  check "postcopy" "$LAB" migrate smoke1 h2 postcopy
  check "it is there" prints h2 "$LAB" where smoke1
  check "all pages are as they were" "$LAB" verify smoke1
  check "stat" "$LAB" stat smoke1
  check "precopy" "$LAB" migrate smoke1 h1 precopy
  check "postcopy after precopy" "$LAB" migrate smoke1 h2 postcopy_after_precopy
  check "all pages are as they were" "$LAB" verify smoke1
}

test_sleep() {
  check "sleep" "$LAB" sleep h1
  check "again, harmless" "$LAB" sleep h1
  check "nobody answers" not answers h1
  check "wake" "$LAB" wake h1
  check "again, harmless" "$LAB" wake h1
  check "libvirt answers" answers h1
}

test_suspend_from_inside() {
  local code=$SCRATCH/code
  { "$LAB" in h1 /run/bin/lab-suspend; echo $? >"$code"; } &
  check "lab-suspend suspends its host" soon prints $'h1 asleep\nh2 awake' "$LAB" hosts
  check "and has not returned" not test -e "$code"
  check "wake" "$LAB" wake h1
  check "then it returns 0" soon prints 0 cat "$code"
  echo busy >"$NEMURI_LAB/hosts/h1/refuse-sleep"
  check "refused, it says so" not "$LAB" in h1 /run/bin/lab-suspend
  rm "$NEMURI_LAB/hosts/h1/refuse-sleep"
}

test_faults() {
  check "cut" "$LAB" cut h1
  check "nobody answers" not answers h1
  check "a wake does not heal" not wake_heals
  check "heal" "$LAB" heal h1
  check "libvirt answers" soon answers h1
  check "slow" slow_and_back
  check "kill libvirtd" "$LAB" kill-libvirtd h2
  check "start libvirtd" "$LAB" start-libvirtd h2
  check "the guest lives on" prints h2 "$LAB" where smoke1
  check "crash" "$LAB" crash h2
  check "it is off" prints $'h1 awake\nh2 off' "$LAB" hosts
  check "wake boots it" "$LAB" wake h2
  check "and its guest is gone" not "$LAB" where smoke1
  check "crash again" "$LAB" crash h2
}

# An `up` killed in the middle, as by a crash of the machine's owner's patience.
test_half_a_lab() {
  "$LAB" up 2 >/dev/null 2>&1 &
  local up=$!
  soon test -e "$NEMURI_LAB/hosts/h1/init.pid"
  kill -KILL "$up"
  wait "$up" 2>/dev/null
  check "down of half a lab" "$LAB" down
}

nothing_in_cgroups() { [ -z "$(find /sys/fs/cgroup -maxdepth 3 -name 'nemuri-lab.*' -type d)" ]; }
no_network() { [ -z "$(ip -o link | grep -E ' (lab-h|labbr)'; ip netns list | grep '^lab')" ]; }
no_mount() { ! grep -q "$NEMURI_LAB" /proc/*/mountinfo 2>/dev/null; }
no_process() { ! grep -aqs -e "$NEMURI_LAB" -e lab.d/hostinit.sh /proc/[0-9]*/cmdline; }
test_nothing_is_left() {
  check "no process is left" soon no_process
  check "no cgroup is left" nothing_in_cgroups
  check "no link is left" no_network
  check "no mount is left" soon no_mount
  check "no folder is left" not test -e "$NEMURI_LAB"
}

"$LAB" prepare || exit 1
make_agent
trap '"$LAB" down >/dev/null 2>&1; rm -rf "$SCRATCH"' EXIT
test_hosts
[ "$FAILED" = 0 ] || exit 1
test_agent
test_guest
test_sleep
test_suspend_from_inside
test_faults
check "down" "$LAB" down
test_nothing_is_left
test_half_a_lab
test_nothing_is_left
[ "$FAILED" = 0 ] && echo "all is well"
exit "$FAILED"

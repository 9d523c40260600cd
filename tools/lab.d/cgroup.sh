# The host's cgroups: CPU quota, CPU usage and freezer; v1 has a hierarchy for each, v2 one for all.
# Who is in them is also how all processes of a host are found.
# shellcheck shell=bash

# Where a v1 controller is mounted, alone or together with others; empty if it is not.
v1_mount() {
  awk -v want="$1" '$3 == "cgroup" && ("," $4 ",") ~ ("," want ",") { print $2; exit }' \
    /proc/self/mounts
}
v2_mount() { awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts; }

# Debian's cgroup v2 has all controllers in one place; in a hybrid one v1 has those we need.
CPU_ROOT=$(v1_mount cpu)
USAGE_ROOT=$(v1_mount cpuacct)
FREEZER_ROOT=$(v1_mount freezer)
if [ -z "$CPU_ROOT" ] || [ -z "$USAGE_ROOT" ] || [ -z "$FREEZER_ROOT" ]; then
  CPU_ROOT=$(v2_mount)
  USAGE_ROOT=$CPU_ROOT
  FREEZER_ROOT=$CPU_ROOT
fi
readonly CPU_ROOT USAGE_ROOT FREEZER_ROOT

is_v2() { [ -e "$FREEZER_ROOT/cgroup.controllers" ]; }
group_of() { echo "nemuri-lab.$1"; }
usage_folder() { echo "$USAGE_ROOT/$(group_of "$1")"; }
freezer_folder() { echo "$FREEZER_ROOT/$(group_of "$1")"; }
group_folders() {
  local root
  for root in "$CPU_ROOT" "$USAGE_ROOT" "$FREEZER_ROOT"; do echo "$root/$(group_of "$1")"; done |
    sort -u
}

# The hosts that have a group, be their folder there or not.
grouped_hosts() {
  local folder
  for folder in "$CPU_ROOT"/nemuri-lab.h* "$USAGE_ROOT"/nemuri-lab.h* \
    "$FREEZER_ROOT"/nemuri-lab.h*; do
    echo "${folder##*.}"
  done | sort -u
}

# A host gets its cores before what else the machine does: a build must not look like an idle host.
make_groups() {
  local host=$1 cores=$2 folder quota
  [ -n "$CPU_ROOT" ] || die "no cgroup hierarchy is mounted: the hosts need cpu, cpuacct, freezer"
  ! is_v2 || delegate_cpu || die "cgroup v2 in $CPU_ROOT does not give the hosts a CPU quota"
  for folder in $(group_folders "$host"); do mkdir -p "$folder" || return 1; done
  quota=$(awk -v cores="$cores" 'BEGIN { printf "%d", cores * 100000 }')
  folder=$CPU_ROOT/$(group_of "$host")
  if is_v2; then
    echo "$quota 100000" >"$folder/cpu.max" && echo 3000 >"$folder/cpu.weight"
  else
    echo 100000 >"$folder/cpu.cfs_period_us" && echo "$quota" >"$folder/cpu.cfs_quota_us" &&
      echo 30000 >"$folder/cpu.shares"
  fi
}

# In v2 a group has cpu.max only if its parent hands the controller down.
delegate_cpu() {
  grep -qw cpu "$CPU_ROOT/cgroup.subtree_control" || echo +cpu >"$CPU_ROOT/cgroup.subtree_control"
}

# Puts the calling (sub)shell into the host's groups, so that all it starts is in them.
join_groups() {
  local folder
  for folder in $(group_folders "$1"); do echo "$BASHPID" >"$folder/cgroup.procs" || return 1; done
}

# PIDs as the root side sees them.
host_pids() { cat "$(freezer_folder "$1")/cgroup.procs" 2>/dev/null; }
is_empty() { [ -z "$(host_pids "$1")" ]; }

is_frozen() {
  local folder
  folder=$(freezer_folder "$1")
  if is_v2; then
    grep -qx 'frozen 1' "$folder/cgroup.events" 2>/dev/null
  else
    [ "$(cat "$folder/freezer.state" 2>/dev/null)" = FROZEN ]
  fi
}

freeze() {
  local folder
  folder=$(freezer_folder "$1")
  if is_v2; then echo 1 >"$folder/cgroup.freeze"; else echo FROZEN >"$folder/freezer.state"; fi
  wait_until 5 is_frozen "$1"
}

thaw() {
  local folder
  folder=$(freezer_folder "$1")
  [ -d "$folder" ] || return 0
  if is_v2; then echo 0 >"$folder/cgroup.freeze"; else echo THAWED >"$folder/freezer.state"; fi
}

# A frozen process takes its SIGKILL only when it is thawed, and then runs no step more: so first kill,
# then thaw, again until nobody is left to fork.
kill_host() {
  local host=$1 pid round
  for round in {1..100}; do
    for pid in $(host_pids "$host"); do kill -KILL "$pid" 2>/dev/null; done
    thaw "$host"
    is_empty "$host" && return 0
    [ "$round" -gt 2 ] && sleep 0.05
  done
  say "$host: processes which do not end: $(host_pids "$host" | tr '\n' ' ')"
  return 1
}

remove_groups() {
  local folder
  for folder in $(group_folders "$1"); do
    [ ! -d "$folder" ] || wait_until 5 rmdir "$folder" 2>/dev/null || say "$folder stays"
  done
}

# Making a lab, and its fragment of the controller's configuration.
# shellcheck shell=bash

lab_up() {
  local count=${1:-} capacities=1
  [[ "$count" =~ ^[1-9][0-9]?$ ]] || bad_usage
  [ "$count" -le "$MOST_HOSTS" ] || die "at most $MOST_HOSTS hosts"
  case "$# ${2:-}" in
    1\ ) ;;
    3\ --capacity) capacities=$3 ;;
    *) bad_usage ;;
  esac
  [[ "$capacities" =~ ^[0-9]+(\.[0-9]+)?(,[0-9]+(\.[0-9]+)?)*$ ]] || bad_usage
  need_root
  check_folder
  has_bridge && die_lab_exists
  lab_prepare
  make_bridge || die_lab_exists
  # From here on, whatever ends us also ends what was made.
  trap 'exit 130' INT TERM HUP
  trap 'say "up failed: takes down what was made"; lab_down' EXIT
  end_hosts && remove_folder # of a lab whose bridge alone is gone, as after a reboot
  make_folder "$count" "$capacities" && make_hosts || exit 1
  trap - EXIT INT TERM HUP
  rm -f "$LAB/up.pid"
  lab_hosts
}

die_lab_exists() {
  die "a lab is up already, or coming up, in $(bridge_owner); tools/lab down ends it" \
    "(one machine has one lab, as its addresses are given)"
}

# The hosts see /run, /dev and so on of their own, and down removes the folder with all it has.
check_folder() {
  [[ "$LAB" == /* ]] || die "NEMURI_LAB must be an absolute path, not '$LAB'"
  [[ ! "$LAB/" =~ ^/(run|dev|etc|proc|sys|var/run|var/lib/libvirt)/ ]] ||
    die "the lab's folder cannot be $LAB: the hosts have that place of their own"
  [ ! -e "$LAB" ] || [ -e "$LAB/.nemuri-lab" ] || [ -z "$(ls -A "$LAB")" ] ||
    die "$LAB has other files in it"
}

make_folder() {
  local count=$1 capacities number capacity=1
  IFS=, read -ra capacities <<<"$2"
  mkdir -p "$LAB/hosts" && : >"$LAB/.nemuri-lab" && echo $$ >"$LAB/up.pid" || return 1
  echo "$NEMURI" >"$LAB/agent-binary"
  mkdir -p /var/lib/libvirt /var/cache/libvirt /var/log/libvirt || return 1
  for ((number = 1; number <= count; ++number)); do
    capacity=${capacities[number - 1]:-$capacity}
    mkdir -p "$LAB/hosts/h$number/power" && echo "$capacity" >"$LAB/hosts/h$number/capacity" || return 1
  done
}

make_hosts() {
  local host
  start_powerd || return 1
  for host in $(hosts); do boot_host "$host" || return 1; done
  for host in $(hosts); do finish_boot "$host" || return 1; done
  keep_capabilities h1
}

# What libvirt found out about QEMU, for the next lab: probing takes seconds. libvirt itself checks
# whether it still holds.
keep_capabilities() {
  local kept=$CACHE/capabilities
  [ -d "$kept" ] && [ "$kept" -nt /usr/bin/qemu-system-x86_64 ] && return 0
  virsh_in "$1" capabilities >/dev/null || return 1
  rm -rf "$kept" && cp -r "$(home_of "$1")/cache" "$kept"
}

lab_conf() {
  local host role=warehouse
  [ -n "$(hosts)" ] || die "no lab is up in $LAB"
  printf 'pool: lab\nstate_dir: %s\nredis:\n  listen: %s\nhosts:\n' "$LAB/nemuri" "$SUBNET.254:7379"
  for host in $(hosts); do
    printf '  - name: %s\n    role: %s\n    wake:\n' "$host" "$role"
    printf '      - exec: [%s, wake, %s]\n' "$LAB_TOOL" "$host"
    role=server
  done
}

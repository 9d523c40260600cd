# Names, paths and small checks which all parts use.
# shellcheck shell=bash disable=SC2034

readonly SUBNET=10.77.0
readonly BRIDGE=labbr
readonly MOST_HOSTS=50

say() { echo "lab: $*" >&2; }
die() { say "$@"; exit 1; }

# Wrong arguments: says how the command is used.
bad_usage() {
  say "usage: $(usage_of "$LAB_COMMAND")"
  exit 2
}

need_root() { [ "$(id -u)" = 0 ] || die "must be root: namespaces, cgroups and bridges are made"; }

number_of() { echo "${1#h}"; }
address_of() { echo "$SUBNET.$(number_of "$1")"; }
uri_of() { echo "qemu+tcp://$(address_of "$1")/system"; }
home_of() { echo "$LAB/hosts/$1"; }
veth_of() { echo "lab-$1"; }

# The hosts in the order of their numbers.
hosts() {
  local home
  for home in "$LAB"/hosts/h*; do echo "${home##*/}"; done | sort -V
}

need_host() {
  [[ "$1" =~ ^h[1-9][0-9]*$ ]] || die "'$1' is no name of a host: h1, h2, ..."
  [ -d "$(home_of "$1")" ] || die "there is no host $1 in $LAB (tools/lab hosts)"
}

need_guest_name() {
  [[ "$1" =~ ^[A-Za-z0-9][A-Za-z0-9_.-]{0,60}$ ]] || die "'$1' is no name for a guest"
}

# wait_until SECONDS COMMAND...: true as soon as the command is.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# A process is told by its PID and a word of its command line: PIDs are used again. A zombie has none.
process_is() {
  local pid=$1 word=$2
  [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$word"
}

process_is_gone() { ! process_is "$@"; }

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# In seconds, from milliseconds: 1234 is 1.23.
seconds() { printf '%d.%02d' $(($1 / 1000)) $(($1 % 1000 / 10)); }

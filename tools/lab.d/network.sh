# The lab's network: one bridge on the root side, a pair of virtual links to each host.
# shellcheck shell=bash

# The bridge is also the machine-wide lock: the kernel lets one caller make it, and there can be only
# one lab, as the addresses are given. Its alias names the folder of the lab it belongs to.
make_bridge() {
  ip link add "$BRIDGE" type bridge 2>/dev/null || return 1
  ip link set "$BRIDGE" alias "$LAB" up && ip addr add "$SUBNET.254/24" dev "$BRIDGE"
}
bridge_owner() { cat "/sys/class/net/$BRIDGE/ifalias" 2>/dev/null; }
has_bridge() { [ -e "/sys/class/net/$BRIDGE" ]; }

# The host's end must be made inside its namespace, whose only name is the PID of the host's init.
make_link() {
  local host=$1 pid=$2 number veth
  number=$(number_of "$host")
  veth=$(veth_of "$host")
  remove_link "$host"
  ip link add "$veth" type veth peer name up0 netns "$pid" || return 1
  in_network "$pid" ip link set up0 address "$(printf '52:54:00:ab:00:%02x' "$number")" up &&
    in_network "$pid" ip addr add "$(address_of "$host")/24" dev up0 &&
    in_network "$pid" ip link set lo up &&
    ip link set "$veth" master "$BRIDGE" && settle_link "$host"
}
in_network() { nsenter -t "$1" -n -- "${@:2}"; }

remove_link() {
  ip link del "$(veth_of "$1")" 2>/dev/null
  return 0
}

# A link is up unless it was cut or the host sleeps: a wake does not heal, a heal does not wake.
settle_link() {
  local home state=up
  home=$(home_of "$1")
  if [ -e "$home/cut" ] || [ -e "$home/asleep" ]; then state=down; fi
  ip link set "$(veth_of "$1")" "$state"
}

lab_cut() {
  [ $# = 1 ] || bad_usage
  need_host "$1"
  : >"$(home_of "$1")/cut"
  settle_link "$1"
}

lab_heal() {
  [ $# = 1 ] || bad_usage
  need_host "$1"
  rm -f "$(home_of "$1")/cut"
  settle_link "$1"
}

lab_slow() {
  [[ "$# ${2:-}" =~ ^2\ ([1-9][0-9]*|off)$ ]] || bad_usage
  need_host "$1"
  need_awake "$1"
  local pid
  pid=$(init_pid "$1")
  tc qdisc del dev "$(veth_of "$1")" root 2>/dev/null
  in_network "$pid" tc qdisc del dev up0 root 2>/dev/null
  [ "$2" = off ] && return 0
  tc qdisc add dev "$(veth_of "$1")" root tbf rate "$2mbit" burst 256kb latency 200ms &&
    in_network "$pid" tc qdisc add dev up0 root tbf rate "$2mbit" burst 256kb latency 200ms
}

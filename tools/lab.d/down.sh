# Removing a lab, whole or half, by what the kernel knows of it: cgroups, links, the folder.
# shellcheck shell=bash

lab_down() {
  need_root
  local owner
  owner=$(bridge_owner)
  [ -z "$owner" ] || [ "$owner" = "$LAB" ] ||
    die "the lab on this machine is that in $owner: NEMURI_LAB=$owner tools/lab down"
  stop_up
  stop_powerd
  end_hosts
  remove_links
  remove_folder
}

# An `up` still at work would make anew what is removed here.
stop_up() {
  local pid
  pid=$(cat "$LAB/up.pid" 2>/dev/null)
  [ "$pid" != $$ ] && process_is "$pid" "lab up" || return 0
  kill -KILL "$pid"
  wait_until 5 process_is_gone "$pid" "lab up"
}

end_hosts() {
  local host
  for host in $({ hosts; grouped_hosts; } | sort -uV); do
    kill_host "$host"
    remove_groups "$host"
  done
}

remove_links() {
  local link
  for link in /sys/class/net/lab-h*; do remove_link "${link##*/lab-}"; done
  has_bridge && ip link del "$BRIDGE"
}

remove_folder() {
  [ -e "$LAB/.nemuri-lab" ] || return 0
  rm -rf "$LAB"
}

# The nemuri agent of a host. Nobody restarts it.
# shellcheck shell=bash

agent_pid() { pid_by_file "$1" nemuri/agent.pid "$(agent_comm)"; }
agent_comm() { local name=${NEMURI##*/}; echo "${name:0:15}"; }

lab_agent() {
  [ $# = 2 ] || bad_usage
  need_host "$1"
  need_awake "$1"
  case $2 in
    start) start_agent "$1" ;;
    stop) end_agent "$1" TERM ;;
    kill) end_agent "$1" KILL ;;
    pid) agent_pid "$1" || die "$1: no agent runs" ;;
    *) bad_usage ;;
  esac
}

start_agent() {
  local host=$1 log
  [ -x "$NEMURI" ] || die "there is no $NEMURI (build it, or set NEMURI)"
  agent_pid "$host" >/dev/null && return 0
  log=$(home_of "$host")/log/agent.log
  agent_in_host "$host" </dev/null >>"$log" 2>&1 8>&- &
  disown
  wait_until 10 agent_has_begun "$host" || { say "$host: see $log"; return 1; }
}
agent_has_begun() { [ -s "$(home_of "$1")/run/nemuri/agent.pid" ]; }

agent_in_host() {
  local host=$1 home address
  home=$(home_of "$host")
  address=$(address_of "$host")
  rm -f "$home/run/nemuri/agent.pid"
  # All hosts share the kernel's own boot_id; /run is new at each boot of a host.
  [ -s "$home/run/nemuri/boot_id" ] ||
    cat /proc/sys/kernel/random/uuid >"$home/run/nemuri/boot_id" || return 1
  # shellcheck disable=SC2016 # $$, $0 and $@ are for the shell inside
  in_host "$host" setsid sh -c 'echo $$ >/run/nemuri/agent.pid; exec "$0" "$@"' "$NEMURI" agent \
    --host "$host" --pool lab --redis "$SUBNET.254:7379" --redis-user "agent-$host" \
    --redis-password-file "$LAB/nemuri/secrets/agent-$host" --libvirt qemu:///system \
    --migration-address "$address" --capacity-cores "$(cat "$home/capacity")" \
    --boot-id-file /run/nemuri/boot_id --cgroup /run/nemuri/cgroup --suspend-command /run/bin/lab-suspend \
    --libvirt-uri "$(uri_of "$host")"
}

end_agent() {
  local host=$1 signal=$2 pid
  pid=$(agent_pid "$host") || return 0
  kill "-$signal" "$pid"
  wait_until 15 agent_is_gone "$host" || die "$host: the agent ($pid) does not end"
}
agent_is_gone() { ! agent_pid "$1" >/dev/null; }

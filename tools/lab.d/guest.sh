# Guests: tiny, without a disk, transient, their only program the workload generator.
# shellcheck shell=bash

readonly CONSOLE_LIMIT=180 # s; a guest boots in 5 s, in 15 s on a busy machine

# As uuid5 of "NAME.guests.nemuri" in the DNS namespace, so that anybody can work it out.
uuid_of() {
  local hash
  hash=$(printf '\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8%s.guests.nemuri' "$1" |
    sha1sum)
  printf '%s-%s-5%s-%x%s-%s\n' "${hash:0:8}" "${hash:8:4}" "${hash:13:3}" \
    $((0x${hash:16:1} & 3 | 8)) "${hash:17:3}" "${hash:20:12}"
}

lab_uuid() {
  [ $# = 1 ] || bad_usage
  need_guest_name "$1"
  uuid_of "$1"
}

lab_guest() {
  local host=${1:-} name=${2:-} memory=128
  case $# in
    2) ;;
    4) [[ "$3 $4" =~ ^--memory\ [1-9][0-9]*$ ]] || bad_usage; memory=$4 ;;
    *) bad_usage ;;
  esac
  [ "$memory" -ge 96 ] || die "a guest does not boot with less than 96 MiB"
  need_host "$host"
  need_awake "$host"
  need_guest_name "$name"
  local there
  there=$(host_of "$name") && die "$name runs on $there already"
  create_guest "$host" "$name" "$memory" && wait_for_guest "$host" "$name"
}

create_guest() {
  local host=$1 name=$2 home
  home=$(home_of "$host")
  rm -f "$home/log/$name.console"
  guest_xml "$name" "$3" >"$home/run/$name.xml"
  virsh_in "$host" create "/run/$name.xml" >/dev/null
}

guest_is_ready() { grep -aqs 'workload: ready' "$1"; }

wait_for_guest() {
  local console
  console=$(home_of "$1")/log/$2.console
  wait_until "$CONSOLE_LIMIT" guest_is_ready "$console" && return 0
  tail -n 5 "$console" >&2
  die "$2 is not ready after $CONSOLE_LIMIT s"
}

# The small cache of translations is enough for a guest this small, and saves 100 MB and more each.
emulation_features() {
  [ "$(accelerator)" = kvm ] || echo "<tcg><tb-cache unit='MiB'>16</tb-cache></tcg>"
}

guest_xml() {
  local name=$1 memory=$2 uuid
  uuid=$(uuid_of "$name")
  cat <<XML
<domain type='$(accelerator)'>
  <name>$name</name>
  <uuid>$uuid</uuid>
  <memory unit='MiB'>$memory</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>$CACHE/vmlinux</kernel>
    <initrd>$(initrd_path)</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 tsc=reliable workload.seed=$((0x${uuid:0:8}))</cmdline>
  </os>
  <features><acpi/>$(emulation_features)</features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <serial type='file'>
      <source path='/var/log/libvirt/$name.console'/><target port='0'/>
    </serial>
    <serial type='unix'>
      <source mode='bind' path='/run/$name.ctl'/><target port='1'/>
    </serial>
    <channel type='unix'><target type='virtio' name='lab.load'/></channel>
    <memballoon model='virtio'><stats period='2'/></memballoon>
  </devices>
</domain>
XML
}

# Where a guest runs; a copy which is only paused (a migration's source) does not count.
host_of() {
  local host
  for host in $(hosts); do
    [ "$(state_of "$host")" = awake ] || continue
    [ "$(VIRSH_LIMIT=5 virsh_in "$host" domstate "$1" 2>/dev/null)" = running ] &&
      echo "$host" && return 0
  done
  return 1
}
need_running() { host_of "$1" || die "$1 runs on no host which is awake"; }

lab_where() {
  [ $# = 1 ] || bad_usage
  need_guest_name "$1"
  need_running "$1"
}

# order VM LINE: one order to the guest; prints "HOST REPLY".
order() {
  local name=$1 host reply
  need_guest_name "$name"
  host=$(need_running "$name") || exit 1
  reply=$(/usr/bin/python3 "$LAB_PARTS/order.py" "$(home_of "$host")/run/$name.ctl" "$2") ||
    die "$name on $host: $reply"
  echo "host=$host $reply"
}

lab_load() {
  [ $# = 3 ] || [ $# = 4 ] || bad_usage
  order "$1" "load ${*:2}"
}

lab_stat() {
  [ $# = 1 ] || bad_usage
  order "$1" stat
}

lab_verify() {
  local reply
  [ $# = 1 ] || bad_usage
  reply=$(order "$1" verify) || exit 1
  echo "$reply"
  [[ "$reply" == *bad_pages=0* ]]
}

lab_off() {
  [ $# = 1 ] || bad_usage
  order "$1" off
}

# What a host's libvirtd and QEMU driver are told.
# shellcheck shell=bash

# Short keepalives, so that a peer which sleeps or is cut off is given up after 6 s.
readonly KEEPALIVE="keepalive_interval = 2
keepalive_count = 3"

write_config() {
  local host=$1 etc
  etc=$(home_of "$host")/etc
  libvirtd_config "$host" >"$etc/libvirtd.conf" && qemu_config "$host" >"$etc/qemu.conf"
}

# A uuid of its own makes libvirt take the hosts for different machines.
libvirtd_config() {
  cat <<CONF
listen_tls = 0
listen_tcp = 1
listen_addr = "$(address_of "$1")"
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
host_uuid = "$(printf '6e656d75-7269-4000-8000-%012d' "$(number_of "$1")")"
$KEEPALIVE
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
CONF
}

# No cgroups, namespaces, users and helpers of libvirt's own: the host is one whole already.
qemu_config() {
  cat <<CONF
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
migration_host = "$(address_of "$1")"
migration_address = "0.0.0.0"
$KEEPALIVE
CONF
}

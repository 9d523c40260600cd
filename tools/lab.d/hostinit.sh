#!/bin/bash
# Process 1 of a lab host, in namespaces of its own: gives the host its file systems, then reaps.
# hostinit.sh HOST HOME USAGE_CGROUP ACCELERATOR
set -u
HOST=$1 HOME_DIR=$2 USAGE=$3 ACCELERATOR=$4

# /proc is still that of the root side: it shows our PID there.
read -r ROOT_PID _ </proc/self/stat

# The host's CPU usage, to be read from inside; bound before the cgroups go out of sight.
bind_folders() {
  mount --bind "$HOME_DIR/run" /run
  mkdir -p /run/nemuri/cgroup /run/nemuri/power /run/libvirt /run/bin
  mount --bind "$USAGE" /run/nemuri/cgroup && mount -o remount,bind,ro /run/nemuri/cgroup
  mount --bind "$HOME_DIR/power" /run/nemuri/power
  mount --bind "$HOME_DIR/var" /var/lib/libvirt
  mount --bind "$HOME_DIR/cache" /var/cache/libvirt
  mount --bind "$HOME_DIR/log" /var/log/libvirt
}

# A fresh /sys shows the devices of our network and no cgroups: libvirt does without.
mount_kernel_folders() {
  mount -t proc proc /proc
  umount -R -l /sys
  mount -t sysfs sysfs /sys
}

# Only what libvirt and QEMU need. /dev/kvm only if guests run by it, else libvirt would offer it.
make_dev() {
  local dev device
  dev=$(mktemp -d /run/dev.XXXX)
  mount -t tmpfs -o mode=755 dev "$dev"
  for device in null zero full random urandom tty userfaultfd; do
    [ -e "/dev/$device" ] && cp -a "/dev/$device" "$dev/"
  done
  [ "$ACCELERATOR" = kvm ] && cp -a /dev/kvm "$dev/"
  mkdir "$dev/shm" "$dev/pts"
  ln -s pts/ptmx "$dev/ptmx"
  ln -s /proc/self/fd "$dev/fd"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$dev/pts"
  mount -t tmpfs shm "$dev/shm"
  mount --move "$dev" /dev
  rmdir "$dev"
}

# A whole private /etc: single files bound over /etc/passwd go when somebody on the machine renames a
# new one into place. The driver looks its built-in user and group up before it reads qemu.conf.
make_etc() {
  local etc file
  etc=$(mktemp -d /run/etc.XXXX)
  mount -t tmpfs -o mode=755 etc "$etc"
  for file in nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d localtime protocols services \
    machine-id alternatives ssl ca-certificates.conf; do
    [ -e "/etc/$file" ] && cp -a "/etc/$file" "$etc/"
  done
  { grep -v ^libvirt-qemu: /etc/passwd; echo libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin; } \
    >"$etc/passwd"
  { grep -vE '^(libvirt-qemu|kvm):' /etc/group; echo kvm:x:64054:; echo libvirt-qemu:x:64055:; } \
    >"$etc/group"
  fill_host_names "$etc"
  mkdir "$etc/libvirt"
  mount --bind "$HOME_DIR/etc" "$etc/libvirt"
  mount --move "$etc" /etc
  rmdir "$etc"
}
fill_host_names() {
  local number
  { echo 127.0.0.1 localhost; for number in {1..50}; do echo "10.77.0.$number h$number"; done; } \
    >"$1/hosts"
  : >"$1/resolv.conf"
  echo "$HOST" >"$1/hostname"
}

# The QEMU driver alone: no network, storage and device drivers, which want dnsmasq and udev.
keep_one_driver() {
  local folder
  for folder in /usr/lib/*/libvirt/connection-driver; do
    mkdir -p /run/drivers
    cp "$folder/libvirt_driver_qemu.so" /run/drivers/
    mount --bind /run/drivers "$folder"
  done
}

mount --make-rprivate /
hostname "$HOST"
bind_folders
mount_kernel_folders
make_dev
make_etc
keep_one_driver
install -m 755 "${0%/*}/lab-suspend" /run/bin/lab-suspend
echo 5 >/proc/sys/net/ipv4/tcp_retries2 # of this network namespace: a dead peer shows within 14 s
echo "$ROOT_PID" >"$HOME_DIR/init.pid.new" && mv "$HOME_DIR/init.pid.new" "$HOME_DIR/init.pid"

trap 'exit 0' TERM
while :; do
  sleep 1000000 &
  wait $!
done

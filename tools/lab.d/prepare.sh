# What a lab needs before it can be: packages, the guests' kernel and initrd, the accelerator. All of
# it is kept in the cache folder, so that it is done once.
# shellcheck shell=bash

readonly PACKAGES="libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 cpio lz4
  iproute2 python3-minimal util-linux g++ cmake ninja-build binutils"

# In the order in which they must be loaded: virtio needs virtio_ring, and without it all fail.
readonly GUEST_MODULES="virtio/virtio_ring virtio/virtio virtio/virtio_pci_legacy_dev
  virtio/virtio_pci_modern_dev virtio/virtio_pci char/virtio_console virtio/virtio_balloon"

lab_prepare() {
  need_root
  mkdir -p "$CACHE" || die "cannot make the cache folder $CACHE"
  ( flock 9
    prepare_packages && prepare_kernel && prepare_initrd && prepare_accelerator && prepare_clock
  ) 9>"$CACHE/lock" || die "the lab could not be prepared"
}

missing_packages() {
  local package
  for package in $PACKAGES; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      echo "$package"
  done
}

# Without libvirt-daemon-system, which is not among them, no libvirtd of the machine's own is started.
prepare_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installs ${missing[*]}"
  install_packages "${missing[@]}" || { apt-get update -qq && install_packages "${missing[@]}"; }
}
install_packages() {
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >"$CACHE/apt.log" 2>&1 ||
    { tail -n 5 "$CACHE/apt.log" >&2; return 1; }
}

# The kernel is taken out of its package, as installing it would change the machine's own boot.
prepare_kernel() {
  [ -s "$CACHE/vmlinux" ] && return 0
  say "fetches the guests' kernel"
  rm -rf "$CACHE/fetch" && mkdir -p "$CACHE/fetch"
  fetch_kernel && unpack_kernel
  local result=$?
  rm -rf "$CACHE/fetch"
  return "$result"
}

kernel_package() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }'
}

fetch_kernel() (
  cd "$CACHE/fetch" || return 1
  [ -n "$(kernel_package)" ] || apt-get update -qq
  apt-get download -qq -o APT::Sandbox::User=root "$(kernel_package)" || return 1
  dpkg -x ./*.deb .
)

unpack_kernel() {
  local bzimage=("$CACHE"/fetch/boot/vmlinuz-*) modules=("$CACHE"/fetch/lib/modules/*/kernel/drivers)
  rm -rf "$CACHE/modules" && mkdir "$CACHE/modules" || return 1
  local module number=10
  for module in $GUEST_MODULES; do
    strip --strip-debug -o "$CACHE/modules/$number-${module##*/}.ko" "${modules[0]}/$module.ko" ||
      return 1
    number=$((number + 1))
  done
  decompress_kernel "${bzimage[0]}" >"$CACHE/vmlinux.new" || cp "${bzimage[0]}" "$CACHE/vmlinux.new"
  mv "$CACHE/vmlinux.new" "$CACHE/vmlinux"
}

# Debian's kernel is compressed by LZ4; booted decompressed it needs a second or more less under
# emulation. What follows the compressed part makes lz4 fail, hence the look at the result.
decompress_kernel() {
  local start
  start=$(LC_ALL=C grep -abom1 -P '\x02\x21\x4c\x18' "$1" | head -n 1 | cut -d: -f1)
  [ -n "$start" ] || return 1
  tail -c "+$((start + 1))" "$1" | lz4 -dc 2>/dev/null >"$CACHE/fetch/vmlinux"
  [ "$(head -c 4 "$CACHE/fetch/vmlinux" | tail -c 3)" = ELF ] && cat "$CACHE/fetch/vmlinux"
}

# The initrd's name has a hash of all that goes into it.
initrd_path() {
  local hash
  hash=$(cat "$REPO"/tools/workload/{*.cpp,*.h,CMakeLists.txt} "$CACHE"/modules/*.ko | sha256sum)
  echo "$CACHE/initrd-${hash:0:16}.img"
}

prepare_initrd() {
  local initrd root=$CACHE/root
  initrd=$(initrd_path)
  [ -s "$initrd" ] && return 0
  say "builds the guests' initrd"
  build_workload || return 1
  # Those of yesterday; a younger one may be that of a guest about to be migrated.
  find "$CACHE" -maxdepth 1 -name "initrd-*.img" -mtime +0 -delete
  rm -rf "$root" && mkdir -p "$root"/{dev,proc,sys} || return 1
  cp "$CACHE/build/workload" "$root/init" && cp -r "$CACHE/modules" "$root/" || return 1
  (cd "$root" && find . | cpio --quiet -o -H newc) >"$initrd.new" && mv "$initrd.new" "$initrd"
}

build_workload() {
  { cmake -S "$REPO/tools/workload" -B "$CACHE/build" -G Ninja &&
    ninja -C "$CACHE/build" workload; } >"$CACHE/build.log" 2>&1 ||
    { tail -n 20 "$CACHE/build.log" >&2; return 1; }
}

# /dev/kvm, KVM_CREATE_VM and domcapabilities all say yes on machines where no guest ever boots (a KVM
# inside a guest, without the processor's help). Only the processor's flag and a booted guest count.
prepare_accelerator() {
  [ -s "$CACHE/accelerator" ] && return 0
  local answer=qemu
  if [ -w /dev/kvm ] && grep -qwE 'svm|vmx' /proc/cpuinfo && guest_boots_by_kvm; then answer=kvm; fi
  echo "$answer" >"$CACHE/accelerator"
}

guest_boots_by_kvm() {
  local console=$CACHE/probe.console pid result
  rm -f "$console"
  qemu-system-x86_64 -accel kvm -m 128 -display none -nodefaults -no-reboot \
    -serial "file:$console" -kernel "$CACHE/vmlinux" -initrd "$(initrd_path)" \
    -append "console=ttyS0 panic=-1" >/dev/null 2>&1 &
  pid=$!
  wait_until 15 grep -aqs 'workload: ready' "$console"
  result=$?
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  return "$result"
}

accelerator() { cat "$CACHE/accelerator"; }

# What nemuri is built and tested with: Debian 12 packages. Sourced by tools/run and tools/test.
# shellcheck shell=bash
# shellcheck shell=bash disable=SC2034
readonly BUILD_PACKAGES=(
  g++ cmake ninja-build pkg-config ccache
  libuv1-dev libvirt-dev libhiredis-dev libyaml-cpp-dev libssl-dev
  libcli11-dev nlohmann-json3-dev libspdlog-dev libfmt-dev libpugixml-dev zlib1g-dev
  libcurl4-openssl-dev libopenipmi-dev libsystemd-dev doctest-dev
  redis-server redis-tools libvirt0 libjs-dygraphs
)
readonly LAB_PACKAGES=(
  libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 cpio iproute2 python3
)
POWER_PACKAGES=(
  openipmi ipmitool tcpdump wakeonlan iproute2 python3 python3-sushy openssl curl
  dbus python3-dbusmock
  qemu-system-x86 linux-image-cloud-amd64 kmod cpio busybox-static libvirt-daemon libvirt-daemon-driver-qemu
)
command -v npm >/dev/null || POWER_PACKAGES+=(nodejs npm)  # Node.js of others brings its own
readonly POWER_PACKAGES
readonly BROWSER_PACKAGES=(chromium chromium-driver python3)
readonly CHECK_PACKAGES=(clang-format clang-tidy lld shellcheck socat)

# Installs those that are missing; says nothing if none is.
need_packages() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  echo "installing: ${missing[*]}"
  [ "$(id -u)" = 0 ] || { echo "these need root: apt-get install ${missing[*]}" >&2; return 1; }
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Objects of another clone of the same sources will do.
export CCACHE_BASEDIR=$REPO CCACHE_NOHASHDIR=1

# build FOLDER [cmake options] [-- TARGET...]: configures, and builds these, or all.
build() {
  local folder=$1 options=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift || true
  cmake -S "$REPO" -B "$folder" -G Ninja "${options[@]}" >/dev/null && ninja -C "$folder" "$@"
}

# What is broken on purpose: one fault, or many by chance.
# shellcheck shell=bash

lab_fault() {
  export NEMURI NEMURI_LAB=$LAB NEMURI_SOCKET=${NEMURI_SOCKET:-$LAB/nemuri/nemuri.sock}
  exec /usr/bin/python3 "$LAB_PARTS/fault.py" "$@"
}

# On a lab that it makes and takes down.
lab_soak() {
  [ -x "$NEMURI" ] || die "there is no $NEMURI (build it, or set NEMURI)"
  export NEMURI
  exec /usr/bin/python3 "$REPO/tests/lab/soak/soak.py" "$@"
}

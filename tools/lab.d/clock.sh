# A wall clock of a command's own, which faults step.
# shellcheck shell=bash

clock_library() { echo "$CACHE/clock.so"; }

prepare_clock() {
  local source=$LAB_PARTS/clock.cpp
  [ "$(clock_library)" -nt "$source" ] && return 0
  g++ -std=c++20 -O2 -fPIC -shared -Wall -Wextra -Wconversion -Werror -o "$(clock_library).new" "$source" &&
    mv "$(clock_library).new" "$(clock_library)"
}

lab_clocked() {
  [ $# -gt 0 ] || bad_usage
  echo 0 >"$LAB/clock" || die "there is no lab in $LAB"
  LD_PRELOAD=$(clock_library) LAB_CLOCK=$LAB/clock exec "$@"
}

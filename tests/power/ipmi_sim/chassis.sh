#!/bin/sh
# The chassis of a BMC that ipmi_sim plays. In FOLDER: power (1 on, 0 off, 3 in S3), log, and, to break
# it: delay (seconds), refuse.   Usage: chassis.sh FOLDER get NAME... | FOLDER set NAME VALUE ...
folder=$1 what=$2
shift 2
echo "$what $*" >>"$folder/log"
[ ! -f "$folder/delay" ] || sleep "$(cat "$folder/delay")"
case $what in
  get)
    for name in "$@"; do
      case $name in
        power) # S3 reads as off, as it mostly does
          if [ "$(cat "$folder/power")" = 1 ]; then echo power:1; else echo power:0; fi ;;
        boot) echo boot:default ;;
        *) exit 1 ;;
      esac
    done
    ;;
  set)
    [ ! -f "$folder/refuse" ] || exit 1
    while [ $# -gt 1 ]; do
      [ "$1" != power ] || echo "$2" >"$folder/power"
      shift 2
    done
    ;;
esac
exit 0

#!/bin/bash
# Runs a test of the lab, and if it fails once more, as emulated guests on a shared machine may stall:
# whoever reads the log sees both, by the words "not steady".   Usage: second_try.sh NAME COMMAND...
set -u
name=$1
shift
first=$(mktemp) || exit 1
trap 'rm -f "$first"' EXIT

if "$@" >"$first" 2>&1; then
  cat "$first"
  exit 0
fi
sed 's/^/first try | /' "$first"
echo "not steady: $name failed; once more"
"$@"

#!/bin/sh
# Fails when a folder includes what it may not know, or reads time or chance other than through a
# port. A ctest runs it as `layers`.  Usage: tools/check_layers.sh [SOURCE_DIR]
set -u
cd "${1:-.}" || exit 2
bad=0

forbid() {  # forbid DIR REGEX WHY [EXCEPT-REGEX]
  [ -d "$1" ] || return 0
  if grep -rnE --include='*.h' --include='*.cpp' "$2" "$1" | grep -vE "${4:-^$}"; then
    echo "  ^ $1: $3" >&2
    bad=1
  fi
}

forbid reactor '#include "(actors|drivers|tools)/' 'the loop knows nothing of VMs'
forbid actors '#include "(drivers|tools)/' 'actors reach the world through actors/ports'
forbid actors '#include <(uv|hiredis|libvirt|curl|spdlog)' 'no I/O in actors'
forbid actors '#include "reactor/(loop|pool)' 'actors run on any scheduler'

# Each room of the actors, from the ground up, and those it may look into besides itself, the ports
# and what lies in actors/ (settings, reasons).
room() {  # room NAME [ROOM...]
  name=$1
  shift
  forbid "actors/$name" '#include "actors/[a-z0-9_]+/' "this room may look into these only: ports $*" \
    "\"actors/($(echo "$name" ports "$@" | tr ' ' '|'))/"
}
forbid actors/ports '#include "actors/' 'ports know no actor' '"actors/ports/'
forbid actors '#include "actors/[a-z0-9_]+/' 'settings and reasons know no room' '^actors/[a-z]+/|"actors/ports/'
room vm
room host
room migration
room pool vm host migration
room policy vm host migration pool
room director vm host migration pool policy
room controller vm host migration pool policy director

# What an actor says is put on record where it is told, so nobody else tells it.
forbid actors/director '(actor|vm|desk|migration)\.on\(' 'by Vms::tell(), Hosts::tell(), Migrations::tell()' \
  '^actors/director/(vms|hosts|migrations)\.cpp:'

forbid drivers '#include "actors/' 'drivers see actors/ports and settings only' \
  '"actors/ports/|drivers/(config|settings\.h|sim/scenario).*"actors/'
forbid drivers '#include "tools/' 'tools use drivers, not the other way round'
forbid tools/experiments '#include "(drivers|tools)/' 'experiments know models, and nobody who asks for them' \
  '"(drivers/sim|tools/experiments)/'
forbid drivers/agent '#include "drivers/' 'an agent loads no more than it needs' \
  '"drivers/(agent|redis|xml)/'
for driver in redis libvirt local power process config xml; do
  forbid drivers/$driver '#include "drivers/' \
    'drivers do not know one another (xml is pure, process runs commands)' \
    "\"drivers/($driver/|settings\.h|xml/|process/)"
done
# Whoever reads "LAB.md §6" can look it up.
# shellcheck disable=SC2013
for note in $(grep -rhoE --include='*.h' --include='*.cpp' '[A-Z]{3,}\.md' actors drivers reactor tools 2>/dev/null | sort -u); do
  [ -e "docs/notes/$note" ] || [ -e "$note" ] || { echo "cited, and not in docs/notes: $note" >&2; bad=1; }
done
forbid actors '(system|steady|high_resolution)_clock|time\(nullptr\)|gettimeofday' 'be handed an Instant'
forbid actors 'std::rand|random_device|_distribution|std::this_thread|std::thread' 'not deterministic'
forbid actors 'unordered_(map|set)' 'its order differs from run to run: use map or a sorted vector'
forbid actors '(^|[^_[:alnum:]])(float|double)([^_[:alnum:]]|$)' 'integers only: mcores, KiB, ms' \
  ':[0-9]+: *//'
exit $bad

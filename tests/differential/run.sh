#!/bin/sh
# run.sh PYTHON INTERP OPTIONS: runs the differential test as one TAP line; what it found goes
# before it.
python=$1
shift
if ! command -v "$python" >/dev/null; then
    echo "ok 1 - differential # SKIP $python is not installed"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "ok 1 - differential # SKIP $("$python" -V) has no task groups: 3.11 or later is needed"
elif out=$("$python" "$(dirname "$0")/differential.py" "$@" 2>&1); then
    echo "$out" | sed '/^#/!d'
    echo "ok 1 - $(echo "$out" | tail -n 1), $("$python" -V)"
else
    echo "$out" | sed 's/^/# /'
    echo "not ok 1 - differential, $("$python" -V)"
fi

#!/usr/bin/env bash
# usage: leaks.sh PROGRAM [ARGUMENT...]: runs a test program under the leaks tracer (the program checks that it is
# there); no GStreamer object may be left at its end.
set -euo pipefail
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 GST_DEBUG_FILE="$log" "$@"
if grep 'object-alive, type-name=(string)[^%]' "$log"; then
  echo "objects are left" >&2
  exit 1
fi

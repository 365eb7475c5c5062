#!/usr/bin/env bash
# Live view of one camera with heatmap and verdict. The frame rate never suffers: frames that come faster than they can
# be inspected pass with status "skipped".
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<TEXT
usage: $script INPUT [--headless] [options]

Shows INPUT live, with heatmap, contours and verdict:
  /dev/videoN        a camera (V4L2)
  rtsp://...         a network camera (RTSP over TCP)
  test[:PATTERN]     a generated picture (a pattern of videotestsrc: ball, smpte, snow ...)
  VIDEO              a video file, at its own pace where inspection keeps up

Options:
  --headless         no window: one JSON record a frame on standard output
  --results FILE     records to FILE; - is standard output
  --print            only print the gst-launch-1.0 line, ready to be copied (without --frames)
$inspect_help

Ctrl-C ends. Exit codes: 0 done, 1 failed, 2 wrong usage.
TEXT
}

headless= print= results=
split_options "$@"; set -- "${words[@]}"
while [[ $# -gt 0 ]]; do
  case "$1" in
    --headless) headless=1; shift ;;
    --print) print=1; shift ;;
    --results) need_value "$@"; results="$2"; shift 2 ;;
    *) take_shared_option "$@"; shift "$consumed" ;;
  esac
done
[[ ${#inputs[@]} -eq 1 ]] || usage_error "expected one camera, found ${#inputs[@]}${inputs:+: ${inputs[*]}}"
open_input "${inputs[0]}"
[[ "$kind" != folder ]] || usage_error "'${inputs[0]}' holds images, not a live picture; use folder.sh or demo.sh"
use_plugin

[[ -z "$headless" ]] || results="${results:--}"
line=("${source[@]}" ! anomalyclip name=inspect overload=skip "${inspect_words[@]}")
[[ -z "$results" ]] || line+=(! anomalypublish "location=$results" "stream=$(stream_name "${inputs[0]}")")
if [[ -n "$headless" ]]; then
  [[ "$kind" == live ]] || line+=(! clocksync)
  line+=(! fakesink sync=false)
else
  need_display
  view_words "$kind"
  line+=(! anomalyoverlay overlay=both "${view[@]}")
fi
launch "${line[@]}"

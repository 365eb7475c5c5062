#!/usr/bin/env bash
# Records a camera for days: annotated video in segments, the results of each segment beside it, bounded disk use.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<TEXT
usage: $script INPUT [--out DIR] [--segment SECONDS] [--keep N] [options]

Inspects INPUT and records it with heatmap, contours and verdict, until Ctrl-C or the end:
  /dev/videoN        a camera (V4L2)
  rtsp://...         a network camera (RTSP over TCP)
  test[:PATTERN]     a generated picture (a pattern of videotestsrc: ball, smpte, snow ...)
  VIDEO              a video file

Writes to DIR (default: record-out), numbered on from what is there:
  segment-000000.mp4     video, playable up to its last seconds even when the power fails
  results-000000.jsonl   one record a frame of that segment

Options:
  --out DIR          where the files go
  --segment SECONDS  length of a segment (default: 600)
  --keep N           segments on disk, the one being written included; older ones in DIR are deleted (default: 144;
                     with segments of 600 s: a day)
  --overload WHAT    what happens to frames that come faster than they can be inspected: skip (recorded, not inspected)
                     or block (the source waits; the default for a video file)
$inspect_help

A camera that fails, ends its stream or falls silent for 30 s ends the recording with exit code 1, the files being whole:
let a service manager start it again. Exit codes: 0 done, 1 failed, 2 wrong usage.
TEXT
}

out=record-out segment=600 keep=144 overload=
split_options "$@"; set -- "${words[@]}"
while [[ $# -gt 0 ]]; do
  case "$1" in
    --out) need_value "$@"; out="$2"; shift 2 ;;
    --segment) need_count "$@"; segment="$2"; shift 2 ;;
    --keep) need_count "$@"; keep="$2"; shift 2 ;;
    --overload)
      need_value "$@"
      [[ "$2" =~ ^(skip|block)$ ]] || usage_error "--overload is skip or block, not '$2'"
      overload="$2"; shift 2 ;;
    *) take_shared_option "$@"; shift "$consumed" ;;
  esac
done
[[ ${#inputs[@]} -eq 1 ]] || usage_error "expected one camera, found ${#inputs[@]}${inputs:+: ${inputs[*]}}"
open_input "${inputs[0]}"
[[ "$kind" != folder ]] || usage_error "'${inputs[0]}' holds images, not a camera's picture; use folder.sh or demo.sh"
prepare_out "$out"
use_plugin
find_python
[[ -n "$overload" ]] || { [[ "$kind" == live ]] && overload=skip || overload=block; }

exec "$python" "$pipelines_dir/lib/record.py" --out "$out" "${origins[@]}" ${frames:+--frames "$frames"} \
  --segment "$segment" --keep "$keep" -- "${source[@]}" \
  ! anomalyclip name=inspect "overload=$overload" "${inspect_words[@]}" \
  ! anomalypublish name=publish "stream=$(stream_name "${inputs[0]}")"

#!/usr/bin/env bash
# Several cameras, one engine: the weights are loaded once, and the frames of all cameras are inspected in batches.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<TEXT
usage: $script INPUT INPUT... [--out DIR] [--record | --headless] [options]

Inspects several cameras with one engine and shows them side by side. Each INPUT may be given a name, which its records
bear (left=rtsp://...; default: made from the address):
  /dev/videoN        a camera (V4L2)
  rtsp://...         a network camera (RTSP over TCP)
  test[:PATTERN]     a generated picture (a pattern of videotestsrc: ball, smpte, snow ...)
  VIDEO              a video file

Writes to DIR (default: multi-camera-out): results-NAME.jsonl, one record a frame of that camera.

Options:
  --out DIR          where the files go
  --record           no window: the mosaic goes to DIR/mosaic.mp4
  --headless         no window, no mosaic: results only
  --tile WxH         size of one camera in the mosaic (default: 640x480)
  --print            only print the gst-launch-1.0 line, ready to be copied (without --frames)
$inspect_help

--frames counts the frames of each camera. One camera that fails ends all. Ctrl-C ends; files are whole then.
Exit codes: 0 done, 1 failed, 2 wrong usage.
TEXT
}

out=multi-camera-out headless= record= print= tile=640x480
split_options "$@"; set -- "${words[@]}"
while [[ $# -gt 0 ]]; do
  case "$1" in
    --out) need_value "$@"; out="$2"; shift 2 ;;
    --headless) headless=1; shift ;;
    --record) record=1; shift ;;
    --tile) need_value "$@"; tile="$2"; shift 2 ;;
    --print) print=1; shift ;;
    *) take_shared_option "$@"; shift "$consumed" ;;
  esac
done
[[ ${#inputs[@]} -ge 1 ]] || usage_error "expected cameras, found none"
[[ -z "$headless" || -z "$record" ]] || usage_error "--headless makes no mosaic to --record; give one of them"
[[ "$tile" =~ ^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$ ]] || usage_error "--tile is WIDTHxHEIGHT in pixels, not '$tile'"
tile_width=$((${tile%x*} / 2 * 2)) tile_height=$((${tile#*x} / 2 * 2))

# Nearly square: 2 cameras in a row, 3 and 4 in two rows, 5 to 9 in three.
columns=1
while ((columns * columns < ${#inputs[@]})); do columns=$((columns + 1)); done

# Splits NAME=INPUT and sets `name` (different for every camera) and `input`.
names=()
name_input() {
  input="$1"
  name="$(stream_name "$1")"
  if [[ "$1" =~ ^([A-Za-z0-9._-]+)=(.+)$ ]]; then
    name="${BASH_REMATCH[1]}"
    input="${BASH_REMATCH[2]}"
  fi
  local wanted="$name" count=1
  while [[ " ${names[*]} " == *" $name "* ]]; do count=$((count + 1)); name="$wanted-$count"; done
  names+=("$name")
}

# One camera's part of the line: source, inspection, records, and its tile.
add_camera() {
  local index=$1
  name_input "$2"
  open_input "$input" "$index"
  [[ "$kind" != folder ]] || usage_error "'$input' holds images, not a camera's picture; use folder.sh or demo.sh"
  local overload=block
  [[ "$kind" != live ]] || overload=skip any_live=live
  line+=("${source[@]}" ! queue max-size-buffers=2 ! anomalyclip "name=inspect$index" model-instance-id=cameras "batch-size=${#inputs[@]}"
           batch-timeout=5 "overload=$overload" "${inspect_words[@]}"
         ! anomalypublish "location=$out/results-$name.jsonl" "stream=$name")
  if [[ -n "$headless" ]]; then
    line+=(! fakesink sync=false async=false)
  else
    line+=(! videoconvertscale add-borders=true
           ! "video/x-raw,format=I420,width=$tile_width,height=$tile_height,pixel-aspect-ratio=1/1"
           ! anomalyoverlay overlay=both ! queue max-size-buffers=4 ! "mosaic.sink_$index")
    mosaic+=("sink_$index::xpos=$((index % columns * tile_width))"
             "sink_$index::ypos=$((index / columns * tile_height))")
  fi
}

line=()
any_live=
mosaic=(compositor name=mosaic background=black)
for index in "${!inputs[@]}"; do add_camera "$index" "${inputs[$index]}"; done
prepare_out "$out"
use_plugin

if [[ -n "$record" ]]; then
  line=("${mosaic[@]}" ! video/x-raw,format=I420 ! x264enc speed-preset=veryfast pass=qual quantizer=21 bframes=0
        key-int-max=50 ! video/x-h264,profile=high ! h264parse ! mp4mux ! filesink "location=$out/mosaic.mp4"
        "${line[@]}")
elif [[ -z "$headless" ]]; then
  need_display
  view_words "$any_live"
  line=("${mosaic[@]}" "${view[@]}" "${line[@]}")
fi
[[ -n "$print" ]] || rm -f "$out"/results-*.jsonl "$out/mosaic.mp4"  # not to be mixed with this run's
launch "${line[@]}"

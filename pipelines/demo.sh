#!/usr/bin/env bash
# The main job with one command: sets up, builds, inspects, records.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<TEXT
usage: $script [INPUT] [--out DIR] [options]

Installs what is missing, builds, and inspects INPUT:
  (none)             a synthetic production line, drawn by "anomalyclip synth"; inspected in the middle, where one part
                     at a time is in view, with thresholds that "anomalyclip calibrate" sets for each of its products
  FOLDER or IMAGE    images, also in folders below; every image is one frame with its own size
  VIDEO              a video file, whatever GStreamer decodes
  /dev/videoN        a camera (V4L2), until Ctrl-C or --frames
  rtsp://...         a network camera (RTSP over TCP), until Ctrl-C, --frames or its end

Writes to DIR (default: demo-out; an earlier run's files are replaced):
  annotated.mp4      every frame with heatmap, contours and verdict (H.264)
  results.jsonl      one record a frame
  summary.png        score over time, the worst frames with heatmaps

Options:
  --out DIR          where the files go
  --no-build         use the build that is there; install and build nothing
$inspect_help

Exit codes: 0 done, 1 failed (also when some images cannot be read), 2 wrong usage.
TEXT
}

# Draws the line that is inspected when no input is given, 25 frames a second, and good parts of its products.
synthesise() {
  echo "$script: drawing a synthetic line" >&2
  anomalyclip_command synth --video "$1/line.y4m" --truth "$1/truth.jsonl" --fps 25 \
    ${frames:+--seconds "$(awk "BEGIN { print $frames / 25 }")"} >&2 &&
    anomalyclip_command synth --good-parts "$1/good" --count "$good_parts" >&2 ||
    fail "the synthetic line cannot be drawn"
}

# Sets thresholds for each of the line's products from its good parts, as a line does before its first part.
calibrate_products() {
  local options=() word run
  for word in "${inspect_words[@]}"; do
    case "$word" in model=* | prompts=* | device=* | precision=*) options+=("--${word%%=*}" "${word#*=}") ;; esac
  done
  for run in "$1"/good/*; do
    run="${run##*/}"
    grep -q "\"run\":$run[,}]" "$1/truth.jsonl" || continue  # a short line ends before its last product
    echo "$script: setting thresholds for product $run on $good_parts of its good parts" >&2
    anomalyclip_command calibrate "${options[@]}" --good "$1/good/$run" --roi "$zone" --false-reject "$false_reject" \
      -o "$1/product-$run.safetensors" >&2 || fail "the thresholds of product $run cannot be set"
  done
}

zone=140,60,360,360  # of the synthetic line's 640x480: x, y, width and height of what a part takes, and a little more
good_parts=320     # of each product
false_reject=0.02  # what so many can vouch for, two outliers among them
out=demo-out
build=1
split_options "$@"; set -- "${words[@]}"
while [[ $# -gt 0 ]]; do
  case "$1" in
    --out) need_value "$@"; out="$2"; shift 2 ;;
    --no-build) build=; shift ;;
    *) take_shared_option "$@"; shift "$consumed" ;;
  esac
done
[[ ${#inputs[@]} -le 1 ]] || usage_error "one input at a time, found ${#inputs[@]}: ${inputs[*]}"
input="${inputs[0]:-}"
[[ -z "$input" ]] || open_input "$input"  # a wrong path is said before minutes of building
prepare_out "$out"

if [[ -n "$build" && -e "$project_dir/meson.build" ]]; then  # installed, there is nothing to build
  "$project_dir/subprojects/setup.sh"
  [[ -e "$build_dir/build.ninja" ]] || meson setup "$build_dir" "$project_dir" >&2
  ninja -C "$build_dir" trainer/anomalyclip gst/libgstanomalyclip.so gst/anomaly/GstAnomaly-1.0.typelib >&2
fi
use_plugin
find_python

synthetic=()
title="$input"
if [[ -z "$input" ]]; then
  line="$out/.synthetic-line"
  title="synthetic line"
  synthetic=(--synthetic "$line" --zone "$zone")
  trap 'rm -rf "$line"' EXIT
  rm -rf "$line" && mkdir "$line"
  synthesise "$line"
  calibrate_products "$line"
  inspect_words+=("roi=$zone" "prompts=$line/product-0.safetensors")
  open_input "$line/line.y4m"
fi
# A live source cannot wait: frames that come too fast for the model are recorded, with status "skipped".
[[ "$kind" != live ]] || inspect_words+=(overload=skip)

exec "$python" "$pipelines_dir/lib/demo.py" --out "$out" "${origins[@]}" --title "$title" \
  ${frames:+--frames "$frames"} "${synthetic[@]}" -- \
  "${source[@]}" ! anomalyclip name=inspect "${inspect_words[@]}" \
  ! anomalypublish "stream=$(stream_name "$title")" "location=$out/results.jsonl"

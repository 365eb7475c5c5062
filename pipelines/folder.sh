#!/usr/bin/env bash
# Scores a folder of images: a record and a picture with heatmap for each.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<TEXT
usage: $script FOLDER [--out DIR] [options]

Inspects every image in FOLDER and below (png, jpg, bmp, tif, webp, pgm, ppm), each at its own size.

Writes to DIR (default: folder-out; an earlier run's files are replaced):
  results.jsonl      one record an image, with its name
  heatmaps/          every image with heatmap, contours and verdict, in the same folders

Options:
  --out DIR          where the files go
  --no-heatmaps      records only
$inspect_help

Exit codes: 0 done, 1 failed (also when some images cannot be read), 2 wrong usage.
TEXT
}

out=folder-out heatmaps=1
split_options "$@"; set -- "${words[@]}"
while [[ $# -gt 0 ]]; do
  case "$1" in
    --out) need_value "$@"; out="$2"; shift 2 ;;
    --no-heatmaps) heatmaps=; shift ;;
    *) take_shared_option "$@"; shift "$consumed" ;;
  esac
done
[[ ${#inputs[@]} -eq 1 ]] || usage_error "expected one folder, found ${#inputs[@]}${inputs:+: ${inputs[*]}}"
open_input "${inputs[0]}"
[[ "$kind" == folder ]] || usage_error "'${inputs[0]}' is not a folder of images; use demo.sh or camera.sh"
prepare_out "$out"
use_plugin
find_python

exec "$python" "$pipelines_dir/lib/folder.py" --out "$out" "${origins[@]}" ${frames:+--frames "$frames"} \
  ${heatmaps:+--heatmaps} -- "${source[@]}" ! anomalyclip name=inspect "${inspect_words[@]}" \
  ! anomalypublish "stream=$(stream_name "${inputs[0]}")" "location=$out/results.jsonl"

#!/usr/bin/env bash
# usage: meson devenv -C build ../tests/bench/end_to_end.sh [ARGUMENT...]: frames a second of the element and of Python appsinks, on drawn
# lines of 640x480 and 1920x1080, with the demo model unless --model and --prompts say otherwise. See end_to_end.py.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
peers="${XDG_CACHE_HOME:-$HOME/.cache}/gst-anomalyclip/peers/bin/python"
[[ -x "$peers" ]] || { echo "the peers are not installed: run tests/bench/peers/setup.sh first" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
demo="$here/../../demo/anomalyclip-demo"
for size in 640x480 1920x1080; do
  anomalyclip synth --video "$folder/$size.y4m" --truth "$folder/$size.jsonl" --seconds "${SECONDS_OF_VIDEO:-4}" \
    --width "${size%x*}" --height "${size#*x}" >/dev/null
  echo "$size"
  "$peers" "$here/end_to_end.py" --video "$folder/$size.y4m" --model "$demo.safetensors" --prompts "$demo-prompts.safetensors" "$@"
done

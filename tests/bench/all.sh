#!/usr/bin/env bash
# usage: meson devenv -C build ../tests/bench/all.sh [PHOTOS] : every measurement of docs/performance.md, one after the other, all of one
# build: Markdown, a command before what it printed. Half an hour on two cores, which nothing else should use. PHOTOS is a folder with the
# data sets with-good and no-good of docs/evaluation.md; without it, what the precisions cost is left out.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root=$(realpath "$here/../..")
build=${MESON_BUILD_ROOT:-$root/build}
photos=${1:+$(realpath "$1")}
[[ -x "${XDG_CACHE_HOME:-$HOME/.cache}/gst-anomalyclip/peers/bin/python" ]] ||
  { echo "the peers are not installed: run tests/bench/peers/setup.sh first" >&2; exit 1; }
meson compile -C "$build" >/dev/null
ninja -C "$build" tests/bench/streams tests/bench/soak tests/bench/cheaper >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$root"

# Time that neither this script's programs nor the idle loop took, in hundredths of a second.
taken_by_others() {
  awk -v mine="$(awk '{ print $14 + $15 + $16 + $17 }' "/proc/$$/stat")" \
    '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 - mine }' /proc/stat
}

# Runs a command line and prints it, what it says, and how much of the machine others had meanwhile.
show() {
  local before=$(taken_by_others) start=$EPOCHREALTIME
  printf '\n```\n$ %s\n```\n\n' "$*"
  eval "$*" 2>"$folder/errors" || { cat "$folder/errors" >&2; exit 1; }
  awk -v taken=$(($(taken_by_others) - before)) -v seconds="$(awk "BEGIN { print $EPOCHREALTIME - $start }")" -v cores="$(nproc)" \
    'BEGIN { printf "\n(%.0f s; others used %.0f %% of the cores)\n", seconds, taken / seconds / cores }'
}

accuracy() {
  for precision in fp32 bf16 int8; do
    show anomalyclip eval --prompts demo/anomalyclip-demo-prompts.safetensors --data '$photos/with-good' '$photos/no-good' \
      -o '$folder/report' --precision $precision '>/dev/null'
    show docs/evaluation_table.py '$folder/report/report.csv'
    rm -r "$folder/report"
  done
}

echo "Commit $(git -C "$root" describe --always --dirty), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores," \
  "$(grep -q amx_tile /proc/cpuinfo && echo with AMX || echo without AMX)."
echo "## Beside other runtimes"
show anomalyclip bench --model vit-b-16@224 --precision fp32 bf16x3 bf16 int8 --rounds 4 --seconds 0.6 --compare torch-eager onnxruntime openvino
show anomalyclip bench --model vit-l-14-336@518 --precision fp32 bf16 int8 --rounds 3 --seconds 0.5 --compare openvino
echo "## All stages"
show anomalyclip bench --model demo --precision fp32 bf16x3 bf16 int8 --rounds 4 --seconds 0.4 --frame 640x480
show anomalyclip bench --model demo --precision fp32 bf16x3 bf16 int8 --rounds 4 --seconds 0.4 --frame 1920x1080
show anomalyclip bench --model demo@288 demo@384 --precision bf16 int8 --rounds 4 --seconds 0.4 --frame 640x480
echo "## The whole element"
export SECONDS_OF_VIDEO=2.4
show tests/bench/end_to_end.sh --peers torch-eager:fp32,onnxruntime:fp32,openvino:fp32,openvino:bf16 --rounds 2 --frames 60
echo "## Many streams"
show '$build/tests/bench/streams' 2 1.5
echo "## Cheaper frames"
show tests/bench/cheaper.sh anomalyclip '$build/tests/bench/cheaper'
if [[ -n "$photos" ]]; then
  echo "## What the precisions cost"
  accuracy
fi
echo "## Start-up and memory"
for run in 1 2 3; do  # without a folder, the first with it, those after that
  [[ $run == 1 ]] || with='--model-cache-dir $folder/packed'
  show anomalyclip bench --model vit-l-14-336@56 --precision fp32 bf16 int8 --rounds 3 --seconds 0.1 --device cpu ${with:-}
done
models=${XDG_CACHE_HOME:-$HOME/.cache}/gst-anomalyclip/bench
show tests/bench/shared_weights.sh anomalyclip '$models/vit-l-14-336.safetensors' '$models/vit-l-14-336-prompts.safetensors'
show '$build/tests/bench/soak'

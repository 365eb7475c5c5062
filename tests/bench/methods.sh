#!/usr/bin/env bash
# usage: methods.sh BUILD [SIZE] : frames/s of every method in the element, with a model of ViT-B/16's size (random weights: the time does
# not depend on them) at SIZE pixels (240), on 640x480 frames. Prints a Markdown table.
set -euo pipefail
build=$(realpath "$1") size=${2:-240}
export GST_PLUGIN_PATH="$build/gst" LD_LIBRARY_PATH="$build/gst/anomaly"
command="$build/trainer/anomalyclip"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

quietly() { "$@" >log 2>&1 || { cat log >&2; exit 1; }; }

make_prompts() {
  quietly "$build/tests/support/make-model" vit-b-16 .
  quietly "$command" synth --out parts --count 24 --seed 3 --size 240 --kinds leather
  local words=(--model vit-b-16.safetensors --image-size "$size")
  for method in clip clip-ac winclip; do
    quietly "$command" prompts --method $method "${words[@]}" --class leather -o $method.safetensors
  done
  quietly "$command" prompts --method winclip "${words[@]}" --class leather --reference parts/leather/train/good/002.png -o "winclip, one reference.safetensors"
  for method in anomalyclip vand; do
    quietly "$command" train --method $method "${words[@]}" --data parts --epochs 1 -o $method.safetensors
  done
}

# Seconds of a pipeline of so many frames, start-up included.
seconds_of() {
  local start=$EPOCHREALTIME
  quietly gst-launch-1.0 -q videotestsrc pattern=snow num-buffers="$1" ! video/x-raw,format=RGB,width=640,height=480 \
    ! anomalyclip model=vit-b-16.safetensors "prompts=\"$2\"" "${@:3}" ! fakesink
  awk "BEGIN { print $EPOCHREALTIME - $start }"
}

# Prints one row: the frames after the first two.
measure() {
  local name=$1 frames=$2 first all
  shift 2
  first=$(seconds_of 2 "$@")
  all=$(seconds_of $((frames + 2)) "$@")
  awk "BEGIN { printf \"| %s | %.2f | %.0f |\n\", \"$name\", $frames / ($all - $first), 1000 * ($all - $first) / $frames }"
}

make_prompts
echo "| method | frames/s | ms a frame |"
echo "|---|---|---|"
for method in clip clip-ac anomalyclip vand; do measure "\`$method\`" 40 $method.safetensors; done
measure '`winclip`' 6 winclip.safetensors
measure '`winclip`, one reference' 6 "winclip, one reference.safetensors"
measure '`winclip`, no map' 40 winclip.safetensors attach-map=false score=global

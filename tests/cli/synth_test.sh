#!/usr/bin/env bash
# usage: synth_test.sh COMMAND : what `anomalyclip synth` writes is what others can read.
set -euo pipefail
command=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

"$command" synth --out "$folder/set" --count 12 --size 64 --kinds leather,disc --seed 2 2>/dev/null
[[ $(find "$folder/set" -path '*train/good*' -name '*.png' | wc -l) -eq 4 ]] || fail "a third of the parts are for training"

"$command" synth --video "$folder/line.y4m" --seconds 1 --width 160 --height 120 --fps 10 2>/dev/null
[[ -s $folder/line.truth.jsonl ]] || fail "the truth is not beside the video"
if command -v gst-launch-1.0 >/dev/null && gst-inspect-1.0 y4mdec >/dev/null 2>&1; then
  gst-launch-1.0 -q filesrc location="$folder/line.y4m" ! y4mdec ! videoconvert ! pngenc ! multifilesink location="$folder/%03d.png"
  [[ $(ls "$folder"/*.png | wc -l) -eq 10 ]] || fail "GStreamer does not read ten frames of ten"
fi
"$command" synth --video - --truth "$folder/truth.jsonl" --seconds 1 --width 160 --height 120 --fps 10 2>/dev/null |
  cmp - "$folder/line.y4m" || fail "standard output differs from the file"

"$command" synth --good-parts "$folder/good" --count 3 --seed 5 --width 160 --height 120 2>/dev/null
[[ $(find "$folder/good" -path '*/good/[012]/*.png' | wc -l) -eq 9 ]] || fail "three products have not three good parts each"

status=0; "$command" synth 2>/dev/null || status=$?
[[ $status -eq 2 ]] || fail "none of --out, --video and --good-parts is wrong usage, exit code 2, not $status"
status=0; "$command" synth --video "$folder/day.y4m" --seconds 86400 2>"$folder/error" || status=$?
[[ $status -eq 1 ]] && grep -q 'GiB at most' "$folder/error" || fail "a belt that memory does not hold is not refused"
status=0; "$command" synth --out "$folder/no" --kinds velvet 2>"$folder/error" || status=$?
[[ $status -eq 1 ]] && grep -q velvet "$folder/error" || fail "an unknown kind is not named"
status=0; "$command" synth --video "$folder/line.mkv" --seconds 1 2>"$folder/error" || status=$?
[[ $status -eq 1 ]] && grep -q y4mdec "$folder/error" || fail "a format that is not written is not explained"

#!/usr/bin/env bash
# usage: cheaper.sh ANOMALYCLIP CHEAPER : draws a line's video and measures cheaper frames on it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" synth --video "$folder/line.y4m" --truth "$folder/truth.jsonl" --seconds 16 2>/dev/null
"$2" "$folder/line.y4m"

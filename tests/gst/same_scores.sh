#!/usr/bin/env bash
# usage: same_scores.sh ANOMALYCLIP MAKE_MODEL: `eval` and the element give the same score for the same image.
set -euo pipefail
command="$(realpath "$1")" make_model="$(realpath "$2")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
"$make_model" tiny .
"$command" synth --out parts --count 8 --seed 3 --size 64 --kinds leather 2>/dev/null
"$command" eval --model tiny.safetensors --prompts tiny-prompts.safetensors --device cpu --data parts -o report >/dev/null 2>&1
find parts -path '*/test/*' -name '*.png' | sort >images
while read -r image; do
  gst-launch-1.0 -q filesrc location="$image" ! pngdec ! anomalyclip model=tiny.safetensors prompts=tiny-prompts.safetensors device=cpu \
    ! anomalypublish location=one.jsonl ! fakesink >/dev/null
  cat one.jsonl >>element.jsonl
done <images
python3 - <<'PYTHON'
import json

element = [json.loads(line)["score"] for line in open("element.jsonl")]
report = json.load(open("report/report.json"))
of_eval = {image["image"]: image["score"] for one in report["data_sets"][0]["candidates"][0]["classes"] for image in one["images"]}
names = open("images").read().split()
assert len(element) == len(names) == len(of_eval) > 3, (len(element), len(names), len(of_eval))
for name, score in zip(names, element):
    # anomalypublish writes six decimals.
    assert abs(score - of_eval[name]) <= 0.5000001e-6, (name, score, of_eval[name])
PYTHON

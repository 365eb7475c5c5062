#!/usr/bin/env bash
# usage: training_time.sh COMMAND ARGUMENT... : what the epochs of `anomalyclip train ARGUMENT...` cost, with a feature cache that
# starts empty, with the same cache full, and without one. Pass --data, and --model and --image-size for another than the demo's.
set -euo pipefail
command=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# measure NAME ARGUMENT... : a line of seconds, epoch by epoch
measure() {
  local name=$1
  shift
  "$command" train "$@" -o "$folder/$name.safetensors" >/dev/null 2>"$folder/errors" || { cat "$folder/errors"; exit 1; }
  python3 - "$name" "$folder/$name.log.jsonl" <<'PYTHON'
import json, sys
epochs = [json.loads(line) for line in list(open(sys.argv[2]))[1:]]
seconds = [epoch["seconds"] for epoch in epochs]
text = f"{sys.argv[1]:6} {epochs[0]['images']} images: " + " ".join(f"{value:.2f}" for value in seconds) + " s"
if len(seconds) > 1:
    text += f"; a later epoch is {sum(seconds[1:]) / (len(seconds) - 1) / seconds[0]:.3f} of the first"
print(text, flush=True)
PYTHON
}

measure empty --cache-dir "$folder/cache" "$@"
measure full --cache-dir "$folder/cache" "$@"
[[ -n ${SKIP_NO_CACHE:-} ]] || measure none --no-cache "$@"

#!/usr/bin/env bash
# usage: tiny_demo.sh MAKE_MODEL FOLDER: writes the tests' tiny model under the names of the demo model's files.
set -euo pipefail
"$1" tiny "$2"
mv "$2/tiny.safetensors" "$2/anomalyclip-demo.safetensors"
mv "$2/tiny-prompts.safetensors" "$2/anomalyclip-demo-prompts.safetensors"

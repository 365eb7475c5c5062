#!/usr/bin/env bash
# Installs the runtimes that `anomalyclip bench --compare` measures beside this project, into the user's cache. Nothing else
# needs them; delete the folder to be rid of them.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${XDG_CACHE_HOME:-$HOME/.cache}/gst-anomalyclip/peers"
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --requirement "$here/requirements.txt"
echo "the peers are in $folder"

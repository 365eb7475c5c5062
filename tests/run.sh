#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Arguments go to `meson test` (for example: --suite unit).
set -euo pipefail
cd "$(dirname "$0")/.."
subprojects/setup.sh
[[ -e build/build.ninja ]] || meson setup build
meson compile -C build
exec meson test -C build --print-errorlogs "$@"

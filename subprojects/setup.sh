#!/usr/bin/env bash
# Installs what the project needs and nothing else: Debian packages (debian-packages.txt) and the wheels that
# carry libtorch and the CLIP vocabulary (wheels.txt). Quick when nothing is missing.
#
#   subprojects/setup.sh            install what is missing
#   subprojects/setup.sh --where    print the folder that holds the unpacked wheels, install nothing
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# One folder a pin list, outside the clone, so that a re-clone does not fetch 530 MB again.
cache_root="${ANOMALYCLIP_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/gst-anomalyclip}"
pins="$(grep -v '^#' "$here/wheels.txt" | sha256sum | cut -c1-12)"
wheels_dir="$cache_root/wheels-$pins"

if [[ "${1:-}" == --where ]]; then
  echo "$wheels_dir"
  exit 0
elif [[ $# -gt 0 ]]; then
  echo "usage: $0 [--where]" >&2
  exit 2
fi

missing_packages() {
  local package
  grep -v '^#' "$here/debian-packages.txt" | while read -r package; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
  done
}

install_packages() {
  local packages
  mapfile -t packages < <(missing_packages)
  [[ ${#packages[@]} -eq 0 ]] && return
  local command=(apt-get install -y --no-install-recommends "${packages[@]}")
  if [[ $EUID -ne 0 ]]; then
    echo "setup: ${#packages[@]} Debian packages are missing. Run this once, then start again:" >&2
    echo "  sudo apt-get update && sudo ${command[*]}" >&2
    exit 1
  fi
  echo "setup: installing ${#packages[@]} Debian packages" >&2
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${command[@]}" -qq >/dev/null
}

fetch_wheels() {
  [[ -e "$wheels_dir/complete" ]] && return
  mkdir -p "$cache_root"
  exec 9>"$cache_root/lock"
  flock 9
  [[ -e "$wheels_dir/complete" ]] && return
  local work="$wheels_dir.partial"
  rm -rf "$work"
  mkdir -p "$work/download" "$work/site"
  echo "setup: fetching libtorch and the CLIP vocabulary (about 550 MB, once)" >&2
  # The platform is named so that any Python fetches the very wheels that are pinned.
  python3 -m pip download --quiet --no-deps --require-hashes --only-binary :all: \
    --python-version 3.11 --implementation cp --abi cp311 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform any \
    -d "$work/download" -r "$here/wheels.txt"
  local wheel
  for wheel in "$work"/download/*.whl; do
    case "$wheel" in
      */open_clip_torch-*) unzip -q "$wheel" 'open_clip/bpe_simple_vocab_16e6.txt.gz' '*/LICENSE*' -d "$work/site" ;;
      */torch-*) unzip -q "$wheel" 'torch/lib/*' 'torch/include/*' '*/LICENSE*' -d "$work/site" ;;
      *) unzip -q "$wheel" -d "$work/site" ;;
    esac
  done
  rm -rf "$work/download" "$wheels_dir"
  touch "$work/complete"
  mv "$work" "$wheels_dir"
}

install_packages
fetch_wheels

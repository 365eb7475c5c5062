#!/usr/bin/env bash
# Proves that the README's two commands are enough on a new machine: debootstraps a minimal Debian 12 into a folder,
# brings this machine's apt, pip and certificate settings along, clones the committed tree into it and runs
# pipelines/demo.sh and tests/run.sh there, as a newcomer would. Needs root and debootstrap; about half an hour.
#
#   tests/fresh_machine.sh [FOLDER]     FOLDER: where to put the machine (default: a new temporary one, removed on success)
set -euo pipefail
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

fail() { echo "fresh_machine: $*" >&2; exit 1; }
[[ "${1:-}" != --help ]] || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0; }
[[ $EUID -eq 0 ]] || fail "debootstrap and chroot need root; run it with sudo"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"

machine="${1:-$(mktemp -d)}"
newcomer=/home/newcomer  # the home folder inside
mirror="${DEBIAN_MIRROR:-$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -1 || true)}"
mirror="${mirror:-http://deb.debian.org/debian}"

inside() {
  chroot "$machine" /usr/bin/env -i HOME=$newcomer PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    "${pass_on[@]}" "$@"
}

leave() {
  local mount
  for mount in dev/shm dev/pts dev proc sys; do umount -q "$machine/$mount" 2>/dev/null || true; done
}
trap leave EXIT

# Proxies and package index settings reach programs through the environment.
pass_on=()
while IFS= read -r line; do pass_on+=("$line"); done < <(env | grep -E '^(https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|PIP_[A-Z_]+|SSL_CERT_FILE|REQUESTS_CA_BUNDLE)=' | grep -v '^PIP_FIND_LINKS=' || true)

echo "fresh_machine: Debian 12 into $machine"
debootstrap --variant=minbase --include=ca-certificates,git bookworm "$machine" "$mirror" >"$machine.log" 2>&1 ||
  fail "debootstrap failed; its log is $machine.log"

copy_settings() {
  mkdir -p "$machine$newcomer"
  rm -f "$machine"/etc/apt/sources.list
  cp -a /etc/apt/sources.list* /etc/apt/apt.conf* /etc/apt/preferences* "$machine/etc/apt/" 2>/dev/null || true
  cp -a /usr/share/keyrings/. "$machine/usr/share/keyrings/"
  cp /etc/resolv.conf /etc/hosts "$machine/etc/" 2>/dev/null || true
  [[ ! -e /etc/pip.conf ]] || cp /etc/pip.conf "$machine/etc/pip.conf"
  [[ ! -e "$HOME/.config/pip/pip.conf" ]] || install -D "$HOME/.config/pip/pip.conf" "$machine$newcomer/.config/pip/pip.conf"
  cp -a /usr/local/share/ca-certificates/. "$machine/usr/local/share/ca-certificates/" 2>/dev/null || true
  cp /etc/ssl/certs/ca-certificates.crt "$machine/etc/ssl/certs/ca-certificates.crt"
}
copy_settings

mount --bind /dev "$machine/dev"
mount -t proc proc "$machine/proc"
mount -t sysfs sys "$machine/sys"

git clone --quiet "$repository" "$machine$newcomer/gst-anomalyclip"

run_command() {
  local started=$SECONDS
  echo "fresh_machine: $1"
  inside bash -c "cd $newcomer/gst-anomalyclip && $1" || fail "$1 failed on the fresh machine, which is left in $machine"
  echo "fresh_machine: $1 took $((SECONDS - started)) s"
}
run_command pipelines/demo.sh
run_command tests/run.sh

if [[ $# -eq 0 ]]; then leave; trap - EXIT; rm -rf --one-file-system "$machine" "$machine.log"; fi
echo "fresh_machine: both commands work on a fresh Debian 12"

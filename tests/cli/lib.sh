# Sourced by the tests of this folder; the command's path is their first argument.
set -euo pipefail

anomalyclip="$(realpath "$1")"
golden="$ANOMALYCLIP_GOLDEN_DIR"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# run ARGUMENT... : the command succeeds; its output is in $work/stdout and $work/stderr
run() {
  "$anomalyclip" "$@" >stdout 2>stderr || fail "anomalyclip $* exited with $?: $(cat stderr)"
}

# refuse CODE TEXT ARGUMENT... : the command exits with CODE and says TEXT on standard error
refuse() {
  local code="$1" text="$2" status=0
  shift 2
  "$anomalyclip" "$@" >stdout 2>stderr || status=$?
  [[ $status -eq $code ]] || fail "anomalyclip $* exited with $status instead of $code: $(cat stdout stderr)"
  grep -qF -- "$text" stderr || fail "anomalyclip $* does not say \"$text\": $(cat stderr)"
  [[ $code -ne 1 ]] || grep -q '^anomalyclip: ' stderr || fail "anomalyclip $*: its error does not start with its name"
}

# says TEXT : the last run printed TEXT
says() {
  grep -qF -- "$1" stdout || fail "\"$1\" was not printed: $(cat stdout)"
}

# same FILE FILE
same() {
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

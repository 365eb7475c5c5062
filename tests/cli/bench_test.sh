#!/usr/bin/env bash
# anomalyclip bench: every stage of every contestant is in the tables, and wrong wishes are named. No time is judged here.
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/lib.sh"
export XDG_CACHE_HOME="$work/cache"

run bench --precision fp32,bf16 --batch 1,2 --frame 320x240 --rounds 2 --seconds 0.01 --threads 1 --device cpu
says "demo, frames of 320x240"
for contestant in "ours, fp32, cpu |" "ours, bf16, cpu |" "ours, fp32, cpu, batch 2 |" "ours, bf16, cpu, batch 2 |"; do
  [[ $(grep -cF "| $contestant" stdout) -eq 2 ]] || fail "\"$contestant\" is not in both tables: $(cat stdout)"
done
says "| preprocess | encode | map | score | regions | draw | whole, p50 |"
grep -qE '^\| ours, fp32, cpu \|.* 1\.00 \| 1\.00 \|' stdout || fail "the first contestant is not its own measure: $(cat stdout)"

run bench --precision fp32 --rounds 1 --seconds 0.01 --frame 64x64 --device cpu --model-cache-dir weights
[[ ! -s stderr ]] || ! grep -q cache-dir stderr || fail "the cache folder does not serve: $(cat stderr)"
if grep -q avx512 /proc/cpuinfo; then
  compgen -G 'weights/anomalyclip-*.packed' >packed || fail "bench --model-cache-dir keeps nothing"
  run score --precision fp32 --device cpu --model-cache-dir weights "$golden/images/rgb.png"
  compgen -G 'weights/*' | cmp - packed || fail "score does not take what bench has kept: $(ls weights)"
  run score --precision fp32 --device cpu --model-cache-dir packed "$golden/images/rgb.png"
  grep -q "packed: is a file, and a folder was expected" stderr || fail "a file in the folder's place is not named: $(cat stderr)"
fi

# A peer is a process like ours: one that answers as peer.py does takes part, and one that dies is named.
cat >peer.py <<'PYTHON'
import json, sys

print(json.dumps({"difference": 0.0}), flush=True)
for line in sys.stdin:
    print(json.dumps({"encode": [1e6]}), flush=True)
PYTHON
run bench --precision fp32 --rounds 1 --seconds 0.01 --device cpu --compare openvino --peers . --python "$(command -v python3)" --cache cache
says "| openvino, bf16 | 1000000"
echo 'raise SystemExit("no such runtime")' >peer.py
refuse 1 "openvino, fp32 ended without an answer" bench --precision fp32 --rounds 1 --seconds 0.01 --device cpu \
  --compare openvino --peers . --python "$(command -v python3)" --cache cache

refuse 1 "there are demo, vit-b-16 and vit-l-14-336" bench --model vit-z
refuse 1 "no number of pixels" bench --model demo@large
refuse 1 "640by480" bench --frame 640by480
refuse 1 "fp7" bench --precision fp7
refuse 1 "setup.sh installs them" bench --compare openvino --python ./absent

#!/usr/bin/env bash
# anomalyclip calibrate: thresholds that the other commands obey, their promise, and what it says where images are too few.
here="$(cd "$(dirname "$0")" && pwd)" make_model="$(realpath "$2")"
. "$here/lib.sh"

"$make_model" tiny .
tiny=(--model tiny.safetensors --prompts tiny-prompts.safetensors --device cpu)
run synth --out parts --count 60 --seed 4 --size 64 --kinds leather
mkdir good
find parts -path '*/good/*' -name '*.png' | sort | while read -r image; do cp "$image" "good/$(basename "$(dirname "$(dirname "$image")")")_$(basename "$image")"; done
count="$(ls good | wc -l)"
[[ $count -ge 20 ]] || fail "only $count good parts were drawn"

# The thresholds hold for the good parts that were seen; --check counts on labelled ones.
run calibrate "${tiny[@]}" --good good --false-reject 0.2 --score map --check parts -o calibrated.safetensors
says "of $count good images reach it"
says "false rejects"
rejected="$(sed -n 's/^threshold [0-9.]*: \([0-9]*\) of.*/\1/p' stdout)"
limit="$(sed -n 's/^threshold \([0-9.]*\):.*/\1/p' stdout)"

# The result is obeyed as it is: `score` rejects exactly as many, by the same score.
run score --model tiny.safetensors --prompts calibrated.safetensors --json good
python3 - "$rejected" "$limit" <<'PYTHON'
import json
import sys

records = [json.loads(line) for line in open("stdout")]
assert sum(r["verdict"] == "anomalous" for r in records) == int(sys.argv[1]), sys.argv
assert abs(records[0]["threshold"] - float(sys.argv[2])) < 1e-6, (records[0], sys.argv)
PYTHON

# What was calibrated, and how, is in the file, beside all that was there.
python3 - <<'PYTHON'
import json
import struct

def header(path):
    with open(path, "rb") as file:
        return json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))

old, new = header("tiny-prompts.safetensors"), header("calibrated.safetensors")
record = json.loads(new["__metadata__"]["calibration"])
assert record["false_reject"] == 0.2 and record["false_reject_upper_bound"] <= 0.2, record
assert new["__metadata__"]["score"] == "map", new["__metadata__"]
assert set(old) == set(new), (set(old), set(new))
PYTHON

# Too few images for the rate: how many it takes, and what these can do; nothing is written.
refuse 1 "it takes 598" calibrate "${tiny[@]}" --good good --false-reject 0.005 -o few.safetensors
grep -q -- "--false-reject 0.0" stderr || fail "it does not say what these images can do: $(cat stderr)"
[[ ! -e few.safetensors ]] || fail "a file was written in spite of the error"

# A broken image is named, and the others are used.
echo "not a picture" >good/broken.png
run calibrate "${tiny[@]}" --good good --false-reject 0.3 -o calibrated.safetensors
grep -q "good/broken.png" stderr || fail "the broken image is not named: $(cat stderr)"
says "of $count good images reach it"

# Bad input is named.
refuse 1 "absent" calibrate "${tiny[@]}" --good absent -o out.safetensors
refuse 2 "leave them out" calibrate "${tiny[@]}" --good good --threshold 0.5 -o out.safetensors
refuse 2 "--false-reject" calibrate "${tiny[@]}" --good good --false-reject 1.5 -o out.safetensors
refuse 2 "--output" calibrate "${tiny[@]}" --good good

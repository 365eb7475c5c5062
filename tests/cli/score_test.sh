#!/usr/bin/env bash
# anomalyclip score: numbers, tables, JSON, pictures, and what it says of bad input.
here="$(cd "$(dirname "$0")" && pwd)" make_model="$(realpath "$2")"
. "$here/lib.sh"

"$make_model" tiny .
tiny=(--model tiny.safetensors --prompts tiny-prompts.safetensors --device cpu)
mkdir -p parts/good parts/crack empty
cp "$golden/preprocess_333x211.png" parts/good/000.png
cp "$golden/preprocess_224.png" parts/crack/000.png

# A dump holds every stage with the reference's numbers.
run score "${tiny[@]}" --precision fp32 --dump dump.safetensors parts/good/000.png
python3 "$here/compare_tensors.py" "$golden/score_333x211.safetensors" dump.safetensors 1e-4

# A folder is searched below; a pattern names what it matches; an image that is named twice is scored once.
run score "${tiny[@]}" parts
says "2 images"
run score "${tiny[@]}" 'parts/g*/*.png'
says "1 images"
run score "${tiny[@]}" parts/good/000.png parts/good
says "1 images"

# JSON has one object a line, with the keys of the element's results.
run score "${tiny[@]}" --json parts
python3 - <<'PYTHON'
import json

records = [json.loads(line) for line in open("stdout")]
assert len(records) == 2
for record in records:
    assert record["status"] == "inspected" and 0 <= record["score"] <= 1, record
    assert record["verdict"] == ("anomalous" if record["score"] >= 0.5 else "normal"), record
    assert record["threshold"] == 0.5 and record["latency_ms"] > 0, record
    assert record["model"] == "tiny.safetensors" and record["prompts"] == "tiny-prompts.safetensors", record
PYTHON

# Options change the verdict as the element's properties do.
run score "${tiny[@]}" --threshold 0 parts
says "2 anomalous"
run score "${tiny[@]}" --threshold 1 --score map --roi 0.1,0.1,0.5,0.5 parts
says "0 anomalous"

# Heatmaps of equal names in different folders do not overwrite each other.
run score "${tiny[@]}" --heatmaps heat parts
[[ -s heat/good_000.png && -s heat/crack_000.png ]] || fail "heatmaps are missing: $(ls heat)"

# A broken image is named, the others are scored, and the command fails.
echo "not a picture" >parts/crack/001.png
refuse 1 "could not be inspected" score "${tiny[@]}" parts
says "parts/crack/001.png: "
says "3 images"
says "1 failed"
refuse 1 "could not be inspected" score "${tiny[@]}" --json parts
says '"status":"failed"'

# Bad input is named.
refuse 1 "absent.png" score "${tiny[@]}" absent.png
refuse 1 "holds no image" score "${tiny[@]}" empty
refuse 1 "absent.safetensors" score --model absent.safetensors --prompts tiny-prompts.safetensors parts
refuse 1 "tiny-prompts.safetensors" score --model tiny-prompts.safetensors --prompts tiny-prompts.safetensors parts
refuse 1 "1,2,3" score "${tiny[@]}" --roi 1,2,3 parts
refuse 1 "nearest is 56" score "${tiny[@]}" --image-size 60 parts
refuse 1 "name one" score "${tiny[@]}" --dump two.safetensors parts/good/000.png parts/crack/000.png
refuse 2 "--colour" score "${tiny[@]}" --colour parts
refuse 2 "IMAGE" score "${tiny[@]}"

#!/usr/bin/env bash
# anomalyclip eval: tables, reports and maps of several candidates, the same scores as `score`, and what it says of bad data.
here="$(cd "$(dirname "$0")" && pwd)" make_model="$(realpath "$2")"
. "$here/lib.sh"

"$make_model" tiny .
cp tiny-prompts.safetensors other.safetensors
tiny=(--model tiny.safetensors --device cpu)
run synth --out parts --count 24 --seed 3 --size 64 --kinds leather,ring

# Many prompt files and yardsticks in one run; every report; the maps.
run eval "${tiny[@]}" --prompts tiny-prompts.safetensors other.safetensors --method saliency-local-contrast saliency-mahalanobis \
  --data parts --bootstrap 20 --save-maps maps -o report
says "### parts: tiny-prompts (anomalyclip)"
says "### parts: saliency-mahalanobis"
says "| **mean** |"
[[ -s report/report.md && -s report/report.csv && -s report/report.html ]] || fail "reports are missing: $(ls report)"
cmp -s stdout report/report.md || fail "report.md is not what was printed"
find parts -path '*/test/*' -name '*.png' | sort >images
run score "${tiny[@]}" --prompts tiny-prompts.safetensors --json $(cat images)
mv stdout scores.jsonl
python3 "$here/check_eval.py" report/report.json scores.jsonl maps

# One class, named, of a data set that is named; --against paper says when there is nothing to compare with.
run eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data Mine=parts --class leather --against paper
says "### Mine: tiny-prompts"
says "The paper has no number"

# Of several data sets, a class may be in some only.
run eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data One=parts/ring Mine=parts --class leather
says "### Mine: tiny-prompts"
[[ $(cat stdout) != *"### One"* ]] || fail "a data set without the class is reported: $(cat stdout)"

# A prompt file a class: {} stands for its name, and one that is not there is named.
cp tiny-prompts.safetensors of-leather.safetensors
cp tiny-prompts.safetensors of-ring.safetensors
run eval "${tiny[@]}" --prompts 'of-{}.safetensors' --data parts -o by_class
grep -v '^###' stdout >by_class.md
run eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data parts
grep -v '^###' stdout | cmp -s - by_class.md || fail "the same prompts by class give other numbers"
rm of-ring.safetensors
refuse 1 "of-ring.safetensors" eval "${tiny[@]}" --prompts 'of-{}.safetensors' --data parts

# Yardsticks alone need no model, and say nothing of the demo's.
run eval --method saliency-spectral-residual --data parts
[[ -z "$(grep demo stderr)" ]] || fail "a model was loaded for nothing: $(cat stderr)"

# A broken image, a broken mask, one of another size, and stray files are named, and the rest is judged.
bad="$(find parts -path '*ground_truth*' -name '*.png' | sort | head -n 1)"
echo "not a picture" >"$bad"
good="$(find parts -path '*/test/good/*' -name '*.png' | sort | head -n 1)"
echo "not a picture" >"$good"
touch parts/leather/test/good/notes.txt
run eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data parts
says "\`$bad\`: "
says "\`$good\`: "
says "notes.txt"

# Bad input is named.
mkdir -p empty broken/test/good
echo "not a picture" >broken/test/good/0.png
refuse 1 "absent" eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data absent
refuse 1 "layout of the data set empty" eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data empty
refuse 1 "no image of broken could be inspected" eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data broken
refuse 1 "has no class tile" eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data parts --class tile
refuse 1 "none of the 2 data sets has a class tile" eval "${tiny[@]}" --prompts tiny-prompts.safetensors --data parts parts/ring --class tile
refuse 1 "absent.safetensors" eval "${tiny[@]}" --prompts absent.safetensors --data parts
refuse 2 "--method" eval --method saliency-x --data parts
refuse 2 "--data" eval "${tiny[@]}"

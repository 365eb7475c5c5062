#!/usr/bin/env bash
# anomalyclip prompts: what it makes is what score and the element take.
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/lib.sh"

image="$golden/preprocess_333x211.png"
mkdir -p good
cp "$golden/images/rgb.png" "$golden/images/grey.png" good

# Words alone; the demo model unless another is named.
for method in clip clip-ac winclip; do
  run prompts --method $method --class "drawn part" --image-size 120 -o $method.safetensors
  says "class        drawn part"
  run score --prompts $method.safetensors --device cpu "$image"
  says "1 images"
done

# References make another score, and a part is nearer to itself.
run prompts --method winclip --class part --image-size 120 --reference good -o few.safetensors
says "references   2 images"
run score --prompts few.safetensors --score map --json good/rgb.png "$image"
python3 - <<'PYTHON'
import json
same, other = (json.loads(line)["score"] for line in open("stdout"))
assert same < other, (same, other)
PYTHON

# Several classes, a file each.
run prompts --method clip --class bolt --class nut --image-size 120 -o 'clip-{}.safetensors'
[[ -s clip-bolt.safetensors && -s clip-nut.safetensors ]] || fail "a class has no file: $(ls)"

# A learned context around another name.
run prompts --from "$ANOMALYCLIP_DATA_DIR/anomalyclip-demo-prompts.safetensors" --class bolt -o bolt.safetensors
says "method       anomalyclip"
run score --prompts bolt.safetensors --device cpu "$image"

# {} is the class as it was said, so that eval finds the file of the data set's class.
run prompts --from "$ANOMALYCLIP_DATA_DIR/anomalyclip-demo-prompts.safetensors" --class metal_nut -o 'of-{}.safetensors'
says "class        metal nut"
[[ -s of-metal_nut.safetensors ]] || fail "the file is named otherwise: $(ls)"

# What does not fit is named, and leaves no file.
refuse 1 "anomalyclip train --method vand" prompts --method vand --class nut -o bad.safetensors
refuse 1 "without --from" prompts --from clip.safetensors --class nut -o bad.safetensors
refuse 1 "nearest is 120" prompts --method clip --class nut --image-size 115 -o bad.safetensors
refuse 1 "absent.png" prompts --method winclip --class nut --reference absent.png -o bad.safetensors
refuse 1 "for winclip and vand" prompts --method clip --class nut --reference good -o bad.safetensors
refuse 1 "a class's name" prompts --method clip --class "" -o bad.safetensors
refuse 1 "were taken at 120 pixels" score --prompts few.safetensors --image-size 240 "$image"
refuse 2 "--class" prompts --method clip -o bad.safetensors
refuse 2 "either a --method" prompts --class nut -o bad.safetensors
refuse 2 "put {}" prompts --method clip --class nut --class bolt -o bad.safetensors
refuse 2 "of one class" prompts --method winclip --class nut --class bolt --reference good -o '{}.safetensors'
refuse 2 "patchcore" prompts --method patchcore --class nut -o bad.safetensors
[[ ! -e bad.safetensors ]] || fail "a refused command left a file"

#!/usr/bin/env bash
# anomalyclip train: what it writes, that it goes on bit for bit, its presets, and what it says of bad input.
here="$(cd "$(dirname "$0")" && pwd)" make_model="$(realpath "$2")"
. "$here/lib.sh"
export OMP_NUM_THREADS=1 XDG_CACHE_HOME="$work/cache"

"$make_model" tiny-text .
"$make_model" tiny .
run synth --out parts --count 36 --size 64 --kinds leather,disc --seed 2
common=(--model tiny-text.safetensors --device cpu --image-size 56)

# wait_for FILE TEXT : until a running command has printed TEXT
wait_for() {
  for _ in $(seq 600); do
    grep -qF -- "$2" "$1" 2>/dev/null && return
    sleep 0.1
  done
  fail "\"$2\" did not come: $(cat "$1")"
}

# losses FILE : the loss of each epoch
losses() {
  python3 -c 'import json, sys; print(*[json.loads(line)["loss"] for line in list(open(sys.argv[1]))[1:]])' "$1"
}

# near "NUMBERS" "NUMBERS" TOLERANCE
near() {
  python3 -c '
import sys
one, other = ([float(x) for x in text.split()] for text in sys.argv[1:3])
assert len(one) == len(other) > 0, (one, other)
assert all(abs(a - b) <= float(sys.argv[3]) * max(1, abs(b)) for a, b in zip(one, other)), (one, other)' "$@" ||
    fail "losses differ"
}

# A training writes prompts, a log, curves and a checkpoint; the prompts are obeyed by score.
run train "${common[@]}" --data parts --epochs 3 -o p.safetensors
says "3 epochs on 24 images of 2 classes (disc, leather)"
for file in p.safetensors p.log.jsonl p.curves.png p.checkpoint; do [[ -s $file ]] || fail "$file is missing"; done
[[ $(wc -l <p.log.jsonl) -eq 4 ]] || fail "the log has no line an epoch"
grep -q "epoch 3/3  loss" stderr || fail "no line an epoch: $(cat stderr)"
grep -q "epoch 1/3.*24 encoded" stderr || fail "images are not encoded once: $(cat stderr)"
! grep -q "epoch 2/3.*encoded" stderr || fail "images are encoded twice: $(cat stderr)"
python3 - <<'PYTHON'
import json, struct
with open("p.safetensors", "rb") as file:
    metadata = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))["__metadata__"]
training = json.loads(metadata["training"])
assert metadata["features"] == "8" and metadata["dpam_from"] == "2" and metadata["image_size"] == "56", metadata
assert training["data"] == ["parts"] and training["images"] == 24 and training["seed"] == 111, training
assert training["epochs_done"] == 3 and len(training["losses"]) == 3, training
assert training["settings"]["betas"] == "0.5,0.999" and training["settings"]["lambda"] == "4.0", training
PYTHON
run score --model tiny-text.safetensors --prompts p.safetensors --device cpu parts/leather/test/good
says "images"

# The cache changes nothing but its rounding, and is used by the next run.
run train "${common[@]}" --data parts --epochs 3 -o warm.safetensors
! grep -q "encoded" stderr || fail "the cache is not used: $(cat stderr)"
[[ $(losses warm.log.jsonl) = "$(losses p.log.jsonl)" ]] || fail "a warm cache gives other losses than a cold one"
run train "${common[@]}" --data parts --epochs 3 --no-cache -o exact.safetensors
grep -q "epoch 3/3.*24 encoded" stderr || fail "--no-cache does not encode anew"
near "$(losses exact.log.jsonl)" "$(losses p.log.jsonl)" 1e-2

# A training that is killed goes on bit for bit, and so does one that is interrupted.
long=(--model ../tiny-text.safetensors --device cpu --image-size 56 --data ../parts --epochs 30 --batch-size 2 -o p.safetensors)
mkdir whole killed stopped
(cd whole && run train "${long[@]}")
for how in killed:KILL stopped:INT; do
  (
    cd "${how%:*}"
    "$anomalyclip" train "${long[@]}" 2>errors >/dev/null &
    process=$!
    wait_for errors "epoch 3/30"
    kill "-${how#*:}" $process
    status=0
    wait $process || status=$?
    [[ $status -ne 0 && ! $(grep -c "epoch 30/30" errors) -gt 0 ]] || fail "the training was over before it was ${how%:*}"
    [[ ${how#*:} != INT ]] || grep -q "interrupted after epoch .*--resume" errors || fail "Ctrl-C: $(cat errors)"
    refuse 1 "unfinished training" train "${long[@]}"
    run train "${long[@]}" --resume
  )
  same "whole/p.safetensors" "${how%:*}/p.safetensors"
done
refuse 1 "seed (111 there, 5 here)" train "${common[@]}" --data parts --epochs 3 --seed 5 --resume -o p.safetensors

# Presets and flags are obeyed, together too.
run train "${common[@]}" --data parts --epochs 1 --preset shared object-aware -o preset.safetensors
run train "${common[@]}" --data parts --epochs 1 --preset shared --object-aware -o flag.safetensors
for log in preset flag; do
  grep -q '"object_aware":"yes".*"shared":"yes"' $log.log.jsonl || fail "--preset $log: $(head -1 $log.log.jsonl)"
done

# CoOp and VAND go through the same loop, VAND with mosaics, which are encoded anew in each epoch; their files are obeyed by
# score and eval, and go to other classes.
(
  mkdir methods
  cd methods
  common=(--model ../tiny-text.safetensors --device cpu --image-size 56 --data ../parts)
  for method in coop vand; do
    run train "${common[@]}" --method $method --class disc --epochs 3 -o $method.safetensors
    says "3 epochs on 24 images of 2 classes (disc, leather)"
    says 'for the class "disc"'
    grep -q "epoch 1/3.*24 encoded" stderr || fail "$method: images are not encoded once: $(cat stderr)"
    [[ $method = vand ]] || ! grep -q "epoch 2/3.*encoded" stderr || fail "coop: images are encoded twice: $(cat stderr)"
    [[ $method = coop ]] || grep -q "epoch 3/3.*encoded" stderr || fail "vand: there are no mosaics: $(cat stderr)"
    run prompts --model ../tiny-text.safetensors --from $method.safetensors --class disc --class leather -o "$method-{}.safetensors"
    run score --model ../tiny-text.safetensors --prompts $method.safetensors --device cpu ../parts/disc/test
    says "images"
    run eval --model ../tiny-text.safetensors --prompts "$method-{}.safetensors" --device cpu --data ../parts -o report
    says "| **mean** |"
    run train "${common[@]}" --method $method --init $method.safetensors --epochs 1 -o tuned.safetensors
    rm tuned.checkpoint
  done
  same coop.safetensors coop-disc.safetensors
  run train "${common[@]}" --method vand --mosaics 0 --epochs 3 -o plain.safetensors
  ! grep -q "epoch 2/3.*encoded" stderr || fail "vand without mosaics encodes images twice: $(cat stderr)"
  refuse 1 "mosaics (0.0 there, 0.2 here)" train "${common[@]}" --method vand --epochs 3 --resume -o plain.safetensors
  cp -r ../parts/disc/test other
  cp -r ../parts/disc/ground_truth other
  run train --model ../tiny-text.safetensors --device cpu --image-size 56 --data other --method vand --epochs 3 -o other.safetensors
  ! grep -q "epoch 2/3.*encoded" stderr || fail "there are mosaics in another layout than MVTec's: $(cat stderr)"
  python3 - <<'PYTHON'
import json, struct
for method, batch, words in ("coop", 32, "anomalous {}"), ("vand", 8, "damaged {} | broken {} | {} with flaw"):
    with open(method + ".safetensors", "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    metadata = header["__metadata__"]
    training = json.loads(metadata["training"])
    assert metadata["method"] == method and metadata["class_name"] == "disc", metadata
    assert metadata["abnormal_template"].startswith(words), metadata
    assert training["batch_size"] == batch and training["epochs_done"] == 3, training
    assert training["data"] == ["parts"] and len(training["losses"]) == 3, training
    assert training["settings"].get("mosaics") == (None if method == "coop" else "0.2"), training
assert {name for name in header if name.startswith("adapters.")} == {
    f"adapters.{layer}.{part}" for layer in (2, 4, 6, 8) for part in ("weight", "bias")}, header.keys()
PYTHON

  # Killed in the middle, they go on bit for bit.
  for method in coop vand; do
    long=("${common[@]}" --method $method --epochs 30 --batch-size 2)
    run train "${long[@]}" -o whole.safetensors
    rm -f errors  # of the method before: its epochs must not be taken for this one's
    "$anomalyclip" train "${long[@]}" -o killed.safetensors 2>errors >/dev/null &
    process=$!
    wait_for errors "epoch 3/30"
    kill -KILL $process
    wait $process || true
    [[ ! $(grep -c "epoch 30/30" errors) -gt 0 ]] || fail "$method was over before it was killed"
    refuse 1 "unfinished training" train "${long[@]}" -o killed.safetensors
    run train "${long[@]}" -o killed.safetensors --resume
    same whole.safetensors killed.safetensors
    rm whole.* killed.*
  done
)
refuse 1 "does not read --dpam, --lambda" train "${common[@]}" --data parts --method vand --dpam qq --lambda 2 -o x.safetensors
refuse 1 "anomalyclip does not read --mosaics" train "${common[@]}" --data parts --mosaics 0.1 -o x.safetensors
refuse 1 "--mosaics should be from 0 to 1" train "${common[@]}" --data parts --method vand --mosaics 2 -o x.safetensors
refuse 1 "does not read --features" train "${common[@]}" --data parts --method coop --features 4 -o x.safetensors
refuse 1 "--preset and --paper" train "${common[@]}" --data parts --method coop --preset shared -o x.safetensors
refuse 1 "holds prompts of the method coop" train "${common[@]}" --data parts --init methods/coop.safetensors -o x.safetensors
refuse 1 "epochs (3 there, 5 here)" train "${common[@]}" --data parts --method coop --class disc --epochs 5 --resume -o methods/coop.safetensors
refuse 2 "--method" train "${common[@]}" --data parts --method winclip -o x.safetensors

# Two processes give what one gives; when one dies, the other ends soon, and the checkpoint is whole.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# two ARGUMENT... : starts both in the background, as torchrun would; their ids are in $one and $two
two() {
  export WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$((port++))
  RANK=1 LOCAL_RANK=1 "$anomalyclip" train "${common[@]}" --data parts "$@" 2>errors.1 >/dev/null &
  two=$!
  RANK=0 LOCAL_RANK=0 "$anomalyclip" train "${common[@]}" --data parts "$@" 2>errors.0 >/dev/null &
  one=$!
  unset WORLD_SIZE MASTER_ADDR MASTER_PORT
}
two --epochs 3 -o two.safetensors
wait $one || fail "process 0: $(cat errors.0)"
wait $two || fail "process 1: $(cat errors.1)"
near "$(losses two.log.jsonl)" "$(losses p.log.jsonl)" 1e-6
python3 "$here/compare_tensors.py" p.safetensors two.safetensors 1e-5

# CoOp's gradients are rounded once, behind the sum: to the last bit the same.
for method in coop:1e-12:0 vand:1e-6:1e-5; do
  IFS=: read -r method losses_differ prompts_differ <<<"$method"
  two --method $method --class disc --epochs 3 -o two-$method.safetensors
  wait $one || fail "$method, process 0: $(cat errors.0)"
  wait $two || fail "$method, process 1: $(cat errors.1)"
  near "$(losses two-$method.log.jsonl)" "$(losses methods/$method.log.jsonl)" $losses_differ
  python3 "$here/compare_tensors.py" methods/$method.safetensors two-$method.safetensors $prompts_differ
done

two --epochs 10000 -o dying.safetensors
wait_for errors.0 "epoch 2/10000"
kill -KILL $two
start=$SECONDS status=0
wait $one || status=$?
[[ $status -eq 1 ]] || fail "the other process exited with $status: $(cat errors.0)"
((SECONDS - start < 10)) || fail "it took $((SECONDS - start)) s to notice"
grep -q "another process of this training is gone" errors.0 || fail "it does not say why: $(cat errors.0)"
wait $two 2>/dev/null || true
refuse 1 "unfinished training" train "${common[@]}" --data parts --epochs 10000 -o dying.safetensors

# Every preset trains, and what comes out can be scored with.
presets=(no-dpam object-aware no-deep-prompts single-layer four-layers global-only local-only untrained no-focal no-dice shared
  qq kk qq+kk+vv qk+qq+kk+vv anomalous flawed defective blemished paper)
for preset in "${presets[@]}"; do
  run train "${common[@]}" --data parts --classes disc --epochs 1 --preset "$preset" -o preset.safetensors
  rm preset.checkpoint
done
run train "${common[@]}" --data parts --epochs 1 --dpam qq+vv --dpam-from 3 --features 4,8 --context 5 --depth 3 --length 2 \
  --losses global,dice --lambda 2 --state-word broken --class panel --learning-rate 0.01 --betas 0.9,0.99 -o own.safetensors
run score --model tiny-text.safetensors --prompts own.safetensors --device cpu parts/leather/test/good
run train "${common[@]}" --data parts --epochs 1 --init own.safetensors -o tuned.safetensors

# The demo model is known by its weights, not by where its file lies: a copy trains alike.
cp "$ANOMALYCLIP_DATA_DIR/anomalyclip-demo.safetensors" copy.safetensors
demo=(--device cpu --data parts --image-size 48 --epochs 0)
run train "${demo[@]}" -o of-demo.safetensors
run train "${demo[@]}" --model copy.safetensors -o of-copy.safetensors
taps() { head -c 4000 "$1" | tr -d '\0' | grep -ao '"features":"[0-9,]*"'; }
[[ $(taps of-demo.safetensors) == *,* ]] || fail "the demo's recipe taps several layers: $(taps of-demo.safetensors)"
[[ $(taps of-copy.safetensors) == "$(taps of-demo.safetensors)" ]] || fail "a copy of the demo model has another recipe"

# Images without masks, and only one class, still train.
cp -r parts/leather bare
rm -r bare/ground_truth
run train "${common[@]}" --data bare --epochs 1 -o bare.safetensors
grep -q "dice 0.0000  focal 0.0000" stderr || fail "images without masks have a local loss: $(cat stderr)"

refuse 1 "learns from masks alone" train "${common[@]}" --data bare --method vand -o x.safetensors

# Bad input is named.
refuse 2 "--data" train -o x.safetensors
refuse 2 "--cache-dir" train --data parts -o x.safetensors --no-cache --cache-dir c
refuse 1 "absent" train "${common[@]}" --data absent -o x.safetensors
refuse 1 "absent.safetensors" train --model absent.safetensors --data parts -o x.safetensors
refuse 1 "nowhere" train "${common[@]}" --data parts -o nowhere/x.safetensors
refuse 1 "vocabulary of 512" train --model tiny.safetensors --device cpu --data parts -o x.safetensors
refuse 1 "nearest is 56" train --model tiny-text.safetensors --device cpu --image-size 60 --data parts -o x.safetensors
refuse 1 "there are: disc, leather" train "${common[@]}" --data parts --classes screw -o x.safetensors
refuse 1 "leave them" train "${common[@]}" --data parts --init own.safetensors --context 12 -o x.safetensors
refuse 1 "no learned tokens" train "${common[@]}" --data parts --init tiny-text-prompts.safetensors -o x.safetensors
refuse 1 "was made for a model with fingerprint" train "${common[@]}" --data parts --init tiny-prompts.safetensors -o x.safetensors
cp -r parts broken
first=$(ls broken/disc/test/good | head -1)
echo "not a picture" >"broken/disc/test/good/$first"
refuse 1 "1 of 24 samples cannot be used" train "${common[@]}" --data broken --epochs 1 -o x.safetensors
grep -q "broken: .*disc/test/good/$first" stderr || fail "the broken image is not named"
run train "${common[@]}" --data broken --epochs 1 --skip-broken -o x.safetensors
says "on 23 images"

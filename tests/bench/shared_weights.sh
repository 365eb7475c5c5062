#!/usr/bin/env bash
# usage: shared_weights.sh ANOMALYCLIP MODEL PROMPTS : memory of two processes that run one model at once, each with a frame behind it,
# without and with a folder of packed weights. Pss is a process' own memory and its part of what it shares (proc(5), smaps_rollup).
set -euo pipefail
anomalyclip=$1 model=$2 prompts=$3

folder=$(mktemp -d)
workers=()
end() {
  [[ ${#workers[@]} -eq 0 ]] || kill "${workers[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  workers=()
}
trap 'end; rm -rf "$folder"' EXIT

# Starts a worker that inspects one frame and waits for more.
start() {
  "$anomalyclip" bench --worker "$model" "$prompts" --device cpu "${@:2}" <"$folder/more" >"$folder/out.$1" &
  workers+=($!)
}


measure() {
  rm -f "$folder/more" "$folder"/out.*
  mkfifo "$folder/more"
  exec 3<>"$folder/more"
  start 1 "${@:2}"
  start 2 "${@:2}"
  until [[ -s "$folder/out.1" && -s "$folder/out.2" ]]; do sleep 0.2; done
  local kind row="| $1 |"
  for kind in Rss Pss Pss_Anon; do
    row+=" $(for worker in "${workers[@]}"; do cat "/proc/$worker/smaps_rollup"; done |
      awk -v kind="$kind:" '$1 == kind { sum += $2 } END { printf "%.0f", sum / 2 / 1024 }') |"
  done
  echo "$row"
  end
  exec 3>&-
}

echo "| two processes, MiB for each | Rss | Pss | of that anonymous |"
echo "|---|---|---|---|"
for precision in fp32 bf16 int8; do
  measure "$precision" --precision $precision
  measure "$precision, with a folder" --precision $precision --model-cache-dir "$folder/packed"
done

#!/usr/bin/env bash
# The HTML report in a real browser: every picture is shown, nothing is loaded from elsewhere, no error.
here="$(cd "$(dirname "$0")" && pwd)" make_model="$(realpath "$2")"
browser="$(command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome || true)"
if [[ -z $browser ]]; then
  echo "SKIPPED: no Chromium (Debian: chromium-headless-shell): the HTML report was NOT opened in a browser" >&2
  exit 77
fi
. "$here/lib.sh"

"$make_model" tiny .
run synth --out parts --count 16 --seed 3 --size 64 --kinds leather
run eval --model tiny.safetensors --prompts tiny-prompts.safetensors --device cpu --method saliency-mahalanobis --data parts -o report

# A page of the test's own counts what the browser made of it.
cat report/report.html - >judged.html <<'HTML'
<script>
addEventListener("load", () => {
  const images = [...document.images], broken = images.filter(i => !i.complete || i.naturalWidth === 0).length;
  const flat = [...document.querySelectorAll("svg.chart")].filter(s => s.getBoundingClientRect().height < 100).length;
  const loaded = performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:")).length;
  const wide = document.documentElement.scrollWidth > innerWidth;
  document.title = `images ${images.length} broken ${broken} charts ${document.querySelectorAll("svg.chart").length} flat ${flat} loaded ${loaded} wide ${wide}`;
});
</script>
HTML
browse() {
  "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/profile" --window-size=1280,2400 "$@" 2>browser.log ||
    fail "the browser exited with $?: $(tail -n 5 browser.log)"
}
browse --virtual-time-budget=5000 --dump-dom "file://$work/judged.html" >dom
title="$(grep -o '<title>[^<]*' dom | head -n 1)"
echo "$title"
[[ $title =~ images\ ([0-9]+)\ broken\ 0\ charts\ ([0-9]+)\ flat\ 0\ loaded\ 0\ wide\ false ]] || fail "the report is not shown whole: $title"
((BASH_REMATCH[1] >= 20 && BASH_REMATCH[2] == 6)) || fail "pictures or charts are missing: $title"
browse --screenshot="$work/report.png" "file://$work/report/report.html"
[[ $(stat -c %s report.png) -gt 20000 ]] || fail "the screenshot is empty"

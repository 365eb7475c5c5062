"""check_eval.py REPORT.json SCORES.jsonl MAPS: eval's scores are score's, and its image AUROC is what they give."""
import json
import os
import sys

report, scores, maps = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3]
of_score = {record["image"]: record["score"] for record in map(json.loads, open(scores))}
candidates = report["data_sets"][0]["candidates"]
assert [c["name"] for c in candidates] == ["tiny-prompts", "other", "saliency-local-contrast", "saliency-mahalanobis"], candidates
assert report["speed"]["images"] == len(of_score), report["speed"]


def auroc(good, bad):
    return sum((b > g) + (b == g) / 2 for b in bad for g in good) / (len(good) * len(bad))


for candidate in candidates:
    seen, means = 0, []
    for one in candidate["classes"]:
        images = one["images"]
        seen += len(images)
        good = [i["score"] for i in images if not i["anomalous"]]
        bad = [i["score"] for i in images if i["anomalous"]]
        assert one["good"] == len(good) and one["anomalous"] == len(bad) == one["with_mask"], one["name"]
        found = one["metrics"]["image_auroc"]
        assert abs(found["percent"] - 100 * auroc(good, bad)) < 1e-9, (found, auroc(good, bad))
        assert found["interval_95"][0] <= found["percent"] <= found["interval_95"][1], found
        assert 0 <= one["metrics"]["aupro_bergmann"]["percent"] <= 100, one["metrics"]
        for metric in "pixel_auroc", "pixel_ap", "pixel_f1_max", "aupro", "aupro_bergmann", "aupimo":
            low, high = one["metrics"][metric]["interval_95"]
            assert 0 <= low <= high <= 100, (metric, one["metrics"])
        means.append(found["percent"])
        if candidate["name"] in ("tiny-prompts", "other"):
            for image in images:
                assert image["score"] == of_score[image["image"]], (image, of_score[image["image"]])
    assert seen == len(of_score), (candidate["name"], seen)
    low, high = candidate["mean"]["pixel_auroc"]["interval_95"]
    assert low < high, candidate["mean"]
    assert abs(candidate["mean"]["image_auroc"]["percent"] - sum(means) / len(means)) < 1e-9
for candidate in candidates:
    saved = sum(len(files) for _, _, files in os.walk(os.path.join(maps, candidate["name"], "parts")))
    assert saved == len(of_score), f"{candidate['name']}: {saved} maps of {len(of_score)} images"

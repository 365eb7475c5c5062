"""folder.sh: a record and a picture for each image, with the scores of `anomalyclip score`."""
import json
import os
import subprocess

import cv2

import support


class Folder(support.ScriptTest):
    def test_scores_equal_those_of_the_command(self):
        for index, size in enumerate([(160, 120), (333, 211), (64, 200)]):
            support.make_image(self.path("images", f"sub{index}", "a.png"), size, index)
        grey = cv2.imread(self.path("images", "sub1", "a.png"), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(self.path("images", "grey.jpg"), grey)
        self.run_script("folder.sh", self.path("images"), "--out", self.out)
        piped = {r["image"]: r["score"] for r in support.records_of(self.path("out", "results.jsonl"))}

        command = os.path.join(os.environ["ANOMALYCLIP_BUILD_DIR"], "trainer", "anomalyclip")
        lines = subprocess.run([command, "score", "--json", self.path("images")], check=True, capture_output=True,
                               text=True, timeout=support.TIMEOUT).stdout.splitlines()
        scored = {os.path.relpath(r["image"], self.path("images")): r["score"] for r in map(json.loads, lines)}
        self.assertEqual(sorted(piped), sorted(scored))
        for image, score in scored.items():
            self.assertAlmostEqual(piped[image], score, delta=1e-6, msg=image)

    def test_heatmaps_have_the_images_sizes_and_folders(self):
        support.make_image(self.path("images", "a.png"), (160, 121))
        support.make_image(self.path("images", "deep", "a.png"), (333, 211), 1)
        out, _ = self.run_script("folder.sh", self.path("images"), "--out", self.out)
        self.assertEqual(cv2.imread(self.path("out", "heatmaps", "a.png.png")).shape, (121, 160, 3))
        self.assertEqual(cv2.imread(self.path("out", "heatmaps", "deep", "a.png.png")).shape, (211, 333, 3))
        self.assertIn("worst 2 of 2", out)

    def test_no_heatmaps_where_none_are_wanted(self):
        support.make_image(self.path("images", "a.png"))
        self.run_script("folder.sh", self.path("images"), "--out", self.out, "--no-heatmaps")
        self.assertEqual(os.listdir(self.out), ["results.jsonl"])

    def test_wrong_inputs_are_refused(self):
        os.mkdir(self.path("empty"))
        self.assert_refused("folder.sh", self.path("empty"), "--out", self.out, code=1, says="expected images")
        self.assert_refused("folder.sh", "/no/such/place", "--out", self.out, code=1, says="found nothing there")
        self.assert_refused("folder.sh", code=2, says="expected one folder, found 0")
        self.assert_refused("folder.sh", "test", code=2, says="is not a folder of images")


if __name__ == "__main__":
    support.main()

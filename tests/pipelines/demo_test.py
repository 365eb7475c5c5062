"""demo.sh on every kind of source: frames in, records and pictures out."""
import os

import cv2

import support


class Demo(support.ScriptTest):
    def run_demo(self, *arguments, code=0):
        return self.run_script("demo.sh", *arguments, "--no-build", "--out", self.out, code=code)

    def assert_whole(self, frames, statuses=("inspected",)):
        """Every frame has a record and a picture, and the summary is an image."""
        records = support.records_of(self.path("out", "results.jsonl"))
        self.assertEqual(len(records), frames)
        self.assertEqual([record["frame"] for record in records], list(range(frames)))
        self.assertLessEqual({record["status"] for record in records}, set(statuses))
        self.assertEqual(support.decoded_frames(self.path("out", "annotated.mp4")), frames)
        self.assertGreater(cv2.imread(self.path("out", "summary.png")).shape[0], 600)
        self.assertEqual(sorted(os.listdir(self.out)), ["annotated.mp4", "results.jsonl", "summary.png"])
        return records

    def test_synthetic_line_is_inspected_frame_by_frame_when_no_input_is_given(self):
        out, _ = self.run_demo("--frames", 30)
        self.assert_whole(30)
        self.assertRegex(out, r"input +synthetic line: \d+ of \d+ bad parts flagged, \d+ of \d+ good ones")
        for fact in ("frames     30", "frames/s", "anomalous", "p50", "p95", "annotated.mp4", "results.jsonl",
                     "summary.png"):
            self.assertIn(fact, out)

    def test_images_of_a_folder_keep_their_names_and_sizes(self):
        for index, (name, size) in enumerate({"part2.png": (160, 120), "part10.jpg": (200, 200), "b/x.bmp": (99, 333),
                                              "b/Y.PNG": (641, 479), "ground_truth/m.png": (160, 120)}.items()):
            support.make_image(self.path("images", name), size, index)
        _, err = self.run_demo(self.path("images"))
        records = self.assert_whole(4)
        self.assertEqual([record["image"] for record in records], ["b/Y.PNG", "b/x.bmp", "part2.png", "part10.jpg"])
        self.assertIn("1 masks under ground_truth/ are left out", err)

    def test_an_unreadable_image_is_named_and_the_others_are_inspected(self):
        support.make_image(self.path("images", "good.png"))
        with open(self.path("images", "broken.png"), "wb") as file:
            file.write(b"not an image")
        out, err = self.run_demo(self.path("images"), code=1)
        self.assert_whole(1)
        self.assertIn("1 of 2 images cannot be read:\n  broken.png", err)

    def test_every_frame_of_a_video_file_is_inspected(self):
        support.make_video(self.path("a video.mp4"), 45)
        self.run_demo(self.path("a video.mp4"))
        self.assert_whole(45)

    def test_odd_frame_sizes_become_a_playable_film(self):
        support.launch(f"videotestsrc num-buffers=12 ! video/x-raw,format=I420,width=321,height=239,framerate=25/1 ! "
                       f"jpegenc ! matroskamux ! filesink location={self.path('odd.mkv')}")
        self.run_demo(self.path("odd.mkv"))
        self.assert_whole(12)

    def test_network_camera_is_inspected_until_the_frames_asked_for(self):
        self.run_demo(support.RtspServer().address, "--frames", 25)
        self.assert_whole(25, ["inspected", "skipped"])  # a live source does not wait for a busy machine

    def test_ctrl_c_ends_with_whole_files(self):
        process = self.start("demo.sh", support.RtspServer().address, "--no-build", "--out", self.out)
        self.interrupt(process, lambda: support.line_count(self.path("out", "results.jsonl")) >= 20)
        self.finish(process)
        self.assert_whole(support.line_count(self.path("out", "results.jsonl")), ["inspected", "skipped"])

    def test_an_earlier_runs_files_are_replaced(self):
        support.make_video(self.path("long.mp4"), 30)
        support.make_video(self.path("short.mp4"), 10)
        self.run_demo(self.path("long.mp4"))
        self.run_demo(self.path("short.mp4"))
        self.assert_whole(10)


class WrongInputs(support.ScriptTest):
    def assert_demo_refuses(self, *arguments, code, says):
        self.assert_refused("demo.sh", *arguments, "--no-build", "--out", self.out, code=code, says=says)
        for name in ("annotated.mp4", "results.jsonl", "summary.png"):
            self.assertFalse(os.path.exists(os.path.join(self.out, name)), name)

    def test_missing_path(self):
        self.assert_demo_refuses("/no/such/place", code=1, says=["'/no/such/place'", "expected a folder of images"])

    def test_empty_folder(self):
        os.mkdir(self.path("empty"))
        self.assert_demo_refuses(self.path("empty"), code=1, says=["expected images", "found none"])

    def test_folder_with_broken_images_only(self):
        os.mkdir(self.path("images"))
        with open(self.path("images", "broken.jpg"), "wb") as file:
            file.write(b"\xff\xd8 not an image")
        self.assert_demo_refuses(self.path("images"), code=1, says=["1 of 1 images cannot be read", "broken.jpg"])

    def test_text_file_as_video(self):
        with open(self.path("notes.mp4"), "w", encoding="ascii") as file:
            file.write("buy milk\n" * 100)
        self.assert_demo_refuses(self.path("notes.mp4"), code=1, says=["notes.mp4", "expected a video"])

    def test_empty_file_as_video(self):
        open(self.path("empty.mp4"), "wb").close()
        self.assert_demo_refuses(self.path("empty.mp4"), code=1, says="found an empty file")

    def test_truncated_video_without_its_index(self):
        support.make_video(self.path("whole.mp4"), 20)
        with open(self.path("whole.mp4"), "rb") as whole, open(self.path("cut.mp4"), "wb") as cut:
            cut.write(whole.read()[:1500])
        self.assert_demo_refuses(self.path("cut.mp4"), code=1, says=["cut.mp4", "expected a video"])

    def test_camera_that_is_not_there(self):
        self.assert_demo_refuses("/dev/video97", code=1, says=["no camera at /dev/video97", "this machine has"])

    def test_device_that_is_no_camera(self):
        self.assert_demo_refuses("/dev/null", code=1, says="/dev/null")

    def test_network_camera_that_does_not_answer(self):
        self.assert_demo_refuses("rtsp://127.0.0.1:1/none", code=1,
                                 says=["rtsp://127.0.0.1:1/none", "check the address"])

    def test_another_kind_of_address(self):
        self.assert_demo_refuses("ftp://example.org/a.mp4", code=2, says="another kind of address")

    def test_missing_model_and_prompts(self):
        self.assert_demo_refuses("--model", "/no/model", code=1, says=["--model", "/no/model"])
        self.assert_demo_refuses("--prompts", "/no/prompts", code=1, says=["--prompts", "/no/prompts"])

    def test_a_model_that_is_none_is_named_with_its_fault(self):
        with open(self.path("model.safetensors"), "wb") as file:
            file.write(b"nonsense")
        support.make_video(self.path("video.mp4"), 5)
        self.assert_demo_refuses(self.path("video.mp4"), "--model", self.path("model.safetensors"), code=1,
                                 says="model.safetensors")

    def test_wrong_usage(self):
        for arguments, says in {("a", "b"): "one input at a time", ("--nonsense",): "unknown option --nonsense",
                                ("--frames", "0"): "--frames", ("--frames",): "--frames needs a value",
                                ("--precision", "fp4"): "--precision", ("--threshold", "2"): "--threshold",
                                ("--threshold=x",): "--threshold"}.items():
            with self.subTest(arguments):
                self.assert_demo_refuses(*arguments, code=2, says=[says, "--help"])

    def test_out_that_is_a_file(self):
        open(self.path("file"), "wb").close()
        support.make_video(self.path("video.mp4"), 5)
        self.assert_refused("demo.sh", self.path("video.mp4"), "--no-build", "--out", self.path("file"), code=1,
                            says="found a file")

    def test_help_of_every_script_names_its_options(self):
        for script in ("demo.sh", "camera.sh", "record.sh", "folder.sh", "multi_camera.sh"):
            out, _ = self.run_script(script, "--help")
            for words in ("usage: " + script, "--model", "--prompts", "--frames", "Exit codes"):
                self.assertIn(words, out)


if __name__ == "__main__":
    support.main()

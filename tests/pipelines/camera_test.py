"""camera.sh without a display, multi_camera.sh with three cameras."""
import json
import os
import shlex
import signal
import subprocess

import support


class Camera(support.ScriptTest):
    def test_headless_prints_a_record_a_frame(self):
        out, _ = self.run_script("camera.sh", "test:snow", "--headless", "--frames", 20)
        records = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([record["frame"] for record in records], list(range(20)))

    def test_a_network_camera_is_viewed(self):
        out, _ = self.run_script("camera.sh", support.RtspServer().address, "--headless", "--frames", 10)
        self.assertEqual(len(out.splitlines()), 10)
        self.assertNotIn("@", json.loads(out.splitlines()[0])["stream"])

    def test_ctrl_c_ends_well(self):
        process = self.start("camera.sh", "test", "--headless", "--results", self.path("r.jsonl"))
        self.interrupt(process, lambda: support.line_count(self.path("r.jsonl")) >= 10)
        self.finish(process)
        support.records_of(self.path("r.jsonl"))

    def test_the_printed_line_can_be_run(self):
        support.make_video(self.path("film.mp4"), 12)
        out, _ = self.run_script("camera.sh", self.path("film.mp4"), "--headless", "--results", self.path("a b.jsonl"),
                                 "--print")
        subprocess.run(["bash", "-c", out], check=True, timeout=support.TIMEOUT)
        self.assertEqual(support.line_count(self.path("a b.jsonl")), 12)

    def test_wrong_inputs_are_refused(self):
        os.mkdir(self.path("images"))
        self.assert_refused("camera.sh", code=2, says="expected one camera, found 0")
        self.assert_refused("camera.sh", "/dev/video97", "--headless", code=1, says="no camera at /dev/video97")
        self.assert_refused("camera.sh", self.path("images"), code=2, says="holds images")

    def test_without_a_display_the_way_out_is_said(self):
        kept = {name: os.environ.pop(name) for name in ("DISPLAY", "WAYLAND_DISPLAY") if name in os.environ}
        self.addCleanup(os.environ.update, kept)
        self.assert_refused("camera.sh", "test", code=1, says=["no display", "--headless"])


class MultiCamera(support.ScriptTest):
    def test_three_cameras_share_an_engine_and_a_mosaic(self):
        support.make_video(self.path("film.mp4"), 25)
        self.run_script("multi_camera.sh", "left=test:snow", "right=test:ball", self.path("film.mp4"), "--record",
                        "--out", self.out, "--frames", 25, "--tile", "160x120")
        names = sorted(name for name in os.listdir(self.out) if name.startswith("results-"))
        self.assertEqual(len(names), 3)
        self.assertEqual(names[1:] if "left" in names[1] else names[:2], ["results-left.jsonl", "results-right.jsonl"])
        for name in names:
            records = support.records_of(os.path.join(self.out, name))
            self.assertEqual(len(records), 25)
            self.assertEqual({record["stream"] for record in records}, {name[len("results-"):-len(".jsonl")]})
        self.assertGreaterEqual(support.decoded_frames(self.path("out", "mosaic.mp4")), 25)

    def test_the_engine_is_loaded_once(self):
        line, _ = self.run_script("multi_camera.sh", "test", "test", "test", "--headless", "--print", "--out", self.out)
        self.assertEqual([word for word in shlex.split(line) if word.startswith("model-instance-id=")],
                         ["model-instance-id=cameras"] * 3)

    def test_ctrl_c_and_sigterm_leave_a_whole_mosaic(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            out = self.path(number.name)
            process = self.start("multi_camera.sh", "test", "test", "--record", "--out", out, "--tile", "160x120")
            self.interrupt(process, lambda: support.line_count(os.path.join(out, "results-test-2.jsonl")) >= 30, number)
            self.finish(process)
            self.assertGreater(support.decoded_frames(os.path.join(out, "mosaic.mp4")), 10)

    def test_a_camera_that_fails_is_named(self):
        self.assert_refused("multi_camera.sh", "test", "side=rtsp://127.0.0.1:1/none", "--headless", "--out", self.out,
                            code=1, says=["rtsp://127.0.0.1:1/none", "check the address"])

    def test_wrong_inputs_are_refused(self):
        self.assert_refused("multi_camera.sh", code=2, says="expected cameras, found none")
        self.assert_refused("multi_camera.sh", "test", "a=/dev/video97", "--headless", code=1,
                            says="no camera at /dev/video97")
        self.assert_refused("multi_camera.sh", "test", "--tile", "big", code=2, says="--tile")


if __name__ == "__main__":
    support.main()

"""record.sh: segments with their results, bounded disk use, whole files at the end."""
import os

import support


class Record(support.ScriptTest):
    def files(self):
        return sorted(name for name in os.listdir(self.out) if not name.startswith("."))

    def assert_segment(self, number, frames):
        """The segment has that many frames, and as many records, that go on from those before it."""
        self.assertEqual(support.decoded_frames(self.path("out", f"segment-{number:06d}.mp4")), frames)
        records = support.records_of(self.path("out", f"results-{number:06d}.jsonl"))
        self.assertEqual(len(records), frames)
        return [record["frame"] for record in records]

    def test_segments_hold_the_frames_of_their_results_and_the_oldest_go(self):
        support.make_video(self.path("film.mp4"), 115)
        _, err = self.run_script("record.sh", self.path("film.mp4"), "--out", self.out, "--segment", 1, "--keep", 2)
        self.assertEqual(self.files(), ["results-000003.jsonl", "results-000004.jsonl", "segment-000003.mp4",
                                        "segment-000004.mp4"])
        frames = self.assert_segment(3, 25) + self.assert_segment(4, 15)
        self.assertEqual(frames, list(range(75, 115)))
        self.assertIn("segment-000004.mp4: 15 frames", err)

    def test_a_second_recording_goes_on_and_counts_the_first_ones_segments(self):
        support.make_video(self.path("film.mp4"), 50)
        open_file = self.path("out", "segment-note.mp4")
        for _ in range(2):
            self.run_script("record.sh", self.path("film.mp4"), "--out", self.out, "--segment", 1, "--keep", 3)
            open(open_file, "wb").close()  # somebody else's: never deleted
        self.assertEqual([name for name in self.files() if name.startswith("segment-0")],
                         ["segment-000001.mp4", "segment-000002.mp4", "segment-000003.mp4"])
        self.assertTrue(os.path.exists(open_file))

    def test_ctrl_c_leaves_whole_files(self):
        process = self.start("record.sh", "test", "--out", self.out, "--segment", 1)
        self.interrupt(process, lambda: support.line_count(self.path("out", "results-000001.jsonl")) >= 5)
        self.finish(process)
        self.assert_segment(0, 25)
        self.assert_segment(1, support.line_count(self.path("out", "results-000001.jsonl")))

    def test_a_camera_that_goes_away_is_a_failure_with_whole_files(self):
        address = support.RtspServer(frames=40).address
        _, err = self.run_script("record.sh", address, "--out", self.out, code=1)
        self.assertIn("the camera ended the stream", err)
        self.assert_segment(0, support.line_count(self.path("out", "results-000000.jsonl")))

    def test_two_recordings_do_not_share_a_folder(self):
        process = self.start("record.sh", "test", "--out", self.out)
        self.interrupt_when = lambda: support.line_count(self.path("out", "results-000000.jsonl")) >= 5
        while not self.interrupt_when():
            self.assertIsNone(process.poll())
        self.assert_refused("record.sh", "test", "--out", self.out, code=1, says="another recording is writing")
        self.interrupt(process, self.interrupt_when)
        self.finish(process)

    def test_wrong_inputs_are_refused(self):
        self.assert_refused("record.sh", code=2, says="expected one camera, found 0")
        self.assert_refused("record.sh", "test", "--keep", "0", code=2, says="--keep")
        self.assert_refused("record.sh", "test", "--overload", "drop", code=2, says="--overload")
        self.assert_refused("record.sh", "/dev/video97", code=1, says="no camera at /dev/video97")
        self.assert_refused("record.sh", "rtsp://127.0.0.1:1/none", "--out", self.out, code=1, says="check the address")


if __name__ == "__main__":
    support.main()

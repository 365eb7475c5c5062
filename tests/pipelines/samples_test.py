"""The embedding samples: they see metadata, messages and the switch of prompts."""
import os
import shutil
import subprocess
import sys

import support

SAMPLES = os.path.join(support.PIPELINES, "samples")
BUILD = os.environ["ANOMALYCLIP_BUILD_DIR"]


class Samples(support.ScriptTest):
    def assert_sees_everything(self, command):
        support.make_video(self.path("film.mp4"), 60)
        other = self.path("other-product.safetensors")
        shutil.copy(os.path.join(os.environ["ANOMALYCLIP_DATA_DIR"], "anomalyclip-demo-prompts.safetensors"), other)
        run = subprocess.run([*command, self.path("film.mp4"), other], capture_output=True, text=True,
                             timeout=support.TIMEOUT)
        self.assertEqual(run.returncode, 0, run.stderr)
        frames = [line for line in run.stdout.splitlines() if line.startswith("frame ")]
        messages = [line for line in run.stdout.splitlines() if line.startswith("message ")]
        self.assertEqual(len(frames), 60)
        self.assertRegex(frames[0], r"^frame 0: score 0\.\d{4}( ANOMALOUS)?, map \d+x\d+ up to 0\.\d{4}.*, \d+ regions")
        self.assertEqual(len([m for m in messages if m.startswith("message anomaly,")]), 60)
        switch = [m for m in messages if m.startswith("message anomaly-prompts")]
        self.assertEqual(len(switch), 1)
        self.assertIn("other-product.safetensors", switch[0])

    def test_python_program_reads_results_and_switches_prompts(self):
        self.assert_sees_everything([sys.executable, os.path.join(SAMPLES, "python", "inspect_video.py")])

    def test_cpp_program_reads_results_and_switches_prompts(self):
        self.assert_sees_everything([os.path.join(BUILD, "pipelines", "inspect")])

    def test_cpp_program_builds_as_a_project_of_its_own(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": os.path.join(BUILD, "meson-uninstalled")}
        for command in (["meson", "setup", self.path("build"), os.path.join(SAMPLES, "cpp")],
                        ["ninja", "-C", self.path("build")]):
            run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=support.TIMEOUT)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_a_missing_video_is_an_error(self):
        for command in ([sys.executable, os.path.join(SAMPLES, "python", "inspect_video.py")],
                        [os.path.join(BUILD, "pipelines", "inspect")]):
            run = subprocess.run([*command, "/no/such/film.mp4"], capture_output=True, text=True,
                                 timeout=support.TIMEOUT)
            self.assertEqual(run.returncode, 1, command)
            self.assertIn("film.mp4", run.stderr)


if __name__ == "__main__":
    support.main()

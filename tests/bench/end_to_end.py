"""The whole element beside what a user would write instead: a Python appsink that resizes with Pillow, encodes with a runtime
and makes score and map with NumPy and SciPy. Same video, same model, same threads, one contestant after another in every round.

The driver needs PyGObject, and the peers' packages (tests/bench/peers/setup.sh):
  meson devenv -C build tests/bench/end_to_end.sh --video line.y4m
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers"))

OURS = "anomalyclip"
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def metadata(path):
    with open(path, "rb") as file:
        return json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]


class Appsink:
    """One frame [H, W, 3] uint8 -> score, map [H, W], as the prompts say."""

    def __init__(self, runtime, precision, options):
        import torch
        from peer import PEERS
        from vision import Vision, read_safetensors

        torch.set_grad_enabled(False)
        torch.set_num_threads(options.threads)
        recipe = metadata(options.prompts)
        features = [int(layer) for layer in recipe["features"].split(",")]
        self.size, self.sigma = int(recipe["image_size"]), float(recipe["sigma"])
        self.temperature = float(recipe["temperature"])
        self.text = read_safetensors(options.prompts)["text_features"].numpy()
        model = Vision(read_safetensors(options.model), self.size, features, int(recipe["dpam_from"])).eval()
        self.image = torch.zeros(1, 3, self.size, self.size)
        options.precision = precision
        # The runtimes read this tensor's memory: a frame is written into it.
        self.encode = PEERS[runtime](model, self.image, options)

    def probability(self, rows):
        import numpy as np

        logits = rows / np.linalg.norm(rows, axis=-1, keepdims=True) @ self.text.T / self.temperature
        return 1 / (1 + np.exp(logits[..., 0] - logits[..., 1]))

    def inspect(self, frame):
        import numpy as np
        from PIL import Image
        from scipy.ndimage import gaussian_filter, zoom

        resized = Image.fromarray(frame).resize((self.size, self.size), Image.BICUBIC)
        pixels = (np.asarray(resized, np.float32) / 255 - MEAN) / DEVIATION
        self.image.numpy()[0] = pixels.transpose(2, 0, 1)
        globally, *patches = self.encode()
        grid = round((patches[0].shape[1] - 1) ** 0.5)
        mean = sum(self.probability(tap[0, 1:]) for tap in patches).reshape(grid, grid) / len(patches)
        large = zoom(mean, self.size / grid, order=1, grid_mode=True, mode="nearest")
        return float(self.probability(globally)[0]), gaussian_filter(large, self.sigma)


def pipeline_text(contestant, options):
    decode = f"filesrc location={options.video} ! y4mdec ! queue max-size-buffers=4 ! "
    if contestant == OURS:
        return decode + (f"anomalyclip name=inspect model={options.model} prompts={options.prompts} precision={options.own_precision} "
                         "! fakesink name=sink sync=false")
    return decode + "videoconvert ! video/x-raw,format=RGB ! appsink name=sink sync=false max-buffers=1"


def frames_per_second(contestant, options):
    """From the first frame's end to the last's: loading a model is not in it."""
    # PyGObject is Debian's, built for a Python of the same version; behind the peers' own packages, which are newer.
    sys.path.append("/usr/lib/python3/dist-packages")
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    gi.require_version("GstVideo", "1.0")
    from gi.repository import Gst, GstApp, GstVideo  # noqa: F401

    Gst.init(None)
    inspect = None
    if contestant != OURS:
        runtime, precision = contestant.split(":")
        inspect = Appsink(runtime, precision, options).inspect
    pipeline = Gst.parse_launch(pipeline_text(contestant, options))
    sink, times, scores = pipeline.get_by_name("sink"), [], []

    def seen(*_):
        times.append(time.perf_counter())
        return Gst.PadProbeReturn.OK

    if inspect is None:
        sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, seen)
    pipeline.set_state(Gst.State.PLAYING)
    if inspect is None:
        message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
        if message.type == Gst.MessageType.ERROR:
            sys.exit(message.parse_error()[0].message)
    else:
        import numpy as np

        while (sample := sink.pull_sample()) is not None and len(times) < options.frames:
            info = GstVideo.VideoInfo.new_from_caps(sample.get_caps())
            ok, data = sample.get_buffer().map(Gst.MapFlags.READ)
            rows = np.frombuffer(data.data, np.uint8).reshape(info.height, info.stride[0])
            frame = rows[:, : 3 * info.width].reshape(info.height, info.width, 3)
            scores.append(inspect(frame)[0])
            sample.get_buffer().unmap(data)
            seen()
    pipeline.set_state(Gst.State.NULL)
    return {"frames": len(times), "fps": (len(times) - 1) / (times[-1] - times[0]), "scores": scores[:3]}


def run(contestant, options):
    command = [sys.executable, __file__, "--contestant", contestant]
    for name in ("video", "model", "prompts", "threads", "frames", "own_precision"):
        command += ["--" + name.replace("_", "-"), str(getattr(options, name))]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", required=True, help="YUV4MPEG2, as `anomalyclip synth --video` draws it")
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompts", required=True)
    parser.add_argument("--peers", default="torch-eager:fp32,onnxruntime:fp32,openvino:fp32,openvino:bf16")
    parser.add_argument("--own-precision", default="auto")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=10**9, help="for each peer, at most")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # libraries talk on standard output
        print(json.dumps(frames_per_second(options.contestant, options)), file=answers)
        return
    contestants = [OURS, *options.peers.split(",")]
    rates = {name: [] for name in contestants}
    for _ in range(options.rounds):
        for name in contestants:
            rates[name].append(run(name, options)["fps"])
    print("| | frames/s, median | lowest | highest | ours is faster by |\n|---|---|---|---|---|")
    ours = statistics.median(rates[OURS])
    for name, values in rates.items():
        middle = statistics.median(values)
        print(f"| {name} | {middle:.1f} | {min(values):.1f} | {max(values):.1f} | {ours / middle:.2f} |")


if __name__ == "__main__":
    main()

"""A contestant of `anomalyclip bench`: one runtime, one precision, one model. Says how far its features are from ours, then
encodes whenever it is told to.

Lines in: `run SECONDS`. Answers, one JSON object each: {"difference": ...} once; then {"encode": [milliseconds, ...]}."""

import argparse
import json
import os
import sys
import tempfile
import time

import numpy as np
import torch

from vision import Vision, read_safetensors


def torch_eager(model, image, options):
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    model, image = model.to(dtype), image.to(dtype)
    return lambda: [output.float().numpy() for output in model(image)]


def onnxruntime(model, image, options):
    import onnxruntime as ort

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(model, (image,), path, input_names=["image"], dynamo=True, external_data=True, verbose=False)
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = options.threads
        session = ort.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    numbers = image.numpy()
    return lambda: session.run(None, {session.get_inputs()[0].name: numbers})


def openvino(model, image, options):
    import openvino as ov

    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if options.precision == "bf16" else "f32",
        "INFERENCE_NUM_THREADS": options.threads,
    }
    compiled = ov.Core().compile_model(ov.convert_model(model, example_input=image), "CPU", settings)
    request, numbers = compiled.create_infer_request(), image.numpy()
    return lambda: list(request.infer([numbers]).values())


PEERS = {"torch-eager": torch_eager, "onnxruntime": onnxruntime, "openvino": openvino}


def difference(outputs, dump, features):
    """The largest relative error over the global feature and every tapped layer's patches."""
    expected = [dump["global"]] + [dump[f"patch.{layer}"] for layer in features]
    error = lambda found, wanted: float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
    return max(error(found, wanted.numpy()) for found, wanted in zip(outputs, expected, strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", choices=PEERS, required=True)
    parser.add_argument("--precision", choices=["fp32", "bf16"], required=True)
    parser.add_argument("--model", required=True, help="safetensors file with OpenAI's names")
    parser.add_argument("--dump", required=True, help="what `anomalyclip score --dump` wrote")
    parser.add_argument("--features", required=True, help="tapped layers")
    parser.add_argument("--dpam-from", type=int, required=True)
    parser.add_argument("--threads", type=int, default=0, help="0: one for each core")
    options = parser.parse_args()
    options.threads = options.threads or len(os.sched_getaffinity(0))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries talk on standard output

    torch.set_grad_enabled(False)
    torch.set_num_threads(options.threads)
    features = [int(layer) for layer in options.features.split(",")]
    dump = read_safetensors(options.dump)
    image = dump["input"]
    model = Vision(read_safetensors(options.model), image.shape[-1], features, options.dpam_from).eval()
    encode = PEERS[options.peer](model, image, options)
    del model

    def say(answer):
        print(json.dumps(answer), file=answers, flush=True)

    say({"difference": difference(encode(), dump, features)})
    for line in sys.stdin:
        seconds, times = float(line.split()[1]), []
        start = time.perf_counter()
        while not times or time.perf_counter() - start < seconds:
            before = time.perf_counter()
            encode()
            times.append((time.perf_counter() - before) * 1000)
        say({"encode": times})


if __name__ == "__main__":
    main()

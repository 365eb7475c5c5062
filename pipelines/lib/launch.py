"""Runs a pipeline that writes its own files, for camera.sh and multi_camera.sh."""
import argparse
import sys

from runner import PipelineError, Runner, Source


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--script", required=True, help="whose messages these are")
    parser.add_argument("--source", action="append", nargs=2, metavar=("KIND", "NAME"), required=True)
    parser.add_argument("--frames", type=int)
    parser.add_argument("words", nargs="+")
    options = parser.parse_args()
    sources = [Source(name, kind == "live") for kind, name in options.source]
    try:
        Runner(options.words, sources, options.frames).run()
    except PipelineError as error:
        print(f"{options.script}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

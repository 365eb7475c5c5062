#include <filesystem>
#include <memory>
#include <mutex>

#include <CLI/CLI.hpp>
#include <opencv2/core.hpp>

#include "commands.h"
#include "common/progress.h"
#include "synth/dataset.h"
#include "synth/line_video.h"

namespace anomalyclip::trainer {

namespace {

struct Options {
  synth::DatasetSettings dataset;
  synth::LineSettings line;
  std::string video, truth, good_parts;
};

void write_dataset_shown(const Options& options) {
  Progress progress("Drawing", options.dataset.count, "parts");
  std::mutex mutex;
  write_dataset(options.dataset, [&](int done) {
    const std::lock_guard lock(mutex);
    progress.set(done);
  });
  progress.finish();
}

void write_video_shown(const Options& options) {
  std::string truth = options.truth;
  if (truth.empty()) {
    if (options.video == "-")
      throw CLI::ValidationError("--truth",
                                 "say where the truth goes when the video goes to standard output");
    truth = (std::filesystem::path(options.video).has_extension()
                 ? std::filesystem::path(options.video).replace_extension().string()
                 : options.video) +
            ".truth.jsonl";
  }
  const synth::Line frames(options.line);
  Progress progress("Filming", frames.frames(), "frames");
  write_line_video(frames, options.video, truth, [&](int done) { progress.set(done); });
  progress.finish();
}

void write_good_parts_shown(const Options& options) {
  const int each = options.dataset.count;
  const synth::Line line(options.line);
  Progress progress("Drawing", each * options.line.products, "good parts");
  write_good_parts(line, options.good_parts, each, [&](int done) { progress.set(done); });
  progress.finish();
}

}  // namespace

void add_synth(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("synth", "Draws parts on a line, good and defective, with masks");
  synth::DatasetSettings& dataset = options->dataset;
  synth::LineSettings& line = options->line;
  CLI::Option* out =
      command->add_option("--out", dataset.folder, "Folder for a data set in MVTec's layout");
  CLI::Option* video = command->add_option(
      "--video", options->video,
      "A line's video instead: FILE.y4m, - (the same on standard output), or a folder of PNGs");
  CLI::Option* good = command->add_option(
      "--good-parts", options->good_parts,
      "Good parts instead, of each product of the line that --video draws with this seed and size, "
      "in the middle of the camera's view: FOLDER/0, FOLDER/1 ... for \"anomalyclip calibrate\"");
  video->excludes(out)->excludes(good);
  good->excludes(out);
  command->add_option("--seed", dataset.seed, "The same seed draws the same pictures")
      ->capture_default_str();
  command
      ->add_option("--count", dataset.count,
                   "Parts of the data set, of all kinds together, or good parts of each product")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000))
      ->excludes(video);
  command->add_option("--size", dataset.size, "Pixels a side of the data set's pictures, even")
      ->capture_default_str()
      ->check(CLI::Range(32, 2048))
      ->needs(out);
  command
      ->add_option("--kinds", dataset.kinds,
                   "Textures and shapes of the data set, comma-separated (default: all)")
      ->delimiter(',')
      ->needs(out);
  command
      ->add_option("--truth", options->truth,
                   "JSON lines of the parts in each frame (default: beside the video)")
      ->needs(video);
  command->add_option("--seconds", line.seconds, "Length of the video")
      ->capture_default_str()
      ->check(CLI::Range(0.04, 86400.0))
      ->needs(video);
  command->add_option("--width", line.width, "Pixels of the camera, even")
      ->capture_default_str()
      ->check(CLI::Range(64, 7680))
      ->excludes(out);
  command->add_option("--height", line.height, "Pixels of the camera, even")
      ->capture_default_str()
      ->check(CLI::Range(64, 4320))
      ->excludes(out);
  command->add_option("--fps", line.fps, "Frames a second")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000))
      ->needs(video);
  command->callback([options] {
    cv::setNumThreads(1);  // the parts are drawn in parallel, not the pixels
    options->line.seed = options->dataset.seed;
    if (!options->video.empty()) return write_video_shown(*options);
    if (!options->good_parts.empty()) return write_good_parts_shown(*options);
    if (options->dataset.folder.empty()) throw CLI::RequiredError("--out, --video or --good-parts");
    write_dataset_shown(*options);
  });
}

}  // namespace anomalyclip::trainer

#include <deque>
#include <filesystem>
#include <future>
#include <iostream>

#include <CLI/CLI.hpp>

#include <anomalyclip/error.h>

#include "commands.h"
#include "common/image_list.h"
#include "common/inspection_options.h"
#include "common/progress.h"
#include "image/load_image.h"
#include "score/dump.h"
#include "score/heatmap_files.h"
#include "score/score_report.h"

namespace anomalyclip::trainer {
namespace {

struct ScoreOptions {
  InspectionOptions inspection;
  std::vector<std::string> images;
  bool json = false;
  std::string heatmaps, dump;
};

/// An image whose result is on its way; the next one is decoded and resized meanwhile.
struct Pending {
  std::string path;
  Image image;
  std::future<AnomalyResult> result;
};

class Scorer {
 public:
  explicit Scorer(ScoreOptions& options)
      : options_(options),
        paths_(list_images(options.images)),
        root_(common_folder(paths_)),
        engine_(options.inspection.load()) {}

  /// @returns whether every image was inspected
  bool run() {
    Progress progress("Scoring", static_cast<std::int64_t>(paths_.size()), "images");
    std::deque<Pending> pending;
    for (const std::string& path : paths_) {
      pending.push_back(submit(path));
      if (pending.size() > 1) finish(pending, progress);
    }
    while (!pending.empty()) finish(pending, progress);
    progress.finish();
    if (!options_.json) std::cout << to_table(done_);
    return failed_ == 0;
  }

  const Engine& engine() const { return *engine_; }

  const std::string& only_image() const {
    if (paths_.size() != 1)
      throw Error(ErrorCode::kSettings, "--dump writes the stages of one image, and " +
                                            std::to_string(paths_.size()) + " are named; name one");
    return paths_.front();
  }

 private:
  Pending submit(const std::string& path) {
    Pending pending{path, {}, {}};
    try {
      pending.image = load_image(path);
      pending.result = engine_->submit(pending.image.view(), options_.inspection.recipe);
    } catch (...) {
      std::promise<AnomalyResult> failed;
      failed.set_exception(std::current_exception());
      pending.result = failed.get_future();
    }
    return pending;
  }

  void finish(std::deque<Pending>& pending, Progress& progress) {
    ScoredImage image{pending.front().path, {}};
    try {
      image.outcome = pending.front().result.get();
      if (!options_.heatmaps.empty())
        save_heatmap(heatmap_path(options_.heatmaps, image.path, root_), pending.front().image,
                     *image.result());
    } catch (const std::exception& error) {
      image.outcome = error.what();
      ++failed_;
    }
    pending.pop_front();
    if (options_.json)
      std::cout << to_json_line(image, engine_->model(), *options_.inspection.recipe.prompts)
                << std::endl;
    else
      done_.push_back(std::move(image));
    progress.advance();
  }

  ScoreOptions& options_;
  std::vector<std::string> paths_;
  std::string root_;
  std::shared_ptr<Engine> engine_;
  std::vector<ScoredImage> done_;
  std::size_t failed_ = 0;
};

void score(ScoreOptions& options) {
  if (!options.heatmaps.empty()) std::filesystem::create_directories(options.heatmaps);
  options.inspection.recipe.want_map = !options.heatmaps.empty();
  Scorer scorer(options);
  if (!options.dump.empty())
    dump_stages(options.inspection, scorer.engine(), scorer.only_image(), options.dump);
  if (!scorer.run())
    throw Error(ErrorCode::kRead, "some images could not be inspected; they are named above");
}

}  // namespace

void add_score(CLI::App& app) {
  auto options = std::make_shared<ScoreOptions>();
  CLI::App* command =
      app.add_subcommand("score", "Scores images: how anomalous each is, and where");
  options->inspection.add_to(*command);
  command
      ->add_option("IMAGE", options->images,
                   "Image files, folders of them (searched below too), or patterns")
      ->required();
  command->add_flag("--json", options->json,
                    "One JSON object a line, as soon as it is known, in place of the table");
  command->add_option("--heatmaps", options->heatmaps,
                      "Folder for the images with their heatmaps drawn on (PNG)");
  command->add_option("--dump", options->dump, "Safetensors file for every stage of one image");
  command->callback([options] { score(*options); });
}

}  // namespace anomalyclip::trainer

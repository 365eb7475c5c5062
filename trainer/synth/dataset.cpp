#include "dataset.h"

#include <atomic>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

#include "textures.h"

namespace anomalyclip::synth {

namespace fs = std::filesystem;

namespace {

/// Parts of one kind: a texture's are sheets of it, a shape's are objects of any material.
struct PartClass {
  std::string name;
  PartSettings settings;
};

std::vector<PartClass> classes(const DatasetSettings& settings) {
  const Repertoire chosen = settings.kinds.empty() ? all_kinds() : named_kinds(settings.kinds);
  std::vector<PartClass> out;
  for (int texture : chosen.textures) {
    PartClass& added = out.emplace_back();
    added.name = texture_kinds()[static_cast<std::size_t>(texture)].name;
    added.settings.repertoire = {{texture}, {}};
  }
  for (int shape : chosen.shapes) {
    PartClass& added = out.emplace_back();
    added.name = shape_kinds()[static_cast<std::size_t>(shape)].name;
    added.settings.repertoire = {all_kinds().textures, {shape}};
    added.settings.object_share = 1.f;
  }
  for (PartClass& c : out) c.settings.size = settings.size;
  return out;
}

void write_png(const cv::Mat& image, const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::vector<uchar> file;
  cv::imencode(".png", image, file, {cv::IMWRITE_PNG_COMPRESSION, 1});
  const fs::path aside = path.string() + ".part";
  std::ofstream out(aside, std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  out.close();
  if (!out)
    throw Error(ErrorCode::kRead,
                "Cannot write " + path.string() + ". Is there room, and permission?");
  fs::rename(aside, path);
}

void write_part(const fs::path& folder, const Part& part, bool train, int index) {
  char name[16];
  std::snprintf(name, sizeof name, "%03d", index);
  const std::string what = part.defective() ? part.defect : "good";
  cv::Mat bgr;
  cv::cvtColor(part.image, bgr, cv::COLOR_RGB2BGR);
  write_png(bgr, folder / (train ? "train" : "test") / what / (std::string(name) + ".png"));
  if (part.defective())
    write_png(part.mask, folder / "ground_truth" / what / (std::string(name) + "_mask.png"));
}

}  // namespace

void write_dataset(const DatasetSettings& settings, const std::function<void(int)>& progress) {
  if (settings.size < 32 || settings.size % 2 != 0)
    throw Error(ErrorCode::kSettings,
                "Pictures of " + std::to_string(settings.size) +
                    " pixels cannot be drawn: an even number of at least 32 is needed.");
  const std::vector<PartClass> kinds = classes(settings);
  std::atomic<int> next = 0;
  int done = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (int i; (i = next++) < settings.count;) {
        const PartClass& kind = kinds[static_cast<std::size_t>(i) % kinds.size()];
        PartSettings part_settings = kind.settings;
        const bool train = (static_cast<std::size_t>(i) / kinds.size()) % 3 == 2;  // a third
        if (train) part_settings.defect_share = 0;
        write_part(fs::path(settings.folder) / kind.name,
                   draw_part(part_settings, settings.seed, static_cast<std::uint64_t>(i)), train,
                   i);
        const std::lock_guard lock(mutex);
        progress(++done);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      next = settings.count;
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < std::max(1u, std::thread::hardware_concurrency()); ++t)
    threads.emplace_back(work);
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace anomalyclip::synth

#include "loop/training_set.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include <anomalyclip/error.h>

#include "common/joined.h"
#include "core/mapped_file.h"
#include "core/sha256.h"
#include "data/sample_files.h"

namespace anomalyclip::trainer {
namespace {

bool is_chosen(const Sample& sample, const std::vector<std::string>& classes) {
  return classes.empty() || std::ranges::find(classes, sample.class_name) != classes.end();
}

bool has_any_mask(const DataSet& data) {
  const auto masked = [](const Sample& sample) { return !sample.mask.empty(); };
  return std::ranges::any_of(data.test, masked) || std::ranges::any_of(data.train, masked);
}

std::string hash_of(const Sample& sample) {
  Sha256 hash;
  hash.update(MappedFile::open(sample.image)->bytes());
  const auto part = static_cast<std::byte>(sample.part);
  hash.update({&part, 1});
  return hash.hex();
}

/// What decides which tiles mosaics have.
std::string tiles_of(const TrainingImage& image) {
  return image.mosaic_group.empty() ? "" : " " + image.mosaic_group + " " + image.sample.defect;
}

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

/// What is wrong with a sample, or nothing; fills what it learns of it.
std::optional<Problem> look_at(TrainingImage& image, int size, const FeatureCache* cache) {
  FeatureCache::ImageSize pixels;
  try {
    image.hash = hash_of(image.sample);
    const auto known = cache ? cache->find(image.hash) : std::nullopt;
    if (known) {
      pixels = *known;
    } else {
      const Image decoded = load_sample(image.sample);
      pixels = {decoded.width, decoded.height};
    }
  } catch (const std::exception& error) {
    return Problem{image.sample.image, error.what()};
  }
  if (image.sample.mask.empty()) return std::nullopt;
  try {
    const Mask mask = load_mask(image.sample, size);
    if (mask.source_width != pixels.width || mask.source_height != pixels.height)
      return Problem{image.sample.mask, "a mask should be as large as its image, which has " +
                                            size_text(pixels.width, pixels.height) +
                                            " pixels, and has " +
                                            size_text(mask.source_width, mask.source_height)};
    if (!mask.empty()) image.mask.assign(mask.values.begin(), mask.values.end());
  } catch (const std::exception& error) {
    return Problem{image.sample.mask, error.what()};
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> TrainingSet::classes() const {
  std::vector<std::string> names_in_order;
  for (const TrainingImage& image : images)
    if (std::ranges::find(names_in_order, image.sample.class_name) == names_in_order.end())
      names_in_order.push_back(image.sample.class_name);
  return names_in_order;
}

std::string TrainingSet::digest() const {
  Sha256 hash;
  for (const TrainingImage& image : images) {
    const std::string line = image.hash + (image.sample.anomalous ? " 1 " : " 0 ") +
                             (image.has_mask ? "1 " : "0 ") + image.sample.class_name +
                             tiles_of(image) + "\n";
    hash.update(std::as_bytes(std::span(line)));
    std::string mask(image.mask.size(), '0');
    std::ranges::transform(image.mask, mask.begin(), [](bool bit) { return bit ? '1' : '0'; });
    hash.update(std::as_bytes(std::span(mask)));
  }
  return hash.hex();
}

TrainingSet list_samples(const std::vector<std::string>& folders, const SampleChoice& choice) {
  TrainingSet set;
  std::set<std::string> seen;
  for (const std::string& folder : folders) {
    const DataSet data = read_data_set(folder);
    const bool masks = has_any_mask(data);
    set.names.push_back(data.name);
    set.notices.insert(set.notices.end(), data.problems.begin(), data.problems.end());
    const auto add = [&](const Sample& sample, bool in_mosaics) {
      seen.insert(sample.class_name);
      if (!is_chosen(sample, choice.classes)) return;
      const bool has_mask = masks && !(sample.anomalous && sample.mask.empty());
      const std::string group = std::to_string(set.names.size()) + "/" + sample.class_name;
      set.images.push_back({sample, {}, has_mask, {}, has_mask && in_mosaics ? group : ""});
    };
    if (choice.split != SampleChoice::Split::kTest)
      for (const Sample& sample : data.train) add(sample, false);
    if (choice.split != SampleChoice::Split::kTrain)
      for (const Sample& sample : data.test) add(sample, data.layout == Layout::kMvtec);
  }
  for (const std::string& name : choice.classes)
    if (!seen.contains(name))
      throw Error(
          ErrorCode::kSettings,
          "There is no class \"" + name + "\" among the samples; there are: " + joined(seen, ", "));
  if (set.images.empty())
    throw Error(
        ErrorCode::kSettings,
        "The data holds no sample to learn from in this split; --split all takes every one");
  return set;
}

void look_at_samples(TrainingSet& set, int size, const FeatureCache* cache,
                     const std::function<void()>& done) {
  std::vector<std::optional<Problem>> faults(set.images.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const auto work = [&] {
    for (std::size_t i = next++; i < set.images.size(); i = next++) {
      faults[i] = look_at(set.images[i], size, cache);
      const std::scoped_lock lock(mutex);
      done();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) workers.emplace_back(work);
    work();
  }
  std::vector<TrainingImage> whole;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (faults[i])
      set.broken.push_back(*faults[i]);
    else
      whole.push_back(std::move(set.images[i]));
  }
  set.images = std::move(whole);
}

}  // namespace anomalyclip::trainer

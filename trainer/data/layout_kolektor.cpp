#include <algorithm>

#include <anomalyclip/error.h>

#include "data/folder.h"
#include "data/layouts.h"
#include "image/load_image.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

/// Whether the upper and the lower half of a label picture hold anything. The upper half has the rows above height / 2.
struct Halves {
  bool top = false, bottom = false;
};

Halves damaged_halves(const std::string& label) {
  const Image image = load_image(label);
  const auto middle =
      image.pixels.begin() +
      static_cast<std::ptrdiff_t>(image.pixels.size() / image.height) * (image.height / 2);
  const auto marked = [](std::uint8_t value) { return value != 0; };
  return {std::any_of(image.pixels.begin(), middle, marked),
          std::any_of(middle, image.pixels.end(), marked)};
}

std::string label_of(const fs::path& image) {
  for (const char* extension : {".bmp", ".png"}) {
    const fs::path label = image.parent_path() / (image.stem().string() + "_label" + extension);
    if (fs::exists(label)) return label.string();
  }
  return "";
}

void add_halves(const fs::path& image, DataSet& data) {
  const std::string label = label_of(image);
  if (label.empty()) {
    data.problems.push_back({image.string(), "its label was expected as " + image.stem().string() +
                                                 "_label.bmp and is not there; it is left out"});
    return;
  }
  Halves damaged;
  try {
    damaged = damaged_halves(label);
  } catch (const Error& error) {
    data.problems.push_back({label, std::string(error.what()) + "; its image is left out"});
    return;
  }
  for (const Part part : {Part::kTopHalf, Part::kBottomHalf}) {
    const bool anomalous = part == Part::kTopHalf ? damaged.top : damaged.bottom;
    data.test.push_back({image.string(), anomalous ? label : "", "electrical commutators",
                         anomalous ? "defect" : "good", anomalous, part});
  }
}

}  // namespace

DataSet read_kolektor(const fs::path& root) {
  DataSet data;
  for (const fs::path& item : sub_folders(root)) {
    if (!lower(item.filename().string()).starts_with("kos")) {
      data.problems.push_back({item.string(), "a folder kosNN was expected; it is left out"});
      continue;
    }
    for (const fs::path& image : images_in(item, data.problems))
      if (!image.stem().string().ends_with("_label")) add_halves(image, data);
  }
  name_stray_images(root, data.problems);
  return data;
}

}  // namespace anomalyclip::trainer

#include "data/folder.h"
#include "data/layouts.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

void read_defect(const fs::path& class_folder, const fs::path& folder,
                 const std::string& class_name, std::vector<Sample>& samples,
                 std::vector<Problem>& problems) {
  const std::string defect = folder.filename().string();
  const bool anomalous = !means_good(defect);
  const std::vector<fs::path> images = images_in(folder, problems);
  if (images.empty()) problems.push_back({folder.string(), "this folder holds no image"});
  std::vector<std::string> masks(images.size());
  const fs::path truth = class_folder / "ground_truth";
  if (anomalous && fs::is_directory(truth)) {
    const fs::path mask_folder = truth / defect;
    const auto files =
        fs::is_directory(mask_folder) ? images_in(mask_folder, problems) : std::vector<fs::path>{};
    masks = pair_masks(images, files, mask_folder, problems);
  }
  for (std::size_t i = 0; i < images.size(); ++i)
    samples.push_back({images[i].string(), masks[i], class_name, defect, anomalous});
}

/// Masks whose images are not there.
void name_orphaned_masks(const fs::path& class_folder, std::vector<Problem>& problems) {
  if (!fs::is_directory(class_folder / "ground_truth")) return;
  for (const fs::path& folder : sub_folders(class_folder / "ground_truth")) {
    const fs::path name = folder.filename();
    if (!fs::is_directory(class_folder / "test" / name) &&
        !fs::is_directory(class_folder / "train" / name))
      problems.push_back(
          {folder.string(),
           "masks without images: " + (class_folder / "test" / name).string() + " is not there"});
  }
}

void read_class(const fs::path& folder, DataSet& data) {
  const std::string class_name = name_of(folder);
  for (const char* phase : {"train", "test"}) {
    if (!fs::is_directory(folder / phase)) continue;
    auto& samples = phase[1] == 'r' ? data.train : data.test;
    for (const fs::path& defect : sub_folders(folder / phase))
      read_defect(folder, defect, class_name, samples, data.problems);
    name_stray_images(folder / phase, data.problems);
  }
  name_orphaned_masks(folder, data.problems);
  name_stray_folders(folder, {"train", "test", "ground_truth"}, data.problems);
  name_stray_images(folder, data.problems);
}

}  // namespace

DataSet read_mvtec(const fs::path& root) {
  DataSet data;
  if (fs::is_directory(root / "test")) {
    read_class(root, data);
    return data;
  }
  for (const fs::path& folder : sub_folders(root)) {
    if (fs::is_directory(folder / "test") || fs::is_directory(folder / "train"))
      read_class(folder, data);
    else
      data.problems.push_back(
          {folder.string(), "a class was expected, with a folder test; it is left out"});
  }
  return data;
}

}  // namespace anomalyclip::trainer

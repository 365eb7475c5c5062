#include "data/folder.h"
#include "data/layouts.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

/// A folder is a kind of sample; nothing of it was trained on.
void read_kind(const fs::path& folder, const std::string& class_name, bool anomalous,
               const fs::path& mask_folder, DataSet& data) {
  const std::vector<fs::path> images = images_in(folder, data.problems);
  if (images.empty()) data.problems.push_back({folder.string(), "this folder holds no image"});
  std::vector<std::string> masks(images.size());
  if (anomalous && fs::is_directory(mask_folder.parent_path())) {
    const auto files = fs::is_directory(mask_folder) ? images_in(mask_folder, data.problems)
                                                     : std::vector<fs::path>{};
    masks = pair_masks(images, files, mask_folder, data.problems);
  }
  const std::string kind = folder.filename().string();
  for (std::size_t i = 0; i < images.size(); ++i)
    data.test.push_back({images[i].string(), masks[i], class_name, kind, anomalous});
}

}  // namespace

DataSet read_good_and_other(const fs::path& root) {
  DataSet data;
  for (const fs::path& folder : sub_folders(root)) {
    const std::string kind = folder.filename().string();
    if (kind == "ground_truth") continue;
    read_kind(folder, name_of(root), !means_good(kind), root / "ground_truth" / kind, data);
  }
  name_stray_images(root, data.problems);
  return data;
}

DataSet read_yes_no(const fs::path& root) {
  DataSet data;
  const fs::path below = root / "brain_tumor_dataset";
  const fs::path folder = fs::is_directory(below) ? below : root;
  for (const char* kind : {"no", "yes"})
    read_kind(folder / kind, "brain", kind[0] == 'y', {}, data);
  // BrainMRI's archive holds its pictures twice; Br35H's has more that are not labelled.
  if (folder == root)
    name_stray_folders(root, {"no", "yes"}, data.problems);
  else
    name_stray_folders(root, {"brain_tumor_dataset", "no", "yes"}, data.problems);
  name_stray_images(folder, data.problems);
  return data;
}

DataSet read_chest(const fs::path& root) {
  DataSet data;
  for (const fs::path& folder : sub_folders(root)) {
    const std::string kind = lower(folder.filename().string());
    if (kind == "normal" || kind.starts_with("covid"))
      read_kind(folder, "chest", kind != "normal", {}, data);
    else
      data.problems.push_back({folder.string(),
                               "only NORMAL and COVID are compared (paper Table 6); "
                               "it is left out"});
  }
  name_stray_images(root, data.problems);
  return data;
}

}  // namespace anomalyclip::trainer

#include "data/folder.h"
#include "data/layouts.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

struct Kind {
  std::vector<fs::path> images;
  std::string name;
};

/// Images of several folders whose masks lie in one.
void add_with_masks(const std::vector<Kind>& kinds, const fs::path& mask_folder,
                    const std::string& class_name, std::vector<Sample>& samples,
                    std::vector<Problem>& problems) {
  std::vector<fs::path> anomalous;
  for (const Kind& kind : kinds)
    if (!means_good(kind.name))
      anomalous.insert(anomalous.end(), kind.images.begin(), kind.images.end());
  std::vector<std::string> masks(anomalous.size());
  if (fs::is_directory(mask_folder))
    masks = pair_masks(anomalous, images_in(mask_folder, problems), mask_folder, problems);
  else
    problems.push_back({mask_folder.string(),
                        "masks were expected here, and there is no such "
                        "folder; only image scores can be judged"});
  std::size_t next = 0;
  for (const Kind& kind : kinds)
    for (const fs::path& image : kind.images) {
      const bool bad = !means_good(kind.name);
      samples.push_back({image.string(), bad ? masks[next++] : "", class_name, kind.name, bad});
    }
}

std::vector<Kind> kinds_of(const std::vector<fs::path>& folders, std::vector<Problem>& problems) {
  std::vector<Kind> kinds;
  for (const fs::path& folder : folders) {
    kinds.push_back({images_in(folder, problems), folder.filename().string()});
    if (kinds.back().images.empty())
      problems.push_back({folder.string(), "this folder holds no image"});
  }
  return kinds;
}

}  // namespace

DataSet read_isic(const fs::path& root) {
  DataSet data;
  const fs::path skin = root / "skin";
  const fs::path masks = skin / "ISBI2016_ISIC_Part1_Test_GroundTruth";
  if (fs::is_directory(skin / "test")) {
    add_with_masks(kinds_of(sub_folders(skin / "test"), data.problems), masks, "skin", data.test,
                   data.problems);
    name_stray_images(skin / "test", data.problems);
  } else {
    data.problems.push_back({(skin / "test").string(), "folders of images were expected here"});
  }
  return data;
}

DataSet read_images_masks(const fs::path& root) {
  DataSet data;
  std::vector<fs::path> folders = sub_folders(root);
  std::erase(folders, root / "masks");
  add_with_masks(kinds_of(folders, data.problems), root / "masks", "colon", data.test,
                 data.problems);
  name_stray_images(root, data.problems);
  return data;
}

DataSet read_thyroid(const fs::path& root) {
  DataSet data;
  add_with_masks(kinds_of({root / "test-image"}, data.problems), root / "test-mask", "thyroid",
                 data.test, data.problems);
  if (fs::is_directory(root / "trainval-image"))
    add_with_masks(kinds_of({root / "trainval-image"}, data.problems), root / "trainval-mask",
                   "thyroid", data.train, data.problems);
  name_stray_folders(root, {"test-image", "test-mask", "trainval-image", "trainval-mask"},
                     data.problems);
  name_stray_images(root, data.problems);
  return data;
}

}  // namespace anomalyclip::trainer

#include "data/folder.h"
#include "data/layouts.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

/// The folder as it is written there. (The reference writes `Train` and `Test` into its table and then looks for `test`.)
fs::path find_phase(const fs::path& folder, const char* phase) {
  for (const fs::path& entry : sub_folders(folder))
    if (lower(entry.filename().string()) == phase) return entry;
  return {};
}

void read_phase(const fs::path& phase, const std::string& class_name, std::vector<Sample>& samples,
                std::vector<Problem>& problems) {
  const fs::path label_folder = phase / "Label";
  name_stray_folders(phase, {"Label"}, problems);
  std::vector<Problem> other;  // sub-folders are named above
  const std::vector<fs::path> images = images_in(phase, other);
  std::vector<fs::path> labels;
  if (fs::is_directory(label_folder)) labels = images_in(label_folder, other);
  for (Problem& problem : other)
    if (!fs::is_directory(problem.file) && !lower(problem.file).ends_with(".txt"))
      problems.push_back(std::move(problem));

  // A good part is one without a label file: that is no problem here.
  std::vector<Problem> unpaired;
  const std::vector<std::string> masks =
      labels.empty() ? std::vector<std::string>(images.size())
                     : pair_masks(images, labels, label_folder, unpaired, Pairing::kByName);
  for (Problem& problem : unpaired)
    if (fs::path(problem.file).parent_path() == label_folder)
      problems.push_back(std::move(problem));
  for (std::size_t i = 0; i < images.size(); ++i) {
    const bool anomalous = !masks[i].empty();
    samples.push_back(
        {images[i].string(), masks[i], class_name, anomalous ? "defect" : "good", anomalous});
  }
}

void read_class(const fs::path& folder, DataSet& data) {
  const fs::path train = find_phase(folder, "train"), test = find_phase(folder, "test");
  if (train.empty() && test.empty()) {
    data.problems.push_back(
        {folder.string(), "a class was expected, with folders Train and Test; it is left out"});
    return;
  }
  if (!train.empty()) read_phase(train, name_of(folder), data.train, data.problems);
  if (!test.empty()) read_phase(test, name_of(folder), data.test, data.problems);
  name_stray_folders(folder, {train.filename().string(), test.filename().string()}, data.problems);
}

}  // namespace

DataSet read_dagm(const fs::path& root) {
  DataSet data;
  if (!find_phase(root, "test").empty()) {
    read_class(root, data);
    return data;
  }
  for (const fs::path& folder : sub_folders(root)) read_class(folder, data);
  name_stray_images(root, data.problems);
  return data;
}

}  // namespace anomalyclip::trainer

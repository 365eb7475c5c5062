#include <algorithm>

#include "data/folder.h"
#include "data/layouts.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

bool is_mvtec_class(const fs::path& folder) {
  return fs::is_directory(folder / "test");
}

bool is_dagm_class(const fs::path& folder) {
  return fs::is_directory(folder / "Test") || fs::is_directory(folder / "Train") ||
         fs::is_directory(folder / "test" / "Label");
}

bool is_kolektor_item(const fs::path& folder) {
  return lower(folder.filename().string()).starts_with("kos") &&
         (fs::exists(folder / "Part0.jpg") || fs::exists(folder / "Part0_label.bmp"));
}

bool is_yes_no(const fs::path& folder) {
  return fs::is_directory(folder / "no") && fs::is_directory(folder / "yes");
}

bool is_chest(const std::vector<fs::path>& folders) {
  const auto starts = [&](const char* with) {
    return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
      return lower(folder.filename().string()).starts_with(with);
    });
  };
  return starts("normal") && starts("covid");
}

}  // namespace

bool means_good(const std::string& folder_name) {
  const std::string name = lower(folder_name);
  return name == "good" || name == "ok" || name == "normal";
}

Layout recognise_layout(const fs::path& root) {
  const std::vector<fs::path> folders = sub_folders(root);
  const auto any = [&](auto&& fits) { return std::any_of(folders.begin(), folders.end(), fits); };
  if (fs::exists(root / "meta.json")) return Layout::kMetaJson;
  if (fs::exists(root / "split_csv" / "1cls.csv")) return Layout::kVisa;
  if (fs::is_directory(root / "test-image")) return Layout::kThyroid;
  if (is_yes_no(root) || is_yes_no(root / "brain_tumor_dataset")) return Layout::kYesNo;
  if (is_chest(folders)) return Layout::kChest;
  if (fs::is_directory(root / "skin" / "ISBI2016_ISIC_Part1_Test_GroundTruth"))
    return Layout::kIsic;
  if (any(is_kolektor_item)) return Layout::kKolektor;
  if (is_dagm_class(root) || any(is_dagm_class)) return Layout::kDagm;
  if (is_mvtec_class(root) || any(is_mvtec_class)) return Layout::kMvtec;
  if (fs::is_directory(root / "masks")) return Layout::kImagesMasks;
  if (any([](const fs::path& folder) { return means_good(folder.filename().string()); }))
    return Layout::kGoodAndOther;
  return Layout::kAutomatic;
}

}  // namespace anomalyclip::trainer

#include "data/data_set.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <anomalyclip/error.h>

#include "data/folder.h"
#include "data/layouts.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

struct LayoutReader {
  Layout layout;
  const char* name;
  DataSet (*read)(const fs::path& root);
};

constexpr std::array kReaders = {
    LayoutReader{Layout::kAutomatic, "automatic", nullptr},
    LayoutReader{Layout::kMetaJson, "meta.json", read_meta_json},
    LayoutReader{Layout::kMvtec, "mvtec", read_mvtec},
    LayoutReader{Layout::kVisa, "visa", read_visa},
    LayoutReader{Layout::kDagm, "dagm", read_dagm},
    LayoutReader{Layout::kKolektor, "kolektor", read_kolektor},
    LayoutReader{Layout::kIsic, "isic", read_isic},
    LayoutReader{Layout::kImagesMasks, "images-masks", read_images_masks},
    LayoutReader{Layout::kThyroid, "thyroid", read_thyroid},
    LayoutReader{Layout::kYesNo, "yes-no", read_yes_no},
    LayoutReader{Layout::kChest, "chest", read_chest},
    LayoutReader{Layout::kGoodAndOther, "good-and-other", read_good_and_other},
};

const LayoutReader& reader_of(Layout layout) {
  return *std::find_if(kReaders.begin(), kReaders.end(),
                       [&](const LayoutReader& reader) { return reader.layout == layout; });
}

std::string what_is_there(const fs::path& root) {
  std::string names;
  const std::vector<fs::path> folders = sub_folders(root);
  for (std::size_t i = 0; i < folders.size() && i < 6; ++i)
    names += (i ? ", " : "") + folders[i].filename().string() + "/";
  if (folders.size() > 6) names += " and " + std::to_string(folders.size() - 6) + " more";
  return names.empty() ? "no folder" : names;
}

[[noreturn]] void refuse(const fs::path& root) {
  throw Error(
      ErrorCode::kRead,
      "the layout of the data set " + root.string() +
          " is not known: expected CLASS/test/DEFECT/ (MVTec AD), split_csv/1cls.csv (VisA), "
          "meta.json, good/ and other folders, or a layout of the paper's data sets "
          "(docs/evaluation.md); found " +
          what_is_there(root) + ". To name a layout, use --layout");
}

void require_samples(const DataSet& data, const fs::path& root, Layout layout) {
  if (!data.test.empty() || !data.train.empty()) return;
  std::string message = "the data set " + root.string() + ", read as " + to_string(layout) +
                        ", has no image that could be used";
  for (std::size_t i = 0; i < data.problems.size() && i < 3; ++i)
    message += "; " + data.problems[i].file + ": " + data.problems[i].what;
  throw Error(ErrorCode::kRead, message);
}

}  // namespace

std::vector<std::string> DataSet::classes() const {
  std::vector<std::string> names;
  for (const Sample& sample : test)
    if (std::find(names.begin(), names.end(), sample.class_name) == names.end())
      names.push_back(sample.class_name);
  return names;
}

const char* to_string(Layout layout) {
  return reader_of(layout).name;
}

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> kLayouts = [] {
    std::vector<Layout> all;
    for (const LayoutReader& reader : kReaders) all.push_back(reader.layout);
    return all;
  }();
  return kLayouts;
}

DataSet read_data_set(const std::string& folder, Layout layout) {
  const fs::path root(folder);
  if (!fs::exists(root))
    throw Error(ErrorCode::kNotFound, "the data set " + folder + " is not there");
  if (!fs::is_directory(root))
    throw Error(ErrorCode::kNotFound,
                "the data set " + folder + " should be a folder, and is a file");
  if (layout == Layout::kAutomatic) layout = recognise_layout(root);
  if (layout == Layout::kAutomatic) refuse(root);
  DataSet data = reader_of(layout).read(root);
  data.name = name_of(root);
  data.layout = layout;
  require_samples(data, root, layout);
  return data;
}

}  // namespace anomalyclip::trainer

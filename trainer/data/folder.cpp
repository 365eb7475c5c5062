#include "data/folder.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "common/image_list.h"

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

bool hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "Thumbs.db" || name == "__MACOSX";
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!hidden(entry.path())) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// "007_mask" -> "007": what an image and its mask have in common.
std::string stem_without_ending(const fs::path& mask) {
  static constexpr std::array kEndings = {"_mask",         "-mask", "_label",
                                          "_segmentation", "_gt",   "_groundtruth"};
  const std::string stem = lower(mask.stem().string());
  for (const std::string_view ending : kEndings)
    if (stem.ends_with(ending) && stem.size() > ending.size())
      return stem.substr(0, stem.size() - ending.size());
  return stem;
}

std::vector<std::string> pair_by_order(const std::vector<fs::path>& masks) {
  std::vector<std::string> paired;
  for (const fs::path& mask : masks) paired.push_back(mask.string());
  return paired;
}

}  // namespace

std::string name_of(const fs::path& folder) {
  const fs::path clean = fs::weakly_canonical(folder);
  return clean.has_filename() ? clean.filename().string() : clean.parent_path().filename().string();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<fs::path> sub_folders(const fs::path& folder) {
  std::vector<fs::path> folders = entries_of(folder);
  std::erase_if(folders, [](const fs::path& entry) { return !fs::is_directory(entry); });
  return folders;
}

std::vector<fs::path> images_in(const fs::path& folder, std::vector<Problem>& problems) {
  std::vector<fs::path> images;
  for (const fs::path& entry : entries_of(folder)) {
    if (fs::is_directory(entry))
      problems.push_back({entry.string(),
                          "images were expected here and this is a folder; it is "
                          "left out"});
    else if (!has_image_extension(entry.string()))
      problems.push_back({entry.string(),
                          "an image was expected (png, jpg, bmp, tif, webp, pgm); "
                          "it is left out"});
    else
      images.push_back(entry);
  }
  return images;
}

void name_stray_folders(const fs::path& folder, std::initializer_list<std::string_view> known,
                        std::vector<Problem>& problems) {
  for (const fs::path& entry : sub_folders(folder))
    if (std::find(known.begin(), known.end(), entry.filename().string()) == known.end())
      problems.push_back(
          {entry.string(), "this folder has no place in the layout; it is left out"});
}

void name_stray_images(const fs::path& folder, std::vector<Problem>& problems) {
  for (const fs::path& entry : entries_of(folder))
    if (!fs::is_directory(entry) && has_image_extension(entry.string()))
      problems.push_back({entry.string(),
                          "this image lies outside of the layout's folders; it is "
                          "left out"});
}

std::vector<std::string> pair_masks(const std::vector<fs::path>& images,
                                    const std::vector<fs::path>& masks, const fs::path& mask_folder,
                                    std::vector<Problem>& problems, Pairing pairing) {
  std::map<std::string, fs::path> by_stem;
  for (const fs::path& mask : masks) by_stem.emplace(stem_without_ending(mask), mask);
  std::vector<std::string> paired(images.size());
  std::set<fs::path> used;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto found = by_stem.find(lower(images[i].stem().string()));
    if (found == by_stem.end()) continue;
    paired[i] = found->second.string();
    used.insert(found->second);
  }
  if (pairing == Pairing::kByNameElseOrder && used.empty() && images.size() == masks.size())
    return pair_by_order(masks);
  for (std::size_t i = 0; i < images.size(); ++i)
    if (paired[i].empty())
      problems.push_back(
          {images[i].string(),
           "its mask was expected as " +
               (mask_folder / (images[i].stem().string() + "_mask.png")).string() +
               " (or without _mask) and is not there; it counts for the image scores "
               "only"});
  for (const fs::path& mask : masks)
    if (!used.contains(mask))
      problems.push_back({mask.string(), "this mask has no image of its name; it is left out"});
  return paired;
}

}  // namespace anomalyclip::trainer

#include "common/image_list.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <glob.h>
#include <memory>
#include <set>

#include <anomalyclip/error.h>

namespace anomalyclip::trainer {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> images_below(const fs::path& folder) {
  std::vector<std::string> images;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink))
    if (entry.is_regular_file() && has_image_extension(entry.path().string()))
      images.push_back(entry.path().string());
  if (images.empty())
    throw Error(ErrorCode::kNotFound, "the folder " + folder.string() +
                                          " holds no image (png, jpg, bmp, tif, webp, pgm)");
  std::sort(images.begin(), images.end());
  return images;
}

std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, decltype(&globfree)> owner(&found, globfree);
  if (glob(pattern.c_str(), 0, nullptr, &found) != 0) return {};
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

std::vector<std::string> expand(const std::string& argument) {
  if (fs::is_directory(argument)) return images_below(argument);
  if (fs::exists(argument)) return {argument};
  std::vector<std::string> images;
  for (const std::string& match : matches_of(argument)) {
    const auto expanded = fs::is_directory(match) ? images_below(match) : std::vector{match};
    images.insert(images.end(), expanded.begin(), expanded.end());
  }
  if (images.empty())
    throw Error(ErrorCode::kNotFound, "no such image, folder or pattern: " + argument);
  return images;
}

}  // namespace

bool has_image_extension(const std::string& path) {
  static constexpr std::array kExtensions = {".png",  ".jpg",  ".jpeg", ".bmp", ".tif",
                                             ".tiff", ".webp", ".pgm",  ".ppm"};
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::vector<std::string> list_images(const std::vector<std::string>& arguments) {
  std::vector<std::string> images;
  std::set<std::string> seen;
  for (const std::string& argument : arguments)
    for (const std::string& image : expand(argument))
      if (seen.insert(image).second) images.push_back(image);
  return images;
}

}  // namespace anomalyclip::trainer

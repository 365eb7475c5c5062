#include "score/heatmap_files.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <anomalyclip/draw.h>

#include "image/save_png.h"

namespace anomalyclip::trainer {

namespace fs = std::filesystem;

std::string common_folder(const std::vector<std::string>& images) {
  fs::path common = fs::absolute(images.front()).parent_path();
  for (const std::string& image : images) {
    const fs::path folder = fs::absolute(image).parent_path();
    fs::path shared;
    for (auto a = common.begin(), b = folder.begin();
         a != common.end() && b != folder.end() && *a == *b; ++a, ++b)
      shared /= *a;
    common = shared;
  }
  return common.string();
}

std::string heatmap_path(const std::string& folder, const std::string& image,
                         const std::string& root) {
  std::string name = fs::absolute(image).lexically_relative(root).replace_extension().string();
  std::replace(name.begin(), name.end(), '/', '_');
  return (fs::path(folder) / (name + ".png")).string();
}

void save_heatmap(const std::string& path, const Image& image, const AnomalyResult& result) {
  Image picture = to_rgb_image(image.view());
  OverlayStyle style;
  style.overlay = Overlay::kBoth;
  style.pixel_threshold = result.pixel_threshold;
  style.verdict = result.verdict;
  char label[32];
  std::snprintf(label, sizeof label, "%.3f", result.score);
  style.label = label;
  const MapView map{result.map->values, result.map->width, result.map->height, result.map->covers};
  draw_overlay(picture.writable(), map, result.regions, style);
  save_png(path, picture.view());
}

}  // namespace anomalyclip::trainer

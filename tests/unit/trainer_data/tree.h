#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>

#include "data/data_set.h"
#include "image/load_image.h"
#include "image/save_png.h"
#include "temporary_folder.h"

namespace anomalyclip::testing {

/// A made-up data set: empty files wherever a test wants some.
class Tree {
 public:
  explicit Tree(std::initializer_list<std::string> files) {
    for (const std::string& file : files) write(file, "");
  }

  std::string path(const std::string& file = "") const { return folder_.file(file); }

  void write(const std::string& file, std::string_view bytes) {
    std::filesystem::create_directories(std::filesystem::path(path(file)).parent_path());
    folder_.write(file, bytes);
  }

  /// A grey picture: `rows` from `first_row` are white, the rest black.
  void draw(const std::string& file, int width, int height, int first_row, int rows) {
    std::filesystem::create_directories(std::filesystem::path(path(file)).parent_path());
    Image image{PixelFormat::kGRAY8, width, height, std::vector<std::uint8_t>(width * height)};
    for (int i = first_row * width; i < (first_row + rows) * width; ++i) image.pixels[i] = 255;
    save_png(path(file), image.view());
  }

  trainer::DataSet read(trainer::Layout layout = trainer::Layout::kAutomatic) const {
    return trainer::read_data_set(folder_.path(), layout);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace anomalyclip::testing

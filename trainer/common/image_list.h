#pragma once

#include <string>
#include <vector>

namespace anomalyclip::trainer {

/// The image files that arguments name, in a stable order, each once: a file stands for itself, a folder for all
/// images below it (by their extension: png jpg jpeg bmp tif tiff webp pgm ppm), a pattern (`*?[`) for what it matches.
/// @throws Error kNotFound (an argument that names nothing: says which)
std::vector<std::string> list_images(const std::vector<std::string>& arguments);

/// Whether the name ends like an image that can be read, in any case.
bool has_image_extension(const std::string& path);

}  // namespace anomalyclip::trainer

#pragma once

#include <string>

#include <anomalyclip/engine.h>
#include <anomalyclip/result.h>

#include "image/load_image.h"

namespace anomalyclip::trainer {

/// Where the picture of `image`, one of `images` below their common folder `root`, goes: `folder`/name.png, with the
/// sub-folders' names joined by `_`, so that good/000.png and crack/000.png do not overwrite each other.
std::string heatmap_path(const std::string& folder, const std::string& image,
                         const std::string& root);

/// The deepest folder that holds all of these files.
std::string common_folder(const std::vector<std::string>& images);

/// Draws heatmap, contours and score over the image at its own size and writes a PNG.
/// @throws Error
void save_heatmap(const std::string& path, const Image& image, const AnomalyResult& result);

}  // namespace anomalyclip::trainer

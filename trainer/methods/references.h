#pragma once

#include <string>
#include <vector>

#include <anomalyclip/prompts.h>

#include "model/vision_transformer.h"

namespace anomalyclip::trainer {

/// Puts the features of good images into the prompts, for winclip and vand to compare with: WinCLIP+, and VAND's
/// few-shot mode. What the prompts held before goes.
/// @param images  paths; any number, each adds to the size of the file and to the time of a frame
/// @throws Error kSettings (a method that has no references, no image), kNotFound, kRead (an image)
void set_references(Prompts& prompts, const VisionTransformer& vision,
                    const std::vector<std::string>& images);

}  // namespace anomalyclip::trainer

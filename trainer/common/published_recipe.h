#pragma once

#include <anomalyclip/prompts.h>

#include "model/clip_config.h"

namespace anomalyclip::trainer {

/// How the published prompts look at an image, for a model of any size: local path from a quarter of the way up
/// ("DPAM_layer=20" of the reference is layer 6 of 24), last layer tapped, the multiple of the patch nearest to 518
/// pixels. Without text features, words and fingerprint.
Prompts published_recipe(const ClipConfig& model);

}  // namespace anomalyclip::trainer

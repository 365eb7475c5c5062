#pragma once

#include "model/vision_request.h"

namespace anomalyclip {

/// Which tokens of a layer's output somebody reads.
enum class Rows { kNone, kClassToken, kAll };

/// What a request makes one layer compute; nothing else is computed.
struct LayerNeeds {
  bool local = false;           ///< the local path, for every attention kind
  Rows original = Rows::kNone;  ///< the original path
};

/// The last layer that has to run at all: later ones change only the class token, which may not be
/// asked for.
int last_layer(const VisionRequest& request, int vision_layers);

/// @param layer  from 1
LayerNeeds layer_needs(const VisionRequest& request, int vision_layers, int layer);

}  // namespace anomalyclip

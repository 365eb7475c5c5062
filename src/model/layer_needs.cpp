#include "model/layer_needs.h"

namespace anomalyclip {

int last_layer(const VisionRequest& request, int vision_layers) {
  return request.want_global ? vision_layers : request.features.back();
}

LayerNeeds layer_needs(const VisionRequest& request, int vision_layers, int layer) {
  const int last = last_layer(request, vision_layers);
  const int last_tap = request.features.empty() ? 0 : request.features.back();
  const bool dpam = request.has_dpam_at(layer);
  const bool taps_original = !dpam || request.has(AttentionKind::kQK);

  LayerNeeds needs;
  needs.local = dpam && layer <= last_tap;
  if (layer < last || (layer == last_tap && taps_original))
    needs.original =
        Rows::kAll;  // the next layer's keys and values, or the tapped tokens themselves
  else if (layer == last && request.want_global)
    needs.original = Rows::kClassToken;
  return needs;
}

}  // namespace anomalyclip

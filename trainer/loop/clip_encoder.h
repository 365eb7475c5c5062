#pragma once

#include <memory>
#include <string>

#include <anomalyclip/engine.h>

#include "core/weights.h"
#include "loop/trainable_method.h"

namespace anomalyclip::trainer {

/// What training reads off the image tower for prompts like these: their tapped layers, and the global feature.
VisionRequest training_request(const Prompts& prompts);

/// Encodes as the engine does, with the same image tower.
class ClipEncoder : public FeatureEncoder {
 public:
  /// @param precision  resolved, not kAuto
  /// @throws Error kMismatch, kNotFinite, kSettings (the size is not a multiple of the model's patch: says the nearest)
  ClipEncoder(const Weights& weights, VisionRequest request, int image_size, at::Device device,
              Precision precision);

  VisionFeatures encode(const at::Tensor& images) const override;
  std::string recipe() const override { return recipe_; }
  int image_size() const override { return image_size_; }
  at::Device device() const override { return tower_->device(); }

 private:
  std::unique_ptr<const VisionTransformer> tower_;
  VisionRequest request_;
  int image_size_;
  std::string recipe_;
};

}  // namespace anomalyclip::trainer

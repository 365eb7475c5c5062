#pragma once

#include <memory>
#include <string>

#include <c10/core/Device.h>

#include <anomalyclip/engine.h>

#include "core/weights.h"
#include "model/vision_transformer.h"

namespace anomalyclip {

/// A model as an engine runs it.
struct LoadedTower {
  std::unique_ptr<const VisionTransformer> vision;
  Weights weights;          ///< the file that it was made of
  std::string cache_fault;  ///< ModelInfo::cache_fault
};

/// Reads the model file, and packs its blocks or maps them from the cache folder, if there is one. The folder spares
/// work: no fault of it is an error.
/// @param precision  not kAuto
/// @throws Error as load_model() and VisionTransformer
LoadedTower load_tower(const EngineConfig& config, c10::Device device, Precision precision);

}  // namespace anomalyclip

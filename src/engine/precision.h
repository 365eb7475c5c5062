#pragma once

#include <memory>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <anomalyclip/engine.h>

#include "model/vision_transformer.h"

namespace anomalyclip {

/// The fastest that gives the reference's numbers within 1e-4: bf16x3 on a CPU with AMX, float32 elsewhere.
Precision exact_precision(c10::Device device);

/// What was asked for; kAuto is the fastest that finds as well as float32 does (docs/performance.md): bfloat16 on a CPU that
/// multiplies it, float32 elsewhere.
/// @throws Error kSettings (this device cannot run it: says which ones it can)
Precision resolve_precision(Precision asked, c10::Device device);

/// The image tower in this precision.
/// @param precision  not kAuto: see resolve_precision()
/// @param packed  as VisionTransformer's
/// @throws Error as VisionTransformer
std::unique_ptr<const VisionTransformer> make_vision(const Weights& weights, c10::Device device,
                                                     Precision precision,
                                                     const PackedFile* packed = nullptr);

/// Whether a tower of this width runs on blocks (cpu::BlockedLayer).
bool runs_in_blocks(Precision precision, c10::Device device, std::int64_t vision_width);

/// What make_vision() packs, for a file; empty where it packs nothing that could lie in one.
/// @param precision  not kAuto
std::vector<PackedSection> packed_sections(const ClipConfig& config, c10::Device device,
                                           Precision precision);

/// Of the matrices.
/// @param precision  not kAuto
c10::ScalarType scalar_type(Precision precision);

}  // namespace anomalyclip

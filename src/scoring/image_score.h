#pragma once

#include <ATen/core/Tensor.h>

#include <anomalyclip/prompts.h>

namespace anomalyclip {

inline bool needs_global(ScoreMode mode) {
  return mode != ScoreMode::kMap;
}
inline bool needs_map(ScoreMode mode) {
  return mode != ScoreMode::kGlobal;
}

/// The abnormal probability of the whole image (paper section 3.2).
/// @param global  [B, D] float32, not normalised
/// @param text    [2, D] unit rows
/// @returns [B] in [0, 1]
at::Tensor global_score(const at::Tensor& global, const at::Tensor& text, double temperature);

/// The mean of the largest 0.1 % of the map's values, of one value at least: what a small defect
/// leaves.
/// @param map  [B, height, width]
/// @returns [B]
at::Tensor map_score(const at::Tensor& map);

/// The image score of any method.
/// @param own  [B] the method's own; not read in mode kMap
/// @param map  see map_score(); not read in mode kGlobal
/// @returns [B] in [0, 1]
at::Tensor image_score(ScoreMode mode, const at::Tensor& own, const at::Tensor& map);

/// The same, where the method's own is global_score().
/// @param global  see global_score(); not read in mode kMap
/// @param map     see map_score(); not read in mode kGlobal
/// @returns [B] in [0, 1]
at::Tensor image_score(ScoreMode mode, const at::Tensor& global, const at::Tensor& text,
                       double temperature, const at::Tensor& map);

}  // namespace anomalyclip

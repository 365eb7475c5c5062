#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace anomalyclip {

/// For every patch the harmonic mean of the scores of the windows that cover it: one window that
/// finds it normal outweighs several that do not (WinCLIP, section 4.2). A score of 0 makes it 0.
/// @param scores  [B, n * n], not negative: square windows of `side` patches, one patch apart, row
///                by row; n = grid - side + 1
/// @returns [B, grid, grid]
at::Tensor harmonic_mean_over_windows(const at::Tensor& scores, std::int64_t side,
                                      std::int64_t grid);

/// The harmonic mean of several maps, element by element.
/// @param maps  at least one, not negative, of shapes that broadcast
at::Tensor harmonic_mean(const std::vector<at::Tensor>& maps);

}  // namespace anomalyclip

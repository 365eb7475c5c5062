#pragma once

#include <optional>
#include <vector>

#include <anomalyclip/prompts.h>

#include "model/attention.h"
#include "model/dpam_attention.h"

namespace anomalyclip {

/// What both paths of a DPAM layer collect, out of one attention.
struct StackedPaths {
  at::Tensor collected;                  ///< [2, tokens, width]
  std::int64_t original = 0, local = 1;  ///< which of them is which
};

/// attend() of the original path's heads and of the local path's in one call, stacked as two images. Q, K and V are parts of
/// one projection, so the stacks are views of it: a step from one path to the other in memory, nothing is copied.
/// @param attending  query, key or value of `heads`: what attends to itself on the local path
/// @returns nothing where no such view is: several images (each path then has work enough for a GPU, and stacking would
///          copy Q, K and V for every layer), parts that lie in no order, or an attention of libtorch's that refuses such views
std::optional<StackedPaths> attend_stacked(const Heads& heads, const at::Tensor& attending);

/// dpam_layer() for one kind of attention where the whole original path is needed, with attend_stacked() and one output
/// projection for both paths.
/// @param heads  Q, K and V of x.original
std::optional<DualPath> stacked_dpam_layer(const ResidualBlock& block, const DualPath& x,
                                           const Heads& heads, const at::Tensor& attending);

}  // namespace anomalyclip

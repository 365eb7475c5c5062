#pragma once

#include <cstdint>
#include <vector>

#include "image/pillow_resize.h"

namespace anomalyclip {

/// Which samples of one axis make one result: a run of them, each with its weight.
struct ResizeWindow {
  std::int32_t first, count;
  std::int32_t weights;  ///< index of the first of its weights
};

/// One axis of Pillow's resize.
struct ResizeAxis {
  std::vector<ResizeWindow> windows;  ///< one for each result
  std::vector<std::int32_t> weights;  ///< 2^22 for one
};

/// An axis whose size does not change gets weights of exactly one: the pass that Pillow skips is an exact copy.
ResizeAxis resize_axis(int in, int out, PillowFilter filter);

}  // namespace anomalyclip

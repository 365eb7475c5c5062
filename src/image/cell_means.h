#pragma once

#include <cstdint>
#include <vector>

#include <anomalyclip/frame.h>

#include "image/cells_element.h"

namespace anomalyclip {

/// The means of the cells of a part of a frame in host memory, 0 to 65280: for each row of cells of a plane, channel after
/// channel.
/// @param part   inside the frame
/// @param means  emptied before
void cell_means(const FrameView& frame, const Rect& part, std::vector<std::uint16_t>& means);

/// The same as work for single cells, each mean at the same place; wherever the frame lies. `means` is left null.
CellsJob cells_job(const FrameView& frame, const Rect& part);

}  // namespace anomalyclip

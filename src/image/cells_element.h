#pragma once

#include <cstddef>
#include <cstdint>

#include "core/host_device.h"

namespace anomalyclip {

// The means of a frame's cells of 8 x 8 samples, which ChangeDetector compares.

inline constexpr int kCell = 8;
inline constexpr int kMeanOfOne = 256;  ///< what a mean is where every sample is 1

/// Cells along an axis: at least one, the last ones longer where 8 does not divide the length.
ANOMALYCLIP_HOST_DEVICE inline int cells_in(int length) {
  return length < kCell ? 1 : length / kCell;
}

ANOMALYCLIP_HOST_DEVICE inline int cell_begin(int cell, int cells, int length) {
  return static_cast<int>(std::int64_t{cell} * length / cells);
}

/// Exact, but for what is cut off: cells have at most 15 x 15 samples.
ANOMALYCLIP_HOST_DEVICE inline std::uint16_t cell_mean(std::uint32_t sum, int samples) {
  return static_cast<std::uint16_t>(sum * kMeanOfOne / static_cast<std::uint32_t>(samples));
}

/// One channel of the part of a frame that is looked at.
struct CellChannel {
  const std::uint8_t* first;  ///< its first sample
  std::ptrdiff_t stride;      ///< bytes from one row to the next
  std::int32_t step;          ///< bytes from one sample of a row to the next
  std::int32_t columns, rows;
  std::int32_t first_mean;    ///< where its first cell's mean goes
  std::int32_t row_of_means;  ///< means from one row of cells to the next

  ANOMALYCLIP_HOST_DEVICE std::int64_t cells() const {
    return std::int64_t{cells_in(columns)} * cells_in(rows);
  }
};

struct CellsJob {
  CellChannel channels[3];
  std::int32_t channel_count;
  std::uint16_t* means;  ///< [cells()]

  ANOMALYCLIP_HOST_DEVICE std::int64_t cells() const {
    std::int64_t count = 0;
    for (int i = 0; i < channel_count; ++i) count += channels[i].cells();
    return count;
  }
};

ANOMALYCLIP_HOST_DEVICE inline std::uint16_t mean_of_cell(const CellChannel& channel, int row,
                                                          int column) {
  const int across = cells_in(channel.columns), down = cells_in(channel.rows);
  const int left = cell_begin(column, across, channel.columns);
  const int right = cell_begin(column + 1, across, channel.columns);
  const int top = cell_begin(row, down, channel.rows);
  const int bottom = cell_begin(row + 1, down, channel.rows);
  std::uint32_t sum = 0;
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x)
      sum += channel.first[y * channel.stride + std::ptrdiff_t{x} * channel.step];
  return cell_mean(sum, (bottom - top) * (right - left));
}

/// @param index  of a cell, below cells(): one channel after the other
ANOMALYCLIP_HOST_DEVICE inline void write_cell(const CellsJob& job, std::int64_t index) {
  int of = 0;
  while (index >= job.channels[of].cells()) index -= job.channels[of++].cells();
  const CellChannel& channel = job.channels[of];
  const int across = cells_in(channel.columns);
  const int row = static_cast<int>(index / across), column = static_cast<int>(index % across);
  job.means[channel.first_mean + std::int64_t{row} * channel.row_of_means + column] =
      mean_of_cell(channel, row, column);
}

}  // namespace anomalyclip

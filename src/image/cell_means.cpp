#include "image/cell_means.h"

#include <algorithm>
#include <utility>

#include "image/pixel_format.h"

namespace anomalyclip {
namespace {

/// Samples that lie `step` bytes apart.
struct Channel {
  std::ptrdiff_t first;
  int step, count;
};

/// The bytes of a rectangle in one plane, and the channels in each of its rows.
struct Samples {
  int plane;
  std::ptrdiff_t first_byte, bytes;
  int top, rows;
  std::vector<Channel> channels;
};

/// Begin and length of the samples that `length` pixels from `begin` share two by two.
std::pair<int, int> halved(int begin, int length) {
  const int first = begin / 2;
  return {first, (begin + length + 1) / 2 - first};
}

Samples samples_of_pixels(const FormatInfo& info, const Rect& part) {
  Samples samples{0,
                  std::ptrdiff_t{part.x} * info.pixel_stride,
                  std::ptrdiff_t{part.width} * info.pixel_stride,
                  part.y,
                  part.height,
                  {}};
  const int channels = info.storage == Storage::kPackedRgb ? 3 : 1;
  for (int i = 0; i < channels; ++i)
    samples.channels.push_back({info.offset[i], info.pixel_stride, part.width});
  return samples;
}

/// Two pixels in four bytes; what lies beside the rectangle in its first and last group is not looked at, but for chroma.
Samples samples_of_pairs(const FormatInfo& info, const Rect& part) {
  const auto [first, pairs] = halved(part.x, part.width);
  Samples samples{0, std::ptrdiff_t{4} * first, std::ptrdiff_t{4} * pairs, part.y, part.height, {}};
  samples.channels = {{info.offset[0] + 2 * (part.x % 2), 2, part.width},
                      {info.offset[1], 4, pairs},
                      {info.offset[2], 4, pairs}};
  return samples;
}

std::vector<Samples> samples_in(const FormatInfo& info, const Rect& part) {
  if (info.storage == Storage::kPackedYuv) return {samples_of_pairs(info, part)};
  std::vector<Samples> all = {samples_of_pixels(info, part)};
  const auto [left, columns] = halved(part.x, part.width);
  const auto [top, rows] = halved(part.y, part.height);
  if (info.storage == Storage::kPlanarYuv)
    for (const int plane : {1, 2})
      all.push_back({plane, left, columns, top, rows, {{0, 1, columns}}});
  if (info.storage == Storage::kSemiPlanarYuv)
    all.push_back({1,
                   std::ptrdiff_t{2} * left,
                   std::ptrdiff_t{2} * columns,
                   top,
                   rows,
                   {{0, 2, columns}, {1, 2, columns}}});
  return all;
}

/// Adds the means of one row of cells.
/// @param sums  [bytes]: of the rows in it
void append_means(const std::vector<std::uint16_t>& sums, const std::vector<Channel>& channels,
                  int rows, std::vector<std::uint16_t>& means) {
  for (const Channel& channel : channels) {
    const int cells = cells_in(channel.count);
    for (int cell = 0; cell < cells; ++cell) {
      const int begin = cell_begin(cell, cells, channel.count);
      const int end = cell_begin(cell + 1, cells, channel.count);
      std::uint32_t sum = 0;
      for (int i = begin; i < end; ++i)
        sum += sums[static_cast<std::size_t>(channel.first + std::ptrdiff_t{i} * channel.step)];
      means.push_back(cell_mean(sum, rows * (end - begin)));
    }
  }
}

void append_means(const FrameView& frame, const Samples& samples,
                  std::vector<std::uint16_t>& means) {
  const int cells = cells_in(samples.rows);
  const auto bytes = static_cast<std::size_t>(samples.bytes);
  std::vector<std::uint16_t> sums(bytes);
  for (int cell = 0; cell < cells; ++cell) {
    const int begin = cell_begin(cell, cells, samples.rows);
    const int end = cell_begin(cell + 1, cells, samples.rows);
    std::fill(sums.begin(), sums.end(), std::uint16_t{0});
    for (int y = samples.top + begin; y < samples.top + end; ++y) {
      const std::uint8_t* row =
          frame.planes[samples.plane] + y * frame.strides[samples.plane] + samples.first_byte;
      for (std::size_t i = 0; i < bytes; ++i)
        sums[i] = static_cast<std::uint16_t>(sums[i] + row[i]);
    }
    append_means(sums, samples.channels, end - begin, means);
  }
}

}  // namespace

void cell_means(const FrameView& frame, const Rect& part, std::vector<std::uint16_t>& means) {
  means.clear();
  for (const Samples& samples : samples_in(format_info(frame.format), part))
    append_means(frame, samples, means);
}

CellsJob cells_job(const FrameView& frame, const Rect& part) {
  CellsJob job{};
  std::int32_t plane_begin = 0;
  for (const Samples& samples : samples_in(format_info(frame.format), part)) {
    std::int32_t row_of_means = 0;
    for (const Channel& channel : samples.channels) row_of_means += cells_in(channel.count);
    const std::ptrdiff_t stride = frame.strides[samples.plane];
    const std::uint8_t* row =
        frame.planes[samples.plane] + samples.top * stride + samples.first_byte;
    std::int32_t first_mean = plane_begin;
    for (const Channel& channel : samples.channels) {
      job.channels[job.channel_count++] = {row + channel.first, stride,       channel.step,
                                           channel.count,       samples.rows, first_mean,
                                           row_of_means};
      first_mean += cells_in(channel.count);
    }
    plane_begin += row_of_means * cells_in(samples.rows);
  }
  return job;
}

}  // namespace anomalyclip

#include "image/pillow_resize.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include <anomalyclip/error.h>

#include "image/pillow_kernel.h"
#include "image/resize_axis.h"

namespace anomalyclip {
namespace {

/// Which samples of one axis make each result, and how much each weighs.
struct Weights1D {
  struct Window {
    int first_quad, quads;
    std::size_t weights;  // index of the first
  };
  std::vector<Window> windows;  // one for each result
  std::vector<WeightQuad> weights;
};

/// Appends one window: records start at every fourth sample, so that zeros may come before and
/// after.
void append_window(Weights1D& packed, const ResizeAxis& axis, const ResizeWindow& window) {
  const int before = window.first % kTaps;
  const int quads = (before + window.count + kTaps - 1) / kTaps;
  packed.windows.push_back({window.first / kTaps, quads, packed.weights.size()});
  for (int quad = 0; quad < quads; ++quad) {
    std::array<std::int32_t, kTaps> fixed{};
    for (int i = 0; i < kTaps; ++i)
      if (const int at = quad * kTaps + i - before; at >= 0 && at < window.count)
        fixed[i] = axis.weights[window.weights + at];
    packed.weights.emplace_back(fixed);
  }
}

Weights1D make_weights(int in, int out, PillowFilter filter) {
  const ResizeAxis axis = resize_axis(in, out, filter);
  Weights1D packed;
  for (const ResizeWindow& window : axis.windows) append_window(packed, axis, window);
  return packed;
}

/// Weights are made once for each size pair: a stream asks for the same two with every frame.
std::shared_ptr<const Weights1D> weights_for(int in, int out, PillowFilter filter) {
  constexpr std::size_t kMost =
      64;  // of other sizes a long run over a folder of images would keep too many
  static std::mutex mutex;
  static std::map<std::tuple<int, int, PillowFilter>, std::shared_ptr<const Weights1D>> cache;
  const std::lock_guard lock(mutex);
  const auto key = std::make_tuple(in, out, filter);
  if (const auto found = cache.find(key); found != cache.end()) return found->second;
  if (cache.size() >= kMost) cache.clear();
  return cache[key] = std::make_shared<const Weights1D>(make_weights(in, out, filter));
}

/// Rows of the image after the horizontal pass, as records of the vertical one: rows 4 i to 4 i + 3 byte by
/// byte.
struct RowQuads {
  std::uint8_t* data;
  std::ptrdiff_t stride;  // from four rows to the next four: whole records
  int first;              // row at `data`, a multiple of four

  std::uint8_t* quad(int index) const { return data + (index - first / kTaps) * stride; }
};

/// Rows of the source that results first..last - 1 are made of, from a first four to the end of a last four.
struct SourceRows {
  SourceRows(const Weights1D& axis, int first_result, int last_result, int height)
      : first(axis.windows[static_cast<std::size_t>(first_result)].first_quad * kTaps), last(0) {
    for (int i = first_result; i < last_result; ++i) {
      const auto& window = axis.windows[static_cast<std::size_t>(i)];
      last = std::max(last, (window.first_quad + window.quads) * kTaps);
    }
    last = std::min(last, height);
  }
  int first, last;
};

/// Memory of one thread that the next call finds again.
std::uint8_t* scratch_memory(std::size_t bytes) {
  thread_local std::vector<std::uint8_t> memory;
  if (memory.size() < bytes) memory.resize(bytes);
  return memory.data();
}

/// One result column of a block of rows, [channel][row], to its place.
void store_column(const std::uint8_t* lanes, int channels, int x, std::uint8_t* block,
                  std::ptrdiff_t stride) {
  const int row_quads = kLanes / channels / kTaps;
  for (int quad = 0; quad < row_quads; ++quad)
    for (int c = 0; c < channels; ++c)
      std::memcpy(block + quad * stride + kTaps * (x * channels + c),
                  lanes + kTaps * (c * row_quads + quad), kTaps);
}

void resize_block(const std::uint8_t* records, const Weights1D& axis, int channels,
                  std::uint8_t* block, std::ptrdiff_t stride) {
  std::array<std::uint8_t, kLanes> lanes;
  for (std::size_t x = 0; x < axis.windows.size(); ++x) {
    const auto& window = axis.windows[x];
    weigh(records + static_cast<std::ptrdiff_t>(window.first_quad) * kRecord, kRecord,
          &axis.weights[window.weights], window.quads, lanes.data());
    store_column(lanes.data(), channels, static_cast<int>(x), block, stride);
  }
}

void resize_rows(const PillowSource& source, const Weights1D& axis, std::uint8_t* scratch,
                 std::uint8_t* records, int last, const RowQuads& out) {
  const int rows = kLanes / source.channels;
  const std::size_t row_bytes = static_cast<std::size_t>(source.width) * source.channels;
  std::array<const std::uint8_t*, kLanes> pointers{};
  for (int y = out.first; y < last; y += rows) {
    for (int i = 0; i < rows; ++i) {
      // Rows below the last are never weighed; they only have to be there.
      pointers[i] = y + i < last ? source.row(y + i, scratch + i * row_bytes) : pointers[0];
    }
    pack_rows(pointers.data(), source.channels, source.width, records);
    resize_block(records, axis, source.channels, out.quad(y / kTaps), out.stride);
  }
}

void resize_columns(const RowQuads& in, const Weights1D& axis, int first, int last,
                    std::size_t row_bytes, std::uint8_t* out) {
  std::array<std::uint8_t, kLanes> lanes;
  for (int y = first; y < last; ++y) {
    const auto& window = axis.windows[static_cast<std::size_t>(y)];
    const std::uint8_t* records = in.quad(window.first_quad);
    const WeightQuad* weights = &axis.weights[window.weights];
    std::size_t x = 0;
    for (; x + kLanes <= row_bytes; x += kLanes)
      weigh(records + kTaps * x, in.stride, weights, window.quads, out + x);
    if (x < row_bytes) {
      weigh(records + kTaps * x, in.stride, weights, window.quads, lanes.data());
      std::copy_n(lanes.data(), row_bytes - x, out + x);
    }
    out += row_bytes;
  }
}

std::size_t round_up(std::size_t value, std::size_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace

void pillow_resize(const PillowSource& source, int out_width, int out_height, PillowFilter filter,
                   std::uint8_t* out) {
  pillow_resize_rows(source, out_width, out_height, 0, out_height, filter, out);
}

void pillow_resize_rows(const PillowSource& source, int out_width, int out_height, int first,
                        int last, PillowFilter filter, std::uint8_t* out) {
  if (source.width < 1 || source.height < 1 || out_width < 1 || out_height < 1 ||
      (source.channels != 1 && source.channels != 3))
    throw Error(ErrorCode::kSettings,
                "resize: expected sizes of at least 1x1 and 1 or 3 channels, and found " +
                    std::to_string(source.width) + "x" + std::to_string(source.height) + " to " +
                    std::to_string(out_width) + "x" + std::to_string(out_height) + " with " +
                    std::to_string(source.channels) + " channels");
  if (first < 0 || last <= first || last > out_height)
    throw Error(ErrorCode::kSettings, "resize: expected rows within 0.." +
                                          std::to_string(out_height) + ", and found " +
                                          std::to_string(first) + ".." + std::to_string(last));
  const auto across = weights_for(source.width, out_width, filter),
             down = weights_for(source.height, out_height, filter);
  const std::size_t channels = source.channels, rows = kLanes / channels;
  const SourceRows needed(*down, first, last, source.height);
  const std::size_t row_bytes = out_width * channels;
  const std::size_t stride = round_up(row_bytes, kLanes) * kTaps;
  const std::size_t between_bytes = round_up(needed.last - needed.first, rows) / kTaps * stride;
  const std::size_t records_bytes = round_up(source.width, kTaps) / kTaps * kRecord;
  std::uint8_t* const memory =
      scratch_memory(between_bytes + records_bytes + rows * source.width * channels);
  const RowQuads between{memory, static_cast<std::ptrdiff_t>(stride), needed.first};
  std::uint8_t* const records = memory + between_bytes;
  resize_rows(source, *across, records + records_bytes, records, needed.last, between);
  resize_columns(between, *down, first, last, row_bytes, out);
}

void pillow_resize(const std::uint8_t* image, std::ptrdiff_t stride, int width, int height,
                   int channels, int out_width, int out_height, PillowFilter filter,
                   std::uint8_t* out) {
  const PillowSource source{width, height, channels,
                            [=](int y, std::uint8_t*) { return image + y * stride; }};
  pillow_resize(source, out_width, out_height, filter, out);
}

}  // namespace anomalyclip

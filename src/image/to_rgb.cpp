#include "image/to_rgb.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "image/cpu.h"
#if ANOMALYCLIP_AVX2
#include <immintrin.h>
#endif

namespace anomalyclip {
namespace {

ANOMALYCLIP_INLINE void reorder(const std::uint8_t* __restrict in, int width, int stride,
                                const int* offset, std::uint8_t* __restrict rgb) {
  for (int x = 0; x < width; ++x, in += stride, rgb += 3)
    for (int c = 0; c < 3; ++c) rgb[c] = in[offset[c]];
}

#if ANOMALYCLIP_AVX2
/// As reorder(), a register of four or five pixels at a time; returns how many pixels it did.
ANOMALYCLIP_TARGET_AVX2 int reorder_avx2(const std::uint8_t* in, int width, int stride,
                                         const int* offset, std::uint8_t* rgb) {
  const int pixels = 16 / stride;
  std::array<std::uint8_t, 16> order;
  order.fill(0x80);
  for (int i = 0; i < 3 * pixels; ++i)
    order[i] = static_cast<std::uint8_t>(i / 3 * stride + offset[i % 3]);
  const __m128i shuffle = _mm_loadu_si128(reinterpret_cast<const __m128i*>(order.data()));
  int x = 0;
  // Reads and writes 16 bytes, which end before six pixels do.
  for (; x + 6 <= width; x += pixels) {
    const __m128i samples = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + x * stride));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rgb + 3 * x), _mm_shuffle_epi8(samples, shuffle));
  }
  return x;
}
#endif

ANOMALYCLIP_INLINE void pick(const std::uint8_t* __restrict in, int count, int stride,
                             std::uint8_t* __restrict out) {
  for (int i = 0; i < count; ++i) out[i] = in[i * stride];
}

/// A chroma sample for each of the two pixels that share it.
ANOMALYCLIP_INLINE void spread(const std::uint8_t* __restrict in, int pairs, int stride,
                               std::uint8_t* __restrict out) {
  for (int i = 0; i < pairs; ++i) {
    out[2 * i] = in[i * stride];
    out[2 * i + 1] = in[i * stride];
  }
}

void spread_generic(const std::uint8_t* in, int pairs, int stride, std::uint8_t* out) {
  if (stride == 1)
    spread(in, pairs, 1, out);
  else if (stride == 2)
    spread(in, pairs, 2, out);
  else
    spread(in, pairs, 4, out);
}

/// The limited range of grey stretched to 0..255.
const std::array<std::uint8_t, 256>& stretched() {
  static const auto table = [] {
    std::array<std::uint8_t, 256> values;
    for (int i = 0; i < 256; ++i)
      values[i] =
          static_cast<std::uint8_t>(std::clamp(std::lround((i - 16) * 255.0 / 219.0), 0L, 255L));
    return values;
  }();
  return table;
}

}  // namespace

RowConverter::RowConverter(const FrameView& frame, const Rect& roi)
    : frame_(frame),
      roi_(roi),
      info_(format_info(frame.format)),
      full_range_(is_full_range(frame.format, frame.range)),
      matrix_(YuvToRgb::of(frame.matrix, full_range_)) {
  validate(frame, roi);
  if (!info_.is_yuv()) return;
  const std::size_t samples = roi.width + 2;  // an odd first column, an odd last one
  luma_.resize(samples);
  u_.resize(samples);
  v_.resize(samples);
}

const std::uint8_t* RowConverter::line(int plane, int row) const {
  return frame_.planes[plane] + row * frame_.strides[plane];
}

const std::uint8_t* RowConverter::row(int y, std::uint8_t* scratch) {
  if (info_.is_yuv()) return yuv_row(roi_.y + y, scratch);
  const std::uint8_t* in =
      line(0, roi_.y + y) + static_cast<std::ptrdiff_t>(roi_.x) * info_.pixel_stride;
  return info_.storage == Storage::kGrey ? grey_row(in, scratch) : rgb_row(in, scratch);
}

const std::uint8_t* RowConverter::grey_row(const std::uint8_t* in, std::uint8_t* scratch) const {
  if (info_.pixel_stride == 1 && full_range_) return in;
  pick(in + info_.offset[0], roi_.width, info_.pixel_stride, scratch);
  if (!full_range_)
    for (int x = 0; x < roi_.width; ++x) scratch[x] = stretched()[scratch[x]];
  return scratch;
}

const std::uint8_t* RowConverter::rgb_row(const std::uint8_t* in, std::uint8_t* scratch) const {
  if (frame_.format == PixelFormat::kRGB) return in;
  int done = 0;
#if ANOMALYCLIP_AVX2
  if (has_avx2()) done = reorder_avx2(in, roi_.width, info_.pixel_stride, info_.offset, scratch);
#endif
  reorder(in + done * info_.pixel_stride, roi_.width - done, info_.pixel_stride, info_.offset,
          scratch + 3 * done);
  return scratch;
}

const std::uint8_t* RowConverter::yuv_row(int y, std::uint8_t* scratch) {
  unpack_chroma(info_.halves_rows() ? y / 2 : y);
  const int odd = roi_.x % 2;
  const std::uint8_t* luma = line(0, y) + static_cast<std::ptrdiff_t>(roi_.x) * info_.pixel_stride;
  if (info_.pixel_stride > 1) {
    pick(luma + info_.offset[0], roi_.width, 2, luma_.data());
    luma = luma_.data();
  }
  matrix_.convert_row(luma, u_.data() + odd, v_.data() + odd, roi_.width, scratch);
  return scratch;
}

void RowConverter::unpack_chroma(int row) {
  if (row == chroma_row_) return;
  chroma_row_ = row;
  const std::ptrdiff_t first = roi_.x / 2;
  const int pairs = (roi_.x % 2 + roi_.width + 1) / 2;
  if (info_.storage == Storage::kPlanarYuv) {
    spread_generic(line(1, row) + first, pairs, 1, u_.data());
    spread_generic(line(2, row) + first, pairs, 1, v_.data());
  } else {
    const bool packed = info_.storage == Storage::kPackedYuv;
    const int stride = packed ? 4 : 2;
    const std::uint8_t* chroma = line(packed ? 0 : 1, row) + first * stride;
    spread_generic(chroma + info_.offset[1], pairs, stride, u_.data());
    spread_generic(chroma + info_.offset[2], pairs, stride, v_.data());
  }
}

void to_rgb(const FrameView& frame, const Rect& roi, std::uint8_t* rgb) {
  RowConverter rows(frame, roi);
  const std::size_t width = roi.width;
  std::vector<std::uint8_t> scratch(3 * width);
  for (int y = 0; y < roi.height; ++y, rgb += 3 * width) {
    const std::uint8_t* row = rows.row(y, rows.channels() == 3 ? rgb : scratch.data());
    if (rows.channels() == 1) {
      for (std::size_t x = 0; x < width; ++x) std::fill_n(rgb + 3 * x, 3, row[x]);
    } else if (row != rgb) {
      std::memcpy(rgb, row, 3 * width);
    }
  }
}

}  // namespace anomalyclip

#include "image/colour_matrix.h"

#include <algorithm>
#include <cmath>

#include "image/colour_arithmetic.h"
#include "image/cpu.h"

namespace anomalyclip {
namespace {

/// Weights of red and blue in luma (ITU-R BT.601, BT.709, BT.2020 non-constant luminance).
struct LumaWeights {
  double red, blue;
  double green() const { return 1 - red - blue; }
};

LumaWeights luma_weights(ColorMatrix matrix) {
  switch (matrix) {
    case ColorMatrix::kBT709:
      return {0.2126, 0.0722};
    case ColorMatrix::kBT2020:
      return {0.2627, 0.0593};
    case ColorMatrix::kBT601:
      break;
  }
  return {0.299, 0.114};
}

// Pixels are converted to planes in a block that stays in the L1 cache, and interleaved from there:
// either loop is a simple one for the vectoriser.
constexpr int kBlock = 256;

ANOMALYCLIP_INLINE void convert_block(const YuvToRgb& k, const std::uint8_t* __restrict y,
                                      const std::uint8_t* __restrict u,
                                      const std::uint8_t* __restrict v, int width,
                                      std::uint8_t* __restrict rgb) {
  std::uint8_t red[kBlock], green[kBlock], blue[kBlock];
  for (int i = 0; i < width; ++i) yuv_to_rgb(k, y[i], u[i], v[i], red[i], green[i], blue[i]);
  for (int i = 0; i < width; ++i) {
    rgb[3 * i] = red[i];
    rgb[3 * i + 1] = green[i];
    rgb[3 * i + 2] = blue[i];
  }
}

ANOMALYCLIP_INLINE void convert_blocks(const YuvToRgb& k, const std::uint8_t* y,
                                       const std::uint8_t* u, const std::uint8_t* v, int width,
                                       std::uint8_t* rgb) {
  for (int x = 0; x < width; x += kBlock)
    convert_block(k, y + x, u + x, v + x, std::min(kBlock, width - x), rgb + 3 * x);
}

ANOMALYCLIP_TARGET_AVX2 void convert_blocks_avx2(const YuvToRgb& k, const std::uint8_t* y,
                                                 const std::uint8_t* u, const std::uint8_t* v,
                                                 int width, std::uint8_t* rgb) {
  convert_blocks(k, y, u, v, width, rgb);
}

ANOMALYCLIP_TARGET_AVX512 void convert_blocks_avx512(const YuvToRgb& k, const std::uint8_t* y,
                                                     const std::uint8_t* u, const std::uint8_t* v,
                                                     int width, std::uint8_t* rgb) {
  convert_blocks(k, y, u, v, width, rgb);
}

std::uint8_t round_to_byte(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

}  // namespace

YuvToRgb YuvToRgb::of(ColorMatrix matrix, bool full_range) {
  const LumaWeights w = luma_weights(matrix);
  const double luma_gain = full_range ? 1.0 : 255.0 / 219.0;
  const double chroma_gain = full_range ? 1.0 : 255.0 / 224.0;
  const double black = full_range ? 0.0 : 16.0;
  const auto fixed = [](double value, int bits) {
    return static_cast<std::int16_t>(std::lround(std::ldexp(value, bits)));
  };
  const double red_v = 2 * (1 - w.red) * chroma_gain, blue_u = 2 * (1 - w.blue) * chroma_gain;
  YuvToRgb k{};
  k.luma = fixed(luma_gain, 14);
  k.red_v = fixed(red_v, 13);
  k.blue_u = fixed(blue_u, 13);
  k.green_u = fixed(-blue_u * w.blue / w.green(), 13);
  k.green_v = fixed(-red_v * w.red / w.green(), 13);
  // Half a step for rounding, and one thirty-second for the two products that are rounded down on
  // the way.
  k.bias = static_cast<std::int16_t>(fixed(-black * luma_gain, 5) + 16 + 1);
  return k;
}

void YuvToRgb::convert_row(const std::uint8_t* y, const std::uint8_t* u, const std::uint8_t* v,
                           int width, std::uint8_t* rgb) const {
  if (has_avx512())
    convert_blocks_avx512(*this, y, u, v, width, rgb);
  else if (has_avx2())
    convert_blocks_avx2(*this, y, u, v, width, rgb);
  else
    convert_blocks(*this, y, u, v, width, rgb);
}

std::array<std::uint8_t, 3> rgb_to_yuv(const std::array<std::uint8_t, 3>& rgb, ColorMatrix matrix,
                                       bool full_range) {
  const LumaWeights w = luma_weights(matrix);
  const double luma = w.red * rgb[0] + w.green() * rgb[1] + w.blue * rgb[2];
  const double cb = (rgb[2] - luma) / (2 * (1 - w.blue)), cr = (rgb[0] - luma) / (2 * (1 - w.red));
  const double luma_gain = full_range ? 1.0 : 219.0 / 255.0;
  const double chroma_gain = full_range ? 1.0 : 224.0 / 255.0;
  return {round_to_byte((full_range ? 0 : 16) + luma_gain * luma),
          round_to_byte(128 + chroma_gain * cb), round_to_byte(128 + chroma_gain * cr)};
}

}  // namespace anomalyclip

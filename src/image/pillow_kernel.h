#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "image/cpu.h"

namespace anomalyclip {

// The inner loops of the resize. Both passes are the same weighted sum of neighbouring samples, four
// at a time, for kLanes independent results at once: lanes are rows (times channels) in the
// horizontal pass and columns in the vertical one. Data lie in records of four samples for each
// lane, lane by lane: kLanes * 4 bytes.

inline constexpr int kTaps = 4;
inline constexpr int kLanes =
    48;  ///< a multiple of 3 channels and of 16 sums in a 512-bit register
inline constexpr int kRecord = kLanes * kTaps;

/// Weights of four neighbouring samples, each 2^22 for one, in the pieces that products of few bits
/// are made of: for 8-bit ones bytes[0] + 2^8 bytes[1] + 2^16 bytes[2], for 16-bit ones high *
/// 2^12 + low with low in 0..4095, samples 0 and 2 apart from 1 and 3.
struct WeightQuad {
  WeightQuad() : WeightQuad({0, 0, 0, 0}) {}
  explicit WeightQuad(const std::array<std::int32_t, kTaps>& weights);

  std::array<std::int32_t, kTaps> whole;
  std::int8_t bytes[3][kTaps];
  struct Pair {
    std::int16_t high[2], low[2];
  } even, odd;
};

/// out[lane] = clamp to 0..255 of (2^21 + sum of sample * weight) >> 22, exactly as Pillow rounds.
/// @param records  the first record; others follow at `stride` bytes
/// @param out      [kLanes]
void weigh(const std::uint8_t* records, std::ptrdiff_t stride, const WeightQuad* weights, int quads,
           std::uint8_t* out);

/// Makes the records of the horizontal pass from kLanes / channels rows of `width` pixels: record i
/// holds columns 4 i to 4 i + 3, lane channel * rows + row. The last column is repeated to the
/// record's end.
/// @param rows     kLanes / channels pointers to [width * channels]
/// @param records  (width + 3) / 4 of them
void pack_rows(const std::uint8_t* const* rows, int channels, int width, std::uint8_t* records);

/// The same without instructions that not every CPU has; what the two above fall back to.
void weigh_portably(const std::uint8_t* records, std::ptrdiff_t stride, const WeightQuad* weights,
                    int quads, std::uint8_t* out);

#if ANOMALYCLIP_AVX2
/// The same for CPUs with AVX2; what those without AVX-512 take.
void weigh_avx2(const std::uint8_t* records, std::ptrdiff_t stride, const WeightQuad* weights,
                int quads, std::uint8_t* out);
#endif

/// @param first  a multiple of four columns: records before it are left as they are
void pack_rows_portably(const std::uint8_t* const* rows, int channels, int first, int width,
                        std::uint8_t* records);

}  // namespace anomalyclip

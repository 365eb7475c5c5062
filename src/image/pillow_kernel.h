#pragma once

#include <cstddef>
#include <cstdint>

namespace anomalyclip {

// The inner loops of the resize. Both passes are the same weighted sum of pairs of neighbouring
// samples, for kLanes independent results at once: lanes are rows (times channels) in the
// horizontal pass and columns in the vertical one. Data lie in records of one pair for each lane,
// lane by lane: kLanes * 2 bytes.

inline constexpr int kLanes = 24;  ///< a multiple of 3 channels and of 8 sums in a 256-bit register
inline constexpr int kRecord = kLanes * 2;

/// Weights of two neighbouring samples, each 2^22 for one, split so that 16-bit products do: high *
/// 2^12 + low, with low in 0..4095.
struct WeightPair {
  std::int16_t high[2], low[2];
};

/// out[lane] = clamp to 0..255 of (2^21 + sum of sample * weight) >> 22, exactly as Pillow rounds.
/// @param records  the first record; others follow at `stride` bytes
/// @param out      [kLanes]
void weigh(const std::uint8_t* records, std::ptrdiff_t stride, const WeightPair* weights, int pairs,
           std::uint8_t* out);

/// Makes the records of the horizontal pass from kLanes / channels rows of `width` pixels: record i
/// holds columns 2 i and 2 i + 1, lane channel * rows + row. The last column of an odd width is
/// repeated.
/// @param rows     kLanes / channels pointers to [width * channels]
/// @param records  (width + 1) / 2 of them
void pack_rows(const std::uint8_t* const* rows, int channels, int width, std::uint8_t* records);

/// The same without instructions that not every CPU has; what the two above fall back to.
void weigh_portably(const std::uint8_t* records, std::ptrdiff_t stride, const WeightPair* weights,
                    int pairs, std::uint8_t* out);

/// @param first  an even column: records before it are left as they are
void pack_rows_portably(const std::uint8_t* const* rows, int channels, int first, int width,
                        std::uint8_t* records);

}  // namespace anomalyclip

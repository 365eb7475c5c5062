#pragma once

namespace anomalyclip {

/// How the blocks of the image tower multiply their matrices.
enum class Arithmetic {
  kPlain,  ///< in the matrices' own type
  kSplit,  ///< float32 as two bfloat16, three products for one: within about 1e-5 of float32's, relatively
  kFloat32,  ///< float32, in blocks that stay in the cache
  kInt8,  ///< 8-bit integers: weights scaled for each output, activations for each token; attention in bfloat16
  kFloat8,  ///< 8-bit floats (e4m3), with scales like kInt8's; attention in bfloat16
};

}  // namespace anomalyclip

#pragma once

#include <algorithm>

#include "model/cpu/threads.h"

namespace anomalyclip::cpu {

/// A weight matrix [out][in] as a right operand, transposed: out / 32 panels of in / 32 steps.
struct Matrix {
  ConstOperand panels;
  int out = 0, in = 0;  ///< multiples of 32
  ConstOperand panel(int p) const { return panels.at(std::int64_t{p} * in * kBlock); }
};

/// @param count  a multiple of 16
void widen_float16(const std::uint16_t* from, std::int64_t count, float* to);

/// Writes rows [rows <= 32][in] of a weight matrix as panel `p`; missing rows are zeros.
void pack_panel(const float* rows, int count, int in, const Operand& panels, int p);

/// The rows of a left operand: the tokens of several images, one image after another, each padded to whole blocks.
struct TokenRows {
  int images, tokens;  ///< tokens of one image

  int blocks_per_image() const { return blocks_for(tokens); }
  int blocks() const { return images * blocks_per_image(); }
  /// Rows of a block that are tokens.
  int in_block(int block) const {
    return std::min(kBlock, tokens - block % blocks_per_image() * kBlock);
  }
  /// A block's first token, counted through all images.
  std::int64_t first_token(int block) const {
    return std::int64_t{block / blocks_per_image()} * tokens +
           std::int64_t{block % blocks_per_image()} * kBlock;
  }
};

/// What becomes of a block of a product before it leaves the cache. Everything that follows a linear layer up to the
/// next product happens here.
struct Destination {
  enum class Kind {
    kResidual,   ///< residual += block + bias
    kActivated,  ///< next = activation(block + bias), as a left operand
    kHeads,      ///< block + bias, split into heads: see Heads
  };
  enum class Activation { kQuickGelu, kGelu };

  Kind kind = Kind::kResidual;
  const float* bias = nullptr;  ///< [out]
  bool add_bias = true;         ///< false for all but one part of a product that is taken in parts

  float* residual = nullptr;  ///< kResidual: [images][tokens][out]

  Operand next;  ///< kActivated: out / 32 steps
  Activation activation = Activation::kQuickGelu;

  const struct HeadBuffers* heads = nullptr;  ///< kHeads
  int first_panel = 0;  ///< kHeads: the panel that the matrix' first one is of Q, K, V together
};

/// Q, K and V of every head, each in the forms in which something reads it (others: null).
/// Heads of an image lie one after another; images too.
struct HeadBuffers {
  Operand rows[3];  ///< as a left operand: what attends. [image][head][strips][2 steps]
  Operand columns
      [3];  ///< transposed, as a right operand: what is attended to. [image][head][blocks][2 steps]
  Operand values;  ///< V as a right operand: what is collected. [image][head][2 panels][blocks]
  int heads = 0, blocks = 0;  ///< of one image: token blocks

  /// Numbers that one head takes in any of the forms.
  std::int64_t head_size() const { return std::int64_t{blocks} * kHeadSteps * kBlockFloats; }
};

/// left [rows][in] times the matrix, block by block into its destination.
void blocked_linear(Unit unit, ConstOperand left, const TokenRows& rows, const Matrix& matrix,
                    const Destination& destination);

/// Layer normalisation (epsilon 1e-5) of x [images][tokens][width] into a left operand of width / 32 steps; padding
/// rows become zeros.
/// @param image_stride  floats from one image's first token to the next image's
void blocked_layer_norm(const float* x, std::int64_t image_stride, const TokenRows& rows, int width,
                        const float* weight, const float* bias, Operand left);

}  // namespace anomalyclip::cpu

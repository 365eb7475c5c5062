#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <anomalyclip/prompts.h>

#include "core/packed_file.h"
#include "model/arithmetic.h"
#include "model/clip_config.h"
#include "model/cpu/bytes.h"
#include "model/layer_needs.h"

namespace anomalyclip {
struct ResidualBlock;
}

namespace anomalyclip::cpu {

/// Where a layer's packed matrices lie: in a file that holds them or is to be filled with them, or in memory of their own.
struct PackedPlace {
  const PackedFile* file = nullptr;
  std::string name = {};  ///< of the layer there
};

/// The version of what is packed: to be raised with every change to the bytes that a layer packs, or files of old ones
/// would be taken for new.
inline constexpr int kPackedVersion = 1;

/// A block of the vision transformer with its matrices packed for blocked products: what ResidualBlock and dpam_layer()
/// do, in bfloat16, in split precision (see Form), in float32 or in 8 bits, about as fast as the hardware multiplies. Everything between two
/// products happens on a block before it leaves the cache; weights are packed once, here. Immutable.
class BlockedLayer {
 public:
  /// Whether this machine can run it for a transformer of this width.
  /// @param arithmetic  kPlain is bfloat16
  static bool available(std::int64_t width, Arithmetic arithmetic = Arithmetic::kPlain);

  /// @param block  on the CPU; its matrices are no longer needed afterwards
  /// @param arithmetic  kPlain is bfloat16
  /// @param place  the matrices are not read where its file is filled
  BlockedLayer(const ResidualBlock& block, Arithmetic arithmetic, const PackedPlace& place = {});

  /// What a layer packs: the sections of a file, without the layer's name.
  static std::vector<PackedSection> sections(std::int64_t width, Arithmetic arithmetic);

  /// The same layer with another activation; both share the packed weights.
  BlockedLayer with_activation(Activation activation) const;

  /// One layer. `original` [B, tokens, width] float32 becomes [B, tokens, width], [B, 1, width] or stays, as `needs`
  /// says; `local` [B, tokens, width], one for each attention kind, advances where `needs` says. Tensors that nobody else
  /// holds are changed in place.
  void run(at::Tensor& original, std::vector<at::Tensor>& local,
           const std::vector<AttentionKind>& attention, const LayerNeeds& needs) const;

 private:
  struct Norm {
    at::Tensor weight, bias;  // [width] float32
  };
  struct Product {
    Product(const at::Tensor& weight, const at::Tensor& bias_, Arithmetic arithmetic,
            const PackedPlace& place);
    /// Columns first..first + count of the product, in panels.
    Matrix panels(int first, int count) const;
    ByteMatrix byte_panels(int first, int count) const;
    const float* bias_of(int panel) const { return bias.const_data_ptr<float>() + panel * kBlock; }
    at::Tensor numbers;  // packed, an operand of this form
    Form form = Form::kHalf;
    at::Tensor bytes, scale, offset;  // packed in 8 bits, in place of the others
    at::Tensor bias;                  // [out] float32
    int out, in;

   private:
    void lie_in(const at::Tensor& memory, Arithmetic arithmetic);
    void pack(const at::Tensor& rows, Arithmetic arithmetic) const;
  };
  struct Pass;
  struct Left;

  /// @param blocks  of 32 rows
  Left prepared(ConstOperand left, int blocks, int in) const;
  /// left times the columns first..first + count of a product, in panels.
  void multiply(const Pass& pass, const Left& left, const TokenRows& rows, const Product& product,
                int first, int count, const Destination& to) const;

  void project(const Pass& pass, Operand normed) const;
  void add_attention(const Pass& pass, ConstOperand collected, at::Tensor& x) const;
  void add_mlp(const Pass& pass, at::Tensor& x) const;

  Arithmetic arithmetic_;
  Activation activation_;
  int width_;
  Norm ln_1_, ln_2_;
  Product in_proj_, out_proj_, c_fc_, c_proj_;
};

}  // namespace anomalyclip::cpu

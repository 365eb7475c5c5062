#include "sine_weights.h"

#include <cmath>
#include <utility>

#include <ATen/ops/empty.h>

namespace anomalyclip::testing {
namespace {

constexpr std::int64_t kVisionWidth = 128, kTextWidth = 64, kEmbed = 32;

/// Numbers the tensors in the order in which they are added.
class Builder {
 public:
  void add(const std::string& name, at::IntArrayRef shape, double scale, double base = 0) {
    tensors_[name] = sine_tensor(next_++, shape, scale, base);
  }

  void add_norm(const std::string& name, std::int64_t width) {
    add(name + ".weight", {width}, 0.1, 1);
    add(name + ".bias", {width}, 0.02);
  }

  void add_linear(const std::string& weight, const std::string& bias, std::int64_t out,
                  std::int64_t in) {
    add(weight, {out, in}, 0.05);
    add(bias, {out}, 0.02);
  }

  void add_blocks(const std::string& tower, int layers, std::int64_t width) {
    for (int i = 0; i < layers; ++i) {
      const std::string block = tower + ".resblocks." + std::to_string(i) + ".";
      add_linear(block + "attn.in_proj_weight", block + "attn.in_proj_bias", 3 * width, width);
      add_linear(block + "attn.out_proj.weight", block + "attn.out_proj.bias", width, width);
      add_norm(block + "ln_1", width);
      add_linear(block + "mlp.c_fc.weight", block + "mlp.c_fc.bias", 4 * width, width);
      add_linear(block + "mlp.c_proj.weight", block + "mlp.c_proj.bias", width, 4 * width);
      add_norm(block + "ln_2", width);
    }
  }

  std::map<std::string, at::Tensor> take() { return std::move(tensors_); }

 private:
  int next_ = 0;
  std::map<std::string, at::Tensor> tensors_;
};

}  // namespace

at::Tensor sine_tensor(int t, at::IntArrayRef shape, double scale, double base) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* out = tensor.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < tensor.numel(); ++k)
    out[k] = static_cast<float>(
        base + scale * std::sin(1 + 0.37 * t + 0.61803398875 * static_cast<double>(k)));
  return tensor;
}

Weights sine_weights() {
  Builder builder;
  builder.add("visual.conv1.weight", {kVisionWidth, 3, 14, 14}, 0.05);
  builder.add("visual.class_embedding", {kVisionWidth}, 0.5);
  builder.add("visual.positional_embedding", {26, kVisionWidth}, 0.5);
  builder.add_norm("visual.ln_pre", kVisionWidth);
  builder.add_blocks("visual.transformer", 24, kVisionWidth);
  builder.add_norm("visual.ln_post", kVisionWidth);
  builder.add("visual.proj", {kVisionWidth, kEmbed}, 0.2);
  builder.add("token_embedding.weight", {49408, kTextWidth}, 0.3);
  builder.add("positional_embedding", {77, kTextWidth}, 0.3);
  builder.add_blocks("transformer", 12, kTextWidth);
  builder.add_norm("ln_final", kTextWidth);
  builder.add("text_projection", {kTextWidth, kEmbed}, 0.2);
  return Weights(builder.take(), {}, "sine weights");
}

}  // namespace anomalyclip::testing

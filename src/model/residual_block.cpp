#include "model/residual_block.h"

#include <ATen/TensorOperators.h>

#include "model/cpu/blocked_layer.h"
#include "model/finish_layer.h"
#include "model/fused.h"

namespace anomalyclip {

namespace {

void round_to_float8(at::Tensor& weight, at::Tensor& scale, at::Tensor& bias, at::Device device) {
  const Float8Rows rows = to_float8(weight.to(device, at::kFloat));
  weight = rows.numbers;
  scale = rows.scale;
  bias = bias.to(device, at::kBFloat16, /*non_blocking=*/false, /*copy=*/true);
}

void round_to_float8(ResidualBlock& block) {
  const at::Device device = block.ln_1.weight.device();
  Attention& attn = block.attn;
  round_to_float8(attn.in_proj_weight, attn.in_proj_scale, attn.in_proj_bias, device);
  for (Linear* linear : {&attn.out_proj, &block.mlp.c_fc, &block.mlp.c_proj})
    round_to_float8(linear->weight, linear->scale, linear->bias, device);
}

}  // namespace

at::Tensor ResidualBlock::attention_input(const at::Tensor& x) const {
  const at::ScalarType dtype =
      attn.in_proj_bias.scalar_type();  // the weight's too, unless in 8 bits
  return fuses(x) ? fused_layer_norm(x, ln_1, dtype) : ln_1(x).to(dtype);
}

at::Tensor ResidualBlock::add_attention(const at::Tensor& x, const at::Tensor& collected) const {
  return x + attn.out_proj(collected);
}

at::Tensor ResidualBlock::add_mlp(const at::Tensor& x) const {
  return x + mlp(ln_2(x).to(mlp.c_fc.bias.scalar_type()));
}

at::Tensor ResidualBlock::operator()(const at::Tensor& x, bool causal) const {
  const auto [query, key, value] = attn.project(attention_input(x));  // [B, heads, tokens, 64] each
  const at::Tensor collected = attend(query, key, value, causal);     // [B, tokens, width]
  return finish_layer(*this, x, attn.out_proj(collected));            // [B, tokens, width]
}

at::Tensor ResidualBlock::class_token(const at::Tensor& x) const {
  const at::Tensor h = attention_input(x);                                  // [B, tokens, width]
  const at::Tensor query = attn.query(h.narrow(1, 0, 1));                   // [B, heads, 1, 64]
  const at::Tensor collected = attend(query, attn.key(h), attn.value(h));   // [B, 1, width]
  return finish_layer(*this, x.narrow(1, 0, 1), attn.out_proj(collected));  // [B, 1, width]
}

at::Tensor finish_layer(const ResidualBlock& block, const at::Tensor& x,
                        const at::Tensor& projected) {
  if (!fuses(x)) return block.add_mlp(x + projected);
  const auto [sum, normalised] = fused_add_layer_norm(x, projected, block.ln_2);
  return sum + block.mlp(normalised);
}

void ResidualBlock::change_activation() {
  const bool quick = mlp.activation == Activation::kQuickGelu;
  mlp.activation = quick ? Activation::kGelu : Activation::kQuickGelu;
  if (blocked)
    blocked = std::make_shared<const cpu::BlockedLayer>(blocked->with_activation(mlp.activation));
}

void ResidualBlock::pack(Arithmetic arithmetic, const cpu::PackedPlace& place) {
  if (arithmetic == Arithmetic::kFloat8) return round_to_float8(*this);
  blocked = std::make_shared<const cpu::BlockedLayer>(*this, arithmetic, place);
  for (at::Tensor* matrix :
       {&attn.in_proj_weight, &attn.in_proj_bias, &attn.out_proj.weight, &attn.out_proj.bias,
        &mlp.c_fc.weight, &mlp.c_fc.bias, &mlp.c_proj.weight, &mlp.c_proj.bias})
    matrix->reset();
}

namespace {

std::string name_of(std::int64_t layer) {
  return "resblocks." + std::to_string(layer);
}

}  // namespace

std::vector<ResidualBlock> read_resblocks(const Parameters& parameters, std::int64_t layers,
                                          std::int64_t width, Activation activation,
                                          std::optional<Arithmetic> packing,
                                          const PackedFile* packed) {
  std::vector<ResidualBlock> resblocks;
  resblocks.reserve(static_cast<std::size_t>(layers));
  for (std::int64_t i = 0; i < layers; ++i) {
    const Parameters block = parameters.in("resblocks").in(std::to_string(i));
    resblocks.emplace_back(block, width, activation);
    if (packing) resblocks.back().pack(*packing, {packed, name_of(i)});
    block.let_go();
  }
  return resblocks;
}

std::vector<PackedSection> packed_sections(std::int64_t layers, std::int64_t width,
                                           Arithmetic arithmetic) {
  std::vector<PackedSection> all;
  for (std::int64_t i = 0; i < layers; ++i)
    for (const PackedSection& section : cpu::BlockedLayer::sections(width, arithmetic))
      all.push_back({name_of(i) + "." + section.name, section.bytes});
  return all;
}

}  // namespace anomalyclip

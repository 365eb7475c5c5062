#include "model/cpu/blocked_layer.h"

#include <algorithm>
#include <array>
#include <vector>

#include <ATen/ops/empty.h>

#include "model/cpu/blocked_attention.h"
#include "model/cpu/instructions.h"
#include "model/cpu/workspace.h"
#include "model/residual_block.h"

#if ANOMALYCLIP_AVX512

namespace anomalyclip::cpu {
namespace {

int part_of(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::kQQ:
      return 0;
    case AttentionKind::kKK:
      return 1;
    case AttentionKind::kVV:
    case AttentionKind::kQK:  // never a local path
      break;
  }
  return 2;
}

/// The tensor itself where nobody else holds it, a copy otherwise.
float* writable(at::Tensor& x) {
  if (x.use_count() > 1 || !x.is_contiguous()) x = x.clone(at::MemoryFormat::Contiguous);
  return x.mutable_data_ptr<float>();
}

/// How the numbers between two products are kept.
Form form_of(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::kSplit:
      return Form::kSplit;
    case Arithmetic::kFloat32:
      return Form::kFull;
    default:
      return Form::kHalf;
  }
}

constexpr const char *kInProj = "attn.in_proj", *kOutProj = "attn.out_proj", *kCFc = "mlp.c_fc",
                     *kCProj = "mlp.c_proj";

PackedPlace in(const PackedPlace& layer, const char* product) {
  return {layer.file, layer.name + "." + product};
}

/// Numbers, and in 8 bits a scale and an offset for each output behind them.
std::int64_t packed_bytes(std::int64_t out, std::int64_t in, Arithmetic arithmetic) {
  if (arithmetic != Arithmetic::kInt8) return out * in * size_of(form_of(arithmetic));
  return out * in + out * std::int64_t{sizeof(float) + sizeof(std::int32_t)};
}

}  // namespace

/// What one run() works on.
struct BlockedLayer::Pass {
  Unit unit;
  TokenRows tokens;
  LayerNeeds needs;
  bool all_queries;  ///< Q of every token, not of the class token alone
  bool keys;
  HeadBuffers heads;
};

/// A left operand as the layer's products read it.
struct BlockedLayer::Left {
  ConstOperand numbers;  ///< null where products are of bytes
  ByteOperand bytes;     ///< null elsewhere

  Left at(int block, int in) const {
    const std::int64_t offset = std::int64_t{block} * kBlock * in;
    return bytes.numbers ? Left{{}, {bytes.numbers + offset, bytes.scale + block * kBlock}}
                         : Left{numbers.at(offset), {}};
  }
};

BlockedLayer::Product::Product(const at::Tensor& weight, const at::Tensor& bias_,
                               Arithmetic arithmetic, const PackedPlace& place)
    : bias(bias_.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous()),
      out(static_cast<int>(weight.size(0))),
      in(static_cast<int>(weight.size(1))) {
  lie_in(place.file ? place.file->section(place.name)
                    : at::empty({packed_bytes(out, in, arithmetic)}, at::kByte),
         arithmetic);
  if (place.file && place.file->filled()) return;
  const bool half = weight.scalar_type() == at::kHalf;
  pack((half ? weight : weight.to(at::kFloat)).contiguous(), arithmetic);
}

/// @param memory  [packed_bytes()] uint8
void BlockedLayer::Product::lie_in(const at::Tensor& memory, Arithmetic arithmetic) {
  const std::int64_t count = std::int64_t{out} * in;
  if (arithmetic == Arithmetic::kInt8) {
    const auto part = [&](std::int64_t begin, std::int64_t size, at::ScalarType type) {
      return memory.narrow(0, begin, size).view(type);
    };
    bytes = part(0, count, at::kChar);
    scale = part(count, out * std::int64_t{sizeof(float)}, at::kFloat);
    offset = part(count + out * std::int64_t{sizeof(float)},
                  out * std::int64_t{sizeof(std::int32_t)}, at::kInt);
  } else {
    form = form_of(arithmetic);
    numbers = memory;
  }
}

/// @param rows  [out, in] float16 or float32: a panel's rows are widened when its turn comes, so that a model of half
///              precision never lies in memory in full
void BlockedLayer::Product::pack(const at::Tensor& rows, Arithmetic arithmetic) const {
  const std::int64_t count = std::int64_t{out} * in, panel_numbers = std::int64_t{kBlock} * in;
  const auto widened = [&](int panel) {
    if (rows.scalar_type() == at::kFloat)
      return rows.const_data_ptr<float>() + panel * panel_numbers;
    thread_local std::vector<float> scratch;
    scratch.resize(static_cast<std::size_t>(panel_numbers));
    widen_float16(static_cast<const std::uint16_t*>(rows.const_data_ptr()) + panel * panel_numbers,
                  panel_numbers, scratch.data());
    return static_cast<const float*>(scratch.data());
  };
  const auto each_panel = [&](const auto& pack) {
    run_tasks(Unit::kAvx512, out / kBlock, static_cast<double>(count) * 0.002,
              [&](int panel) { pack(widened(panel), panel); });
  };
  if (arithmetic == Arithmetic::kInt8) {
    auto* to = bytes.mutable_data_ptr<std::int8_t>();
    auto* scales = scale.mutable_data_ptr<float>();
    auto* offsets = offset.mutable_data_ptr<std::int32_t>();
    return each_panel([&](const float* panel_rows, int panel) {
      pack_byte_panel(panel_rows, in, panel, to, scales, offsets);
    });
  }
  const Operand to = operand_in(numbers.mutable_data_ptr(), count, form);
  each_panel(
      [&](const float* panel_rows, int panel) { pack_panel(panel_rows, kBlock, in, to, panel); });
}

Matrix BlockedLayer::Product::panels(int first, int count) const {
  const Operand packed = operand_in(numbers.mutable_data_ptr(), std::int64_t{out} * in, form);
  return {packed.at(std::int64_t{first} * in * kBlock), count * kBlock, in};
}

ByteMatrix BlockedLayer::Product::byte_panels(int first, int count) const {
  return {bytes.const_data_ptr<std::int8_t>() + std::int64_t{first} * in * kBlock,
          scale.const_data_ptr<float>() + first * kBlock,
          offset.const_data_ptr<std::int32_t>() + first * kBlock, count * kBlock, in};
}

bool BlockedLayer::available(std::int64_t width, Arithmetic arithmetic) {
  const Unit unit = available_unit();
  const bool multiplies =
      arithmetic == Arithmetic::kFloat32 ? unit != Unit::kNone : multiplies_bfloat16(unit);
  return multiplies && width % kHead == 0 &&
         (arithmetic != Arithmetic::kInt8 || multiplies_bytes(unit));
}

BlockedLayer::BlockedLayer(const ResidualBlock& block, Arithmetic arithmetic,
                           const PackedPlace& place)
    : arithmetic_(arithmetic),
      activation_(block.mlp.activation),
      width_(static_cast<int>(block.ln_1.weight.numel())),
      ln_1_{block.ln_1.weight, block.ln_1.bias},
      ln_2_{block.ln_2.weight, block.ln_2.bias},
      in_proj_(block.attn.in_proj_weight, block.attn.in_proj_bias, arithmetic, in(place, kInProj)),
      out_proj_(block.attn.out_proj.weight, block.attn.out_proj.bias, arithmetic,
                in(place, kOutProj)),
      c_fc_(block.mlp.c_fc.weight, block.mlp.c_fc.bias, arithmetic, in(place, kCFc)),
      c_proj_(block.mlp.c_proj.weight, block.mlp.c_proj.bias, arithmetic, in(place, kCProj)) {}

std::vector<PackedSection> BlockedLayer::sections(std::int64_t width, Arithmetic arithmetic) {
  return {{kInProj, packed_bytes(3 * width, width, arithmetic)},
          {kOutProj, packed_bytes(width, width, arithmetic)},
          {kCFc, packed_bytes(4 * width, width, arithmetic)},
          {kCProj, packed_bytes(width, 4 * width, arithmetic)}};
}

BlockedLayer BlockedLayer::with_activation(Activation activation) const {
  BlockedLayer other = *this;
  other.activation_ = activation;
  return other;
}

void BlockedLayer::run(at::Tensor& original, std::vector<at::Tensor>& local,
                       const std::vector<AttentionKind>& attention, const LayerNeeds& needs) const {
  Workspace& workspace = Workspace::of_this_thread();
  Pass pass{available_unit(),
            {static_cast<int>(original.size(0)), static_cast<int>(original.size(1))},
            needs,
            needs.original == Rows::kAll,
            needs.original != Rows::kNone,
            {}};
  const TokenRows& tokens = pass.tokens;
  const std::int64_t rows = std::int64_t{tokens.blocks()} * kBlock;
  const auto buffer = [&](int slot) {
    return workspace.operand(slot, rows * width_, form_of(arithmetic_));
  };

  // Which forms of Q, K and V somebody reads.
  std::array<bool, 3> as_rows{pass.keys, false, false}, as_columns{false, pass.keys, false};
  for (std::size_t i = 0; needs.local && i < attention.size(); ++i) {
    const auto part = static_cast<std::size_t>(part_of(attention[i]));
    as_rows[part] = as_columns[part] = true;
    pass.all_queries |= part == 0;
    pass.keys |= part == 1;
  }
  pass.heads.heads = width_ / kHead;
  pass.heads.blocks = tokens.blocks_per_image();
  pass.heads.values = buffer(Workspace::kValues);
  for (int part = 0; part < 3; ++part) {
    if (as_rows[static_cast<std::size_t>(part)])
      pass.heads.rows[part] = buffer(Workspace::kRows + part);
    if (as_columns[static_cast<std::size_t>(part)])
      pass.heads.columns[part] = buffer(Workspace::kColumns + part);
  }

  const Operand normed = buffer(Workspace::kNormed);
  original = original.contiguous();
  blocked_layer_norm(original.const_data_ptr<float>(), original.stride(0), tokens, width_,
                     ln_1_.weight.const_data_ptr<float>(), ln_1_.bias.const_data_ptr<float>(),
                     normed);
  project(pass, normed);

  std::vector<AttentionPath> paths;
  for (std::size_t i = 0; needs.local && i < attention.size(); ++i) {
    const int part = part_of(attention[i]);
    paths.push_back(
        {part, part, pass.heads.blocks, buffer(Workspace::kCollected + 1 + static_cast<int>(i))});
  }
  const int attending =
      needs.original == Rows::kAll ? pass.heads.blocks : 1;  // blocks of the original path
  if (needs.original != Rows::kNone)
    paths.push_back({0, 1, attending, buffer(Workspace::kCollected)});
  blocked_attention(pass.unit, pass.heads, tokens.images, tokens.tokens, paths.data(),
                    static_cast<int>(paths.size()));

  for (std::size_t i = 0; needs.local && i < attention.size(); ++i)
    add_attention(pass, paths[i].out, local[i]);
  if (needs.original == Rows::kNone) return;
  if (needs.original == Rows::kClassToken)
    original = original.narrow(1, 0, 1).clone(at::MemoryFormat::Contiguous);
  add_attention(pass, paths.back().out, original);
  add_mlp(pass, original);
}

BlockedLayer::Left BlockedLayer::prepared(ConstOperand left, int blocks, int in) const {
  if (arithmetic_ != Arithmetic::kInt8) return {left, {}};
  const ByteOperand bytes = Workspace::of_this_thread().bytes(std::int64_t{blocks} * kBlock, in);
  quantize(left.high, blocks, in, bytes);
  return {{}, bytes};
}

void BlockedLayer::multiply(const Pass& pass, const Left& left, const TokenRows& rows,
                            const Product& product, int first, int count,
                            const Destination& to) const {
  if (arithmetic_ == Arithmetic::kInt8)
    byte_linear(pass.unit, left.bytes, rows, product.byte_panels(first, count), to);
  else
    blocked_linear(pass.unit, left.numbers, rows, product.panels(first, count), to);
}

/// Q, K and V of the normed tokens into the pass' heads.
void BlockedLayer::project(const Pass& pass, Operand normed) const {
  const int panels = width_ / kBlock;  // of one of the three
  const auto into_heads = [&](int first, int count, const Left& left, const TokenRows& rows,
                              const HeadBuffers& heads) {
    Destination to;
    to.kind = Destination::Kind::kHeads;
    to.bias = in_proj_.bias_of(first);
    to.heads = &heads;
    to.first_panel = first;
    multiply(pass, left, rows, in_proj_, first, count, to);
  };
  const TokenRows& all = pass.tokens;
  const Left tokens = prepared(normed, all.blocks(), width_);
  if (pass.all_queries) {
    into_heads(0, pass.keys ? 3 * panels : panels, tokens, all, pass.heads);
    if (!pass.keys) into_heads(2 * panels, panels, tokens, all, pass.heads);
    return;
  }
  into_heads(pass.keys ? panels : 2 * panels, pass.keys ? 2 * panels : panels, tokens, all,
             pass.heads);
  if (pass.needs.original != Rows::kClassToken) return;
  for (int image = 0; image < all.images; ++image) {  // the class token is an image's first
    HeadBuffers heads = pass.heads;
    heads.rows[0] = heads.rows[0].at(image * heads.heads * heads.head_size());
    into_heads(0, panels, tokens.at(image * all.blocks_per_image(), width_), {1, 1}, heads);
  }
}

/// x += out_proj(collected)
void BlockedLayer::add_attention(const Pass& pass, ConstOperand collected, at::Tensor& x) const {
  Destination to;
  to.bias = out_proj_.bias_of(0);
  to.residual = writable(x);
  const TokenRows rows{pass.tokens.images, static_cast<int>(x.size(1))};
  multiply(pass, prepared(collected, rows.blocks(), width_), rows, out_proj_, 0, width_ / kBlock,
           to);
}

/// x += c_proj(activation(c_fc(ln_2(x))))
void BlockedLayer::add_mlp(const Pass& pass, at::Tensor& x) const {
  Workspace& workspace = Workspace::of_this_thread();
  const TokenRows rows{pass.tokens.images, static_cast<int>(x.size(1))};
  const std::int64_t count = std::int64_t{rows.blocks()} * kBlock;
  const Form form = form_of(arithmetic_);
  const Operand normed = workspace.operand(Workspace::kNormed, count * width_, form);
  const Operand hidden = workspace.operand(Workspace::kHidden, count * c_fc_.out, form);
  blocked_layer_norm(x.const_data_ptr<float>(), x.stride(0), rows, width_,
                     ln_2_.weight.const_data_ptr<float>(), ln_2_.bias.const_data_ptr<float>(),
                     normed);
  Destination activated;
  activated.kind = Destination::Kind::kActivated;
  activated.bias = c_fc_.bias_of(0);
  activated.next = hidden;
  activated.activation = activation_ == Activation::kQuickGelu ? Destination::Activation::kQuickGelu
                                                               : Destination::Activation::kGelu;
  multiply(pass, prepared(normed, rows.blocks(), width_), rows, c_fc_, 0, c_fc_.out / kBlock,
           activated);
  Destination added;
  added.bias = c_proj_.bias_of(0);
  added.residual = writable(x);
  multiply(pass, prepared(hidden, rows.blocks(), c_proj_.in), rows, c_proj_, 0, width_ / kBlock,
           added);
}

}  // namespace anomalyclip::cpu

#else

namespace anomalyclip::cpu {
// Never constructed here: available() says so.
struct BlockedLayer::Pass {};
bool BlockedLayer::available(std::int64_t, Arithmetic) {
  return false;
}
BlockedLayer::Product::Product(const at::Tensor&, const at::Tensor&, Arithmetic, const PackedPlace&)
    : out(0), in(0) {}
std::vector<PackedSection> BlockedLayer::sections(std::int64_t, Arithmetic) {
  return {};
}
BlockedLayer::BlockedLayer(const ResidualBlock& block, Arithmetic arithmetic,
                           const PackedPlace& place)
    : arithmetic_(arithmetic),
      activation_(Activation::kGelu),
      width_(0),
      in_proj_({}, {}, arithmetic, place),
      out_proj_({}, {}, arithmetic, place),
      c_fc_({}, {}, arithmetic, place),
      c_proj_({}, {}, arithmetic, place) {
  (void)block;
}
BlockedLayer BlockedLayer::with_activation(Activation) const {
  return *this;
}
void BlockedLayer::run(at::Tensor&, std::vector<at::Tensor>&, const std::vector<AttentionKind>&,
                       const LayerNeeds&) const {}
}  // namespace anomalyclip::cpu

#endif

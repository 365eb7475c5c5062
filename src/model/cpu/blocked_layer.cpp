#include "model/cpu/blocked_layer.h"

#include <algorithm>
#include <array>

#include <ATen/ops/empty.h>

#include "model/cpu/blocked_attention.h"
#include "model/cpu/instructions.h"
#include "model/residual_block.h"

#if ANOMALYCLIP_AVX512

namespace anomalyclip::cpu {
namespace {

/// Scratch of one thread that encodes, kept from layer to layer and from frame to frame: pages that are already there.
class Workspace {
 public:
  enum Slot {
    kNormed,
    kHidden,
    kValues,
    kRows,
    kColumns = kRows + 3,
    kCollected = kColumns + 3,
    kBytes = kCollected + 4,
    kSlots
  };

  static Workspace& of_this_thread() {
    thread_local Workspace workspace;
    return workspace;
  }

  /// Room for an operand of `numbers`; its content is what the last user left.
  Operand operand(int slot, std::int64_t numbers, bool split) {
    at::Tensor& buffer = buffers_[static_cast<std::size_t>(slot)];
    const std::int64_t size = numbers * (split ? 2 : 1);
    if (!buffer.defined() || buffer.numel() < size) buffer = at::empty({size}, at::kShort);
    auto* high = reinterpret_cast<Half*>(buffer.mutable_data_ptr<std::int16_t>());
    return {high, split ? high + numbers : nullptr};
  }

  /// Room for an operand of 8-bit numbers.
  ByteOperand bytes(std::int64_t rows, std::int64_t in) {
    const Operand room = operand(kBytes, rows * in / 2 + 2 * rows, false);
    auto* numbers = reinterpret_cast<std::uint8_t*>(room.high);
    return {numbers, reinterpret_cast<float*>(numbers + rows * in)};
  }

 private:
  std::array<at::Tensor, kSlots> buffers_;
};

int part_of(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::kQQ:
      return 0;
    case AttentionKind::kKK:
      return 1;
    case AttentionKind::kVV:
      break;
  }
  return 2;
}

/// The tensor itself where nobody else holds it, a copy otherwise.
float* writable(at::Tensor& x) {
  if (x.use_count() > 1 || !x.is_contiguous()) x = x.clone(at::MemoryFormat::Contiguous);
  return x.mutable_data_ptr<float>();
}

const Half* numbers(const at::Tensor& packed) {
  return packed.defined() ? reinterpret_cast<const Half*>(packed.const_data_ptr<std::int16_t>())
                          : nullptr;
}

}  // namespace

/// What one run() works on.
struct BlockedLayer::Pass {
  Unit unit;
  int images, tokens, blocks;  ///< blocks of one image
  LayerNeeds needs;
  bool all_queries;  ///< Q of every token, not of the class token alone
  bool keys;
  HeadBuffers heads;
};

/// A left operand as the layer's products read it.
struct BlockedLayer::Left {
  ConstOperand half;
  ByteOperand bytes;  ///< null unless products are of bytes

  Left at(int block, int in) const {
    const std::int64_t numbers = std::int64_t{block} * kBlock * in;
    return bytes.numbers ? Left{{}, {bytes.numbers + numbers, bytes.scale + block * kBlock}}
                         : Left{half.at(numbers), {}};
  }
};

BlockedLayer::Product::Product(const at::Tensor& weight, const at::Tensor& bias_,
                               Arithmetic arithmetic)
    : bias(bias_.to(at::kFloat).contiguous()),
      out(static_cast<int>(weight.size(0))),
      in(static_cast<int>(weight.size(1))) {
  const at::Tensor rows = weight.to(at::kFloat).contiguous();
  pack(rows.const_data_ptr<float>(), arithmetic);
}

void BlockedLayer::Product::pack(const float* rows, Arithmetic arithmetic) {
  const std::int64_t count = std::int64_t{out} * in;
  const auto each_panel = [&](const auto& pack) {
    run_tasks(Unit::kAvx512, out / kBlock, static_cast<double>(count) * 0.002,
              [&](int panel) { pack(rows + std::int64_t{panel} * kBlock * in, panel); });
  };
  if (arithmetic == Arithmetic::kInt8) {
    bytes = at::empty({count}, at::kChar);
    scale = at::empty({out}, at::kFloat);
    offset = at::empty({out}, at::kInt);
    auto* to = bytes.mutable_data_ptr<std::int8_t>();
    auto* scales = scale.mutable_data_ptr<float>();
    auto* offsets = offset.mutable_data_ptr<std::int32_t>();
    return each_panel([&](const float* panel_rows, int panel) {
      pack_byte_panel(panel_rows, in, panel, to, scales, offsets);
    });
  }
  high = at::empty({count}, at::kShort);
  if (arithmetic == Arithmetic::kSplit) low = at::empty({count}, at::kShort);
  const Operand to = {const_cast<Half*>(numbers(high)), const_cast<Half*>(numbers(low))};
  each_panel(
      [&](const float* panel_rows, int panel) { pack_panel(panel_rows, kBlock, in, to, panel); });
}

Matrix BlockedLayer::Product::panels(int first, int count) const {
  const ConstOperand packed(numbers(high), numbers(low));
  return {packed.at(std::int64_t{first} * in * kBlock), count * kBlock, in};
}

ByteMatrix BlockedLayer::Product::byte_panels(int first, int count) const {
  return {bytes.const_data_ptr<std::int8_t>() + std::int64_t{first} * in * kBlock,
          scale.const_data_ptr<float>() + first * kBlock,
          offset.const_data_ptr<std::int32_t>() + first * kBlock, count * kBlock, in};
}

bool BlockedLayer::available(std::int64_t width, Arithmetic arithmetic) {
  const Unit unit = available_unit();
  return unit != Unit::kNone && width % kHead == 0 &&
         (arithmetic != Arithmetic::kInt8 || multiplies_bytes(unit));
}

BlockedLayer::BlockedLayer(const ResidualBlock& block, Arithmetic arithmetic)
    : arithmetic_(arithmetic),
      activation_(block.mlp.activation),
      width_(static_cast<int>(block.ln_1.weight.numel())),
      ln_1_{block.ln_1.weight, block.ln_1.bias},
      ln_2_{block.ln_2.weight, block.ln_2.bias},
      in_proj_(block.attn.in_proj_weight, block.attn.in_proj_bias, arithmetic),
      out_proj_(block.attn.out_proj.weight, block.attn.out_proj.bias, arithmetic),
      c_fc_(block.mlp.c_fc.weight, block.mlp.c_fc.bias, arithmetic),
      c_proj_(block.mlp.c_proj.weight, block.mlp.c_proj.bias, arithmetic) {}

BlockedLayer BlockedLayer::with_activation(Activation activation) const {
  BlockedLayer other = *this;
  other.activation_ = activation;
  return other;
}

void BlockedLayer::run(at::Tensor& original, std::vector<at::Tensor>& local,
                       const std::vector<AttentionKind>& attention, const LayerNeeds& needs) const {
  Workspace& workspace = Workspace::of_this_thread();
  Pass pass{available_unit(),
            static_cast<int>(original.size(0)),
            static_cast<int>(original.size(1)),
            blocks_for(original.size(1)),
            needs,
            needs.original == Rows::kAll,
            needs.original != Rows::kNone,
            {}};
  const std::int64_t rows = std::int64_t{pass.images} * pass.blocks * kBlock;
  const auto buffer = [&](int slot) {
    return workspace.operand(slot, rows * width_, arithmetic_ == Arithmetic::kSplit);
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
  pass.heads.blocks = pass.blocks;
  pass.heads.values = buffer(Workspace::kValues);
  for (int part = 0; part < 3; ++part) {
    if (as_rows[static_cast<std::size_t>(part)])
      pass.heads.rows[part] = buffer(Workspace::kRows + part);
    if (as_columns[static_cast<std::size_t>(part)])
      pass.heads.columns[part] = buffer(Workspace::kColumns + part);
  }

  const Operand normed = buffer(Workspace::kNormed);
  original = original.contiguous();
  blocked_layer_norm(original.const_data_ptr<float>(), original.stride(0), pass.images, pass.tokens,
                     width_, ln_1_.weight.const_data_ptr<float>(),
                     ln_1_.bias.const_data_ptr<float>(), normed);
  project(pass, normed);

  std::vector<AttentionPath> paths;
  for (std::size_t i = 0; needs.local && i < attention.size(); ++i) {
    const int part = part_of(attention[i]);
    paths.push_back(
        {part, part, pass.blocks, buffer(Workspace::kCollected + 1 + static_cast<int>(i))});
  }
  const int attending =
      needs.original == Rows::kAll ? pass.blocks : 1;  // blocks of the original path
  if (needs.original != Rows::kNone)
    paths.push_back({0, 1, attending, buffer(Workspace::kCollected)});
  blocked_attention(pass.unit, pass.heads, pass.images, pass.tokens, paths.data(),
                    static_cast<int>(paths.size()));

  for (std::size_t i = 0; needs.local && i < attention.size(); ++i)
    add_attention(pass, paths[i].out, pass.blocks, local[i]);
  if (needs.original == Rows::kNone) return;
  if (needs.original == Rows::kClassToken)
    original = original.narrow(1, 0, 1).clone(at::MemoryFormat::Contiguous);
  add_attention(pass, paths.back().out, attending, original);
  add_mlp(pass, original);
}

BlockedLayer::Left BlockedLayer::prepared(ConstOperand left, int blocks, int in) const {
  if (arithmetic_ != Arithmetic::kInt8) return {left, {}};
  const ByteOperand bytes = Workspace::of_this_thread().bytes(std::int64_t{blocks} * kBlock, in);
  quantize(left.high, blocks, in, bytes);
  return {{}, bytes};
}

void BlockedLayer::multiply(const Pass& pass, const Left& left, int blocks, int blocks_per_image,
                            const Product& product, int first, int count,
                            const Destination& to) const {
  if (arithmetic_ == Arithmetic::kInt8)
    byte_linear(pass.unit, left.bytes, blocks, blocks_per_image, product.byte_panels(first, count),
                to);
  else
    blocked_linear(pass.unit, left.half, blocks, blocks_per_image, product.panels(first, count),
                   to);
}

/// Q, K and V of the normed tokens into the pass' heads.
void BlockedLayer::project(const Pass& pass, Operand normed) const {
  const int panels = width_ / kBlock;  // of one of the three
  const auto into_heads = [&](int first, int count, const Left& left, int blocks,
                              const HeadBuffers& heads) {
    Destination to;
    to.kind = Destination::Kind::kHeads;
    to.bias = in_proj_.bias_of(first);
    to.heads = &heads;
    to.first_panel = first;
    multiply(pass, left, blocks, pass.blocks, in_proj_, first, count, to);
  };
  const int all = pass.images * pass.blocks;
  const Left tokens = prepared(normed, all, width_);
  if (pass.all_queries) {
    into_heads(0, pass.keys ? 3 * panels : panels, tokens, all, pass.heads);
    if (!pass.keys) into_heads(2 * panels, panels, tokens, all, pass.heads);
    return;
  }
  into_heads(pass.keys ? panels : 2 * panels, pass.keys ? 2 * panels : panels, tokens, all,
             pass.heads);
  if (pass.needs.original != Rows::kClassToken) return;
  for (int image = 0; image < pass.images;
       ++image) {  // the class token is in an image's first block
    HeadBuffers heads = pass.heads;
    heads.rows[0] = heads.rows[0].at(image * heads.heads * heads.head_size());
    into_heads(0, panels, tokens.at(image * pass.blocks, width_), 1, heads);
  }
}

/// x += out_proj(collected)
void BlockedLayer::add_attention(const Pass& pass, ConstOperand collected, int blocks_per_image,
                                 at::Tensor& x) const {
  Destination to;
  to.bias = out_proj_.bias_of(0);
  to.residual = writable(x);
  to.tokens = static_cast<int>(x.size(1));
  const int blocks = pass.images * blocks_per_image;
  multiply(pass, prepared(collected, blocks, width_), blocks, blocks_per_image, out_proj_, 0,
           width_ / kBlock, to);
}

/// x += c_proj(activation(c_fc(ln_2(x))))
void BlockedLayer::add_mlp(const Pass& pass, at::Tensor& x) const {
  Workspace& workspace = Workspace::of_this_thread();
  const int tokens = static_cast<int>(x.size(1)), per_image = blocks_for(tokens),
            blocks = pass.images * per_image;
  const std::int64_t rows = std::int64_t{blocks} * kBlock;
  const bool split = arithmetic_ == Arithmetic::kSplit;
  const Operand normed = workspace.operand(Workspace::kNormed, rows * width_, split);
  const Operand hidden = workspace.operand(Workspace::kHidden, rows * c_fc_.out, split);
  blocked_layer_norm(x.const_data_ptr<float>(), std::int64_t{tokens} * width_, pass.images, tokens,
                     width_, ln_2_.weight.const_data_ptr<float>(),
                     ln_2_.bias.const_data_ptr<float>(), normed);
  Destination activated;
  activated.kind = Destination::Kind::kActivated;
  activated.bias = c_fc_.bias_of(0);
  activated.next = hidden;
  activated.activation = activation_ == Activation::kQuickGelu ? Destination::Activation::kQuickGelu
                                                               : Destination::Activation::kGelu;
  multiply(pass, prepared(normed, blocks, width_), blocks, per_image, c_fc_, 0, c_fc_.out / kBlock,
           activated);
  Destination added;
  added.bias = c_proj_.bias_of(0);
  added.residual = writable(x);
  added.tokens = tokens;
  multiply(pass, prepared(hidden, blocks, c_proj_.in), blocks, per_image, c_proj_, 0,
           width_ / kBlock, added);
}

}  // namespace anomalyclip::cpu

#else

namespace anomalyclip::cpu {
// Never constructed here: available() says so.
struct BlockedLayer::Pass {};
bool BlockedLayer::available(std::int64_t, Arithmetic) {
  return false;
}
BlockedLayer::Product::Product(const at::Tensor&, const at::Tensor&, Arithmetic) : out(0), in(0) {}
BlockedLayer::BlockedLayer(const ResidualBlock& block, Arithmetic arithmetic)
    : arithmetic_(arithmetic),
      activation_(Activation::kGelu),
      width_(0),
      in_proj_({}, {}, arithmetic),
      out_proj_({}, {}, arithmetic),
      c_fc_({}, {}, arithmetic),
      c_proj_({}, {}, arithmetic) {
  (void)block;
}
BlockedLayer BlockedLayer::with_activation(Activation) const {
  return *this;
}
void BlockedLayer::run(at::Tensor&, std::vector<at::Tensor>&, const std::vector<AttentionKind>&,
                       const LayerNeeds&) const {}
}  // namespace anomalyclip::cpu

#endif

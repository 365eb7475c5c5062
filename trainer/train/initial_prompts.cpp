#include "train/initial_prompts.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

namespace anomalyclip::trainer {
namespace {

/// Draws numbers as torch's initialisers do, and forgets most of them.
class Draws {
 public:
  explicit Draws(at::Generator generator) : generator_(std::move(generator)) {}

  void skip_uniform(std::int64_t count) { at::empty({count}).uniform_(0, 1, generator_); }
  void skip_normal(std::int64_t count) { at::empty({count}).normal_(0, 1, generator_); }

  at::Tensor normal(at::IntArrayRef shape) { return at::empty(shape).normal_(0, 0.02, generator_); }

  /// A linear layer's weights and bias.
  void skip_linear(std::int64_t out, std::int64_t in) {
    skip_uniform(out * in);
    skip_uniform(out);
  }

  void skip_block(std::int64_t width) {
    skip_linear(width, width);        // attn.out_proj
    skip_uniform(3 * width * width);  // attn.in_proj
    skip_linear(4 * width, width);
    skip_linear(width, 4 * width);
  }

 private:
  at::Generator generator_;
};

void skip_clip(Draws& draws, const ClipConfig& model) {
  const std::int64_t vision = model.vision_width, text = model.text_width;
  draws.skip_uniform(vision * 3 * model.patch_size * model.patch_size);
  draws.skip_normal(vision);
  draws.skip_normal((1 + model.grid() * model.grid()) * vision);
  for (std::int64_t i = 0; i < model.vision_layers; ++i) draws.skip_block(vision);
  draws.skip_normal(vision * model.embed_dim);
  for (std::int64_t i = 0; i < model.text_layers; ++i) draws.skip_block(text);
  draws.skip_normal(model.vocabulary * text);
  // CLIP then draws its text tower a second time.
  draws.skip_normal(model.vocabulary * text);
  draws.skip_normal(model.context_length * text);
  for (std::int64_t i = 0; i < model.text_layers; ++i) {
    draws.skip_normal(3 * text * text);
    draws.skip_normal(text * text);
    draws.skip_normal(4 * text * text);
    draws.skip_normal(4 * text * text);
  }
  draws.skip_normal(text * model.embed_dim);
}

}  // namespace

InitialPrompts draw_initial_prompts(const ClipConfig& model, const PromptShape& shape,
                                    int dpam_layers, std::uint64_t seed) {
  InitialPrompts initial{{}, at::detail::createCPUGenerator(seed)};
  Draws draws(initial.generator);
  skip_clip(draws, model);
  const std::int64_t width = model.text_width;
  LearnedPrompts& learned = initial.learned;
  learned.ctx_pos = draws.normal({1, 1, shape.context, width});
  learned.ctx_neg = draws.normal({1, 1, shape.context, width});
  if (shape.shared) learned.ctx_neg = learned.ctx_pos;
  learned.concatenated = shape.concatenated;
  for (int i = 0; i < shape.deep_prompts(); ++i)
    learned.compound_prompts_text.push_back(draws.normal({shape.length, width}));
  draws.skip_linear(896, width);  // a projection that the reference makes and never uses
  for (int i = 0; i < dpam_layers; ++i) {
    draws.skip_linear(3 * model.vision_width, model.vision_width);
    draws.skip_linear(model.vision_width, model.vision_width);
  }
  return initial;
}

}  // namespace anomalyclip::trainer

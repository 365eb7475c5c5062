#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <torch/torch.h>

#include "shape.h"

namespace anomalyclip::pretrain {

namespace {

constexpr float kPi = std::numbers::pi_v<float>;

/// Two-dimensional cosines from coarse to fine: of brightness, and for the last fifth of colour differences.
at::Tensor cosine_filters(const Shape& shape) {
  const auto p = static_cast<int>(shape.patch), width = static_cast<int>(shape.width);
  const auto cosine = [p](int k, int n) {
    return (k == 0 ? std::numbers::sqrt2_v<float> / 2.f : 1.f) *
           std::cos(kPi * (static_cast<float>(n) + 0.5f) * static_cast<float>(k) /
                    static_cast<float>(p));
  };
  std::vector<std::pair<int, int>> order;
  for (int i = 0; i < p * p; ++i) order.emplace_back(i / p, i % p);
  std::stable_sort(order.begin(), order.end(), [](auto a, auto b) {
    return a.first * a.first + a.second * a.second < b.first * b.first + b.second * b.second;
  });
  constexpr float kColors[2][3] = {{1, -1, 0}, {0.5f, 0.5f, -1}};
  at::Tensor out = at::zeros({width, 3, p, p});
  auto w = out.accessor<float, 4>();
  const int grey = width * 4 / 5;
  for (int k = 0; k < width; ++k) {
    const auto [fy, fx] =
        order[static_cast<std::size_t>(std::min(k < grey ? k : (k - grey) / 2, p * p - 1))];
    const float finer =
        std::min(4.f, std::sqrt(1.f + 0.35f * static_cast<float>(fy * fy + fx * fx)));
    for (int c = 0; c < 3; ++c) {
      const float share = k < grey ? finer / 3.f : kColors[(k - grey) % 2][c] * 2.f / 3.f;
      for (int y = 0; y < p; ++y)
        for (int x = 0; x < p; ++x)
          w[k][c][y][x] = share * cosine(fy, y) * cosine(fx, x) / static_cast<float>(p);
    }
  }
  return out;
}

at::Tensor sine_positions(const Shape& shape) {
  const std::int64_t grid = shape.grid(), quarter = shape.width / 4;
  const at::Tensor frequency =
      at::pow(100.0, -at::arange(quarter, at::kFloat) / static_cast<double>(quarter));
  const at::Tensor at_pixel = at::arange(grid, at::kFloat);
  const at::Tensor x = at_pixel.repeat({grid}).unsqueeze(1) * frequency;
  const at::Tensor y = at_pixel.repeat_interleave(grid).unsqueeze(1) * frequency;
  return at::cat({x.sin(), x.cos(), y.sin(), y.cos()}, 1) * 0.3;
}

/// Draws and names tensors; the order of the calls decides the numbers.
struct Initializer {
  at::Generator generator;
  Tensors out;

  at::Tensor normal(at::IntArrayRef size, double deviation) {
    return at::randn(size, generator, at::TensorOptions(at::kFloat)) * deviation;
  }

  void layer_norm(const std::string& name, std::int64_t width) {
    out[name + ".weight"] = at::ones({width});
    out[name + ".bias"] = at::zeros({width});
  }

  void linear(const std::string& name, std::int64_t to, std::int64_t from, double deviation) {
    out[name + ".weight"] = normal({to, from}, deviation);
    out[name + ".bias"] = at::zeros({to});
  }

  void block(const std::string& name, std::int64_t width, std::int64_t layers) {
    const double w = std::pow(static_cast<double>(width), -0.5),
                 out_scale = w * std::pow(2.0 * static_cast<double>(layers), -0.5);
    out[name + ".attn.in_proj_weight"] = normal({3 * width, width}, w);
    out[name + ".attn.in_proj_bias"] = at::zeros({3 * width});
    linear(name + ".attn.out_proj", width, width, out_scale);
    layer_norm(name + ".ln_1", width);
    linear(name + ".mlp.c_fc", 4 * width, width, w / std::numbers::sqrt2);
    linear(name + ".mlp.c_proj", width, 4 * width, out_scale);
    layer_norm(name + ".ln_2", width);
  }
};

}  // namespace

Tensors initial_weights(const Shape& shape, std::uint64_t seed) {
  Initializer init{at::make_generator<at::CPUGeneratorImpl>(seed), {}};
  Tensors& t = init.out;
  const std::int64_t w = shape.width, tw = shape.text_width;
  const double root = std::pow(static_cast<double>(w), -0.5),
               text_root = std::pow(static_cast<double>(tw), -0.5);

  t["visual.conv1.weight"] =
      cosine_filters(shape) + init.normal({w, 3, shape.patch, shape.patch}, 0.01);
  t["visual.class_embedding"] = init.normal({w}, root);
  t["visual.positional_embedding"] = at::cat({init.normal({1, w}, 0.02), sine_positions(shape)});
  init.layer_norm("visual.ln_pre", w);
  for (std::int64_t i = 0; i < shape.layers; ++i) {
    const std::string name = "visual.transformer.resblocks." + std::to_string(i);
    init.block(name, w, shape.layers);
    at::Tensor in = t[name + ".attn.in_proj_weight"];
    in.slice(0, w, 2 * w).mul_(0.3).add_(in.slice(0, 0, w), 0.7);
    in.slice(0, 0, 2 * w).mul_(1.2);
    t[name + ".attn.out_proj.weight"].sub_(in.slice(0, 2 * w, 3 * w).t(), 0.2);
  }
  init.layer_norm("visual.ln_post", w);
  t["visual.proj"] = init.normal({w, shape.embed}, root);

  t["token_embedding.weight"] = init.normal({shape.vocabulary, tw}, 0.5);
  t["positional_embedding"] = init.normal({shape.context, tw}, 0.01);
  for (std::int64_t i = 0; i < shape.text_layers; ++i)
    init.block("transformer.resblocks." + std::to_string(i), tw, shape.text_layers);
  init.layer_norm("ln_final", tw);
  t["text_projection"] = init.normal({tw, shape.embed}, text_root);
  t["logit_scale"] = at::full({}, std::log(1.0 / kTemperature), at::kFloat);

  t["ctx_pos"] = init.normal({1, 1, shape.prompt_length, tw}, 0.3);
  t["ctx_neg"] = init.normal({1, 1, shape.prompt_length, tw}, 0.3);
  for (std::int64_t i = 0; i + 1 < shape.text_layers; ++i)
    t["compound_prompts_text." + std::to_string(i)] =
        init.normal({shape.deep_prompt_length, tw}, 0.3);
  return t;
}

void equalize_filters(Tensors& weights, const Shape& shape, const at::Tensor& images) {
  const at::NoGradGuard no_grad;
  at::Tensor& filters = weights.at("visual.conv1.weight");
  const at::Tensor responses = at::conv2d(images, filters, {}, shape.patch).flatten(2);
  const at::Tensor deviation = responses.var(2, false).mean(0).sqrt().clamp_min(1e-3);
  filters.div_(deviation.view({-1, 1, 1, 1}));
}

}  // namespace anomalyclip::pretrain

#include "textures.h"

#include <array>

#include <opencv2/imgproc.hpp>

namespace anomalyclip::synth {

namespace {

constexpr std::array kKinds{
    TextureKind{"clouds", draw_clouds, 1.2f},
    TextureKind{"wood", draw_wood, 1.0f},
    TextureKind{"marble", draw_marble, 0.8f},
    TextureKind{"stone", draw_stone, 0.8f},
    TextureKind{"leather", draw_leather, 1.6f},
    TextureKind{"terrazzo", draw_terrazzo, 0.6f},
    TextureKind{"cork", draw_cork, 0.8f},
    TextureKind{"granules", draw_granules, 0.6f},
    TextureKind{"weave", draw_weave, 1.0f},
    TextureKind{"knit", draw_knit, 0.6f},
    TextureKind{"carpet", draw_carpet, 1.2f},
    TextureKind{"felt", draw_felt, 0.6f},
    TextureKind{"stripes", draw_stripes, 0.8f},
    TextureKind{"brushed", draw_brushed, 2.0f},
    TextureKind{"plastic", draw_plastic, 1.6f},
    TextureKind{"mesh", draw_mesh, 0.8f},
    TextureKind{"perforated", draw_perforated, 0.6f},
    TextureKind{"tiles", draw_tiles, 0.7f},
    TextureKind{"circuit", draw_circuit, 0.4f},
    TextureKind{"asphalt", draw_asphalt, 1.6f},
    TextureKind{"hammered", draw_hammered, 0.8f},
    TextureKind{"tread", draw_tread, 0.5f},
};

int pick(Random& random, const std::vector<int>& allowed) {
  float total = 0;
  for (int k : allowed) total += kKinds[static_cast<std::size_t>(k)].weight;
  float at = random.uniform(0, total);
  for (int k : allowed) {
    at -= kKinds[static_cast<std::size_t>(k)].weight;
    if (at < 0) return k;
  }
  return allowed.back();
}

}  // namespace

std::span<const TextureKind> texture_kinds() {
  return kKinds;
}

Image draw_texture(Sketch& sketch, const std::vector<int>& allowed, int* kind) {
  Random& r = sketch.random;
  const int chosen = pick(r, allowed);
  if (kind != nullptr) *kind = chosen;
  Image out = kKinds[static_cast<std::size_t>(chosen)].draw(sketch);
  if (r.chance(0.1f)) {
    const Image second = kKinds[static_cast<std::size_t>(pick(r, allowed))].draw(sketch);
    const float share = r.uniform(0.15f, 0.4f);
    out = out * (1.f - share) + second * share;
  }
  if (r.chance(0.25f)) {
    const int part = static_cast<int>(sketch.size * r.uniform(0.35f, 0.9f)),
              room = sketch.size - part + 1;
    const cv::Rect view(r.integer(0, room), r.integer(0, room), part, part);
    Image zoomed;
    cv::resize(out(view), zoomed, out.size(), 0, 0, cv::INTER_CUBIC);
    out = zoomed;
  }
  const cv::Scalar mean = cv::mean(out);
  const float contrast = r.log_uniform(0.25f, 1.3f);
  cv::addWeighted(out, contrast, Image(out.size(), Color(mean[0], mean[1], mean[2])),
                  1.f - contrast, 0, out);
  cv::min(out, cv::Scalar::all(1), out);
  cv::max(out, cv::Scalar::all(0), out);
  return out;
}

}  // namespace anomalyclip::synth

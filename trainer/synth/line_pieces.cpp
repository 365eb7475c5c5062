#include "line_pieces.h"

#include <cmath>

#include <opencv2/imgproc.hpp>

#include "textures.h"

namespace anomalyclip::synth {

namespace {

/// Bores or dots at the same places of every part.
Plane details(const Product& product, cv::Point2f center, float radius, float angle, int size) {
  Random r(product.details_seed, 0);
  const int count = r.integer(1, 9);
  const float share = r.uniform(0.04f, 0.1f), ring = r.uniform(0.25f, 0.6f);
  std::vector<Outline> dots;
  for (int i = 0; i < count; ++i) {
    const float t = angle + 6.2832f * i / static_cast<float>(count), d = ring * radius;
    dots.push_back(
        blob(r, center + cv::Point2f(d * std::cos(t), d * std::sin(t)), share * radius, 0, 1, 0));
  }
  return filled(dots, size, 0.6f);
}

}  // namespace

Image draw_belt_tile(Sketch& s, const std::vector<int>& textures) {
  const Image texture = draw_texture(s, textures);
  const float share = s.random.uniform(0.3f, 0.7f), grey = s.random.uniform(0.15f, 0.5f);
  return Image(texture * (0.4f * share) +
               plain(s.size, {grey, grey, grey * 1.03f}) * (1.f - 0.4f * share));
}

Product draw_product(Sketch& s, const Repertoire& repertoire, const Product* before) {
  Random& r = s.random;
  Product out;
  const auto shape = [&](std::size_t at) -> const ShapeKind& {
    return shape_kinds()[static_cast<std::size_t>(
        repertoire.shapes[at % repertoire.shapes.size()])];
  };
  auto chosen = static_cast<std::size_t>(r.integer(0, static_cast<int>(repertoire.shapes.size())));
  if (before != nullptr && before->shape == shape(chosen).name) ++chosen;
  const ShapeKind& kind = shape(chosen);
  out.shape = kind.name;
  out.outline = kind.trace(r);
  int texture = 0;
  out.material = draw_texture(s, repertoire.textures, &texture);
  out.texture = texture_kinds()[static_cast<std::size_t>(texture)].name;
  out.material = Image(out.material * 0.5f + plain(s.size, random_color(r)) * 0.5f);
  out.details_seed = r.chance(0.6f) ? r.bits() | 1 : 0;
  out.detail_color = random_color(r) * r.uniform(0.1f, 0.8f);
  out.radius_share = r.uniform(0.4f, 0.46f);
  out.dome = r.uniform(0.3f, 2.f);
  return out;
}

Scene draw_piece(Sketch& s, const Product& product, const Image& belt) {
  Random& r = s.random;
  Scene scene;
  const float half = s.size / 2.f, radius = product.radius_share * s.size,
              angle = 0.12f * r.normal();
  const cv::Point2f center(half + s.px(4) * r.normal(), half + s.px(4) * r.normal());
  const int room = product.material.rows - s.size;
  scene.surface =
      product.material(cv::Rect(r.integer(0, room + 1), r.integer(0, room + 1), s.size, s.size))
          .clone();
  scene.surface *= r.uniform(0.95f, 1.05f);
  scene.instances = {placed(product.outline, center, radius, angle)};
  scene.coverage = filled(scene.instances, s.size, s.px(0.6f));
  scene.shape = product.shape;
  scene.texture = product.texture;
  if (product.details_seed != 0)
    blend(scene.surface, product.detail_color, details(product, center, radius, angle, s.size));
  add(scene.surface, relief(blurred(scene.coverage, s.px(6)), 0.8f, product.dome));
  scene.background = belt.clone();
  Plane shadow;
  cv::warpAffine(blurred(scene.coverage, s.px(4)), shadow,
                 cv::Matx23f(1, 0, s.px(5), 0, 1, s.px(6)), scene.coverage.size());
  multiply(scene.background, 1.f - 0.45f * shadow);
  cv::min(scene.surface, cv::Scalar::all(1), scene.surface);
  cv::max(scene.surface, cv::Scalar::all(0), scene.surface);
  return scene;
}

}  // namespace anomalyclip::synth

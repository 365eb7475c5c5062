#include "scene.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "textures.h"

namespace anomalyclip::synth {

namespace {

/// What good parts carry and what is no defect: frames, seams, print.
void draw_frame(Sketch& s, Image& image) {
  Random& r = s.random;
  const float width = s.px(r.uniform(4, 30)), end = static_cast<float>(s.size - 1);
  const int side = r.integer(0, 4);
  const Plane strip = per_pixel(s.size, [=](float x, float y) {
    const float d = side == 0 ? x : side == 1 ? end - x : side == 2 ? y : end - y;
    return std::clamp(width - d, 0.f, 1.f);
  });
  blend(image, random_color(r) * r.uniform(0, 1.f), strip);
}

void draw_seams(Sketch& s, Image& image) {
  Random& r = s.random;
  const Lattice at = lattice(s, false);
  const float gap = s.px(r.log_uniform(40, 400)), width = s.px(r.log_uniform(0.8f, 4.f)),
              dark = r.uniform(0.2f, 0.8f);
  multiply(image, map_planes(at.x, at.y, [=](float x, float) {
             const float d = std::abs(x - gap * std::round(x / gap));
             return 1.f - dark * std::clamp(width - d + 0.5f, 0.f, 1.f);
           }));
}

struct Pose {
  cv::Point2f center;
  float radius, angle;
};

std::vector<Pose> draw_poses(Sketch& s, bool single) {
  Random& r = s.random;
  const float half = s.size / 2.f, angle = r.angle();
  if (single) {
    return {{{half + s.px(r.uniform(-25, 25)), half + s.px(r.uniform(-25, 25))},
             s.px(r.uniform(60, 118)),
             angle}};
  }
  const int n = r.integer(2, 5);
  const float step = static_cast<float>(s.size) / n, radius = step * r.uniform(0.3f, 0.46f);
  const bool loose = r.chance(0.5f);
  std::vector<Pose> out;
  for (int i = 0; i < n * n; ++i) {
    if (n > 2 && !r.chance(0.94f)) continue;
    out.push_back(
        {{(i % n + 0.5f) * step + r.uniform(-3, 3), (i / n + 0.5f) * step + r.uniform(-3, 3)},
         radius,
         angle + (loose ? r.angle() : 0.f)});
  }
  return out;
}

/// Bores, chips of chocolate, dots of print: at the same places on every piece, or anywhere on irregular ones.
Plane draw_details(Sketch& s, const std::vector<Pose>& poses, bool irregular) {
  Random& r = s.random;
  const int count = r.integer(1, 14);
  const float share = r.uniform(0.03f, 0.12f), ring = r.uniform(0.3f, 0.7f);
  std::vector<Outline> dots;
  for (const Pose& pose : poses) {
    for (int i = 0; i < count; ++i) {
      const float t = irregular ? r.angle() : pose.angle + 6.2832f * i / static_cast<float>(count);
      const float d = pose.radius * (irregular ? 0.75f * std::sqrt(r.uniform()) : ring);
      const float radius =
          std::max(1.5f, pose.radius * share * (irregular ? r.uniform(0.6f, 1.6f) : 1.f));
      dots.push_back(blob(r, pose.center + cv::Point2f(d * std::cos(t), d * std::sin(t)), radius,
                          irregular ? 0.25f : 0.f, 1.f, 0.f));
    }
  }
  return filled(dots, s.size, 0.5f);
}

/// Letters or a rectangle printed on the piece.
void draw_print(Sketch& s, const std::vector<Pose>& poses, Image& surface) {
  Random& r = s.random;
  cv::Mat1b ink(s.size, s.size, static_cast<uchar>(0));
  std::string text;
  const int letters = r.integer(1, 6);
  for (int i = 0; i < letters; ++i)
    text += static_cast<char>(r.chance(0.6f) ? r.integer('A', 'Z' + 1) : r.integer('0', '9' + 1));
  const int font = r.integer(0, 5), thickness = r.integer(1, 4);
  const double scale = r.uniform(0.006f, 0.014f);
  for (const Pose& pose : poses) {
    const cv::Point at(cvRound(pose.center.x - pose.radius * 0.4f),
                       cvRound(pose.center.y + pose.radius * 0.15f));
    cv::putText(ink, text, at, font, scale * pose.radius, 255, thickness, cv::LINE_AA);
  }
  Plane soft;
  ink.convertTo(soft, CV_32F, r.uniform(0.4f, 1.f) / 255.0);
  blend(surface, random_color(r), blurred(soft, 0.5f));
}

Image draw_ground(Sketch& s, const Repertoire& repertoire) {
  Random& r = s.random;
  Image out = r.chance(0.45f) ? draw_texture(s, repertoire.textures) : draw_plastic(s);
  if (r.chance(0.4f)) cv::GaussianBlur(out, out, {}, s.px(r.uniform(1, 4)));
  return out;
}

/// A part as dark as its background would not be a part.
void separate(Image& surface, const Image& background) {
  const cv::Scalar a = cv::mean(surface), b = cv::mean(background);
  const double here = (a[0] + a[1] + a[2]) / 3, there = (b[0] + b[1] + b[2]) / 3;
  if (std::abs(here - there) < 0.15) surface += cv::Scalar::all(there < 0.5 ? 0.3 : -0.3);
}

void shade_piece(Sketch& s, const Plane& coverage, Image& surface) {
  Random& r = s.random;
  const Plane dome = blurred(coverage, s.px(r.uniform(3, 14)));
  if (r.chance(0.7f)) add(surface, relief(dome, r.angle(), r.uniform(0, 3.f)));
  if (r.chance(0.5f)) multiply(surface, 1.f + r.uniform(-0.3f, 0.5f) * (dome - 0.7f));
}

void cast_shadow(Sketch& s, const Plane& coverage, Image& background) {
  Random& r = s.random;
  const Plane soft = blurred(coverage, s.px(r.uniform(2, 8)));
  const cv::Matx23f move(1, 0, s.px(r.uniform(-9, 9)), 0, 1, s.px(r.uniform(-9, 9)));
  Plane shadow;
  cv::warpAffine(soft, shadow, move, soft.size(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  multiply(background, 1.f - r.uniform(0.2f, 0.7f) * shadow);
}

}  // namespace

Image Scene::composed() const {
  Image out = background.empty() ? surface.clone() : background.clone();
  if (!background.empty()) blend(out, surface, coverage);
  return out;
}

Scene draw_sheet(Sketch& s, const Repertoire& repertoire) {
  Scene scene;
  int kind = 0;
  scene.surface = draw_texture(s, repertoire.textures, &kind);
  scene.texture = texture_kinds()[static_cast<std::size_t>(kind)].name;
  scene.coverage = Plane(s.size, s.size, 1.f);
  if (s.random.chance(0.1f)) draw_frame(s, scene.surface);
  if (s.random.chance(0.08f)) draw_seams(s, scene.surface);
  return scene;
}

Scene draw_object(Sketch& s, const Repertoire& repertoire) {
  Random& r = s.random;
  Scene scene;
  scene.background = draw_ground(s, repertoire);
  const auto& kind =
      shape_kinds()[static_cast<std::size_t>(repertoire.shapes[static_cast<std::size_t>(
          r.integer(0, static_cast<int>(repertoire.shapes.size())))])];
  scene.shape = kind.name;
  int texture = 0;
  scene.surface = draw_texture(s, repertoire.textures, &texture);
  scene.texture = texture_kinds()[static_cast<std::size_t>(texture)].name;
  if (r.chance(0.4f)) scene.surface = Image(scene.surface * 0.3 + draw_plastic(s) * 0.7);
  separate(scene.surface, scene.background);

  const std::vector<Pose> poses = draw_poses(s, kind.irregular || r.chance(0.65f));
  const Outline outline = kind.trace(r);
  for (const Pose& pose : poses)
    scene.instances.push_back(
        placed(kind.irregular ? kind.trace(r) : outline, pose.center, pose.radius, pose.angle));
  scene.coverage = filled(scene.instances, s.size, s.px(0.6f));

  if (r.chance(0.6f)) {
    const Color color = random_color(r) * (r.chance(0.5f) ? r.uniform(0, 0.5f) : 1.f);
    blend(scene.surface, color, draw_details(s, poses, kind.irregular));
  }
  if (r.chance(0.15f)) draw_print(s, poses, scene.surface);
  shade_piece(s, scene.coverage, scene.surface);
  if (r.chance(0.6f)) cast_shadow(s, scene.coverage, scene.background);
  for (Image* image : {&scene.surface, &scene.background}) {
    cv::min(*image, cv::Scalar::all(1), *image);
    cv::max(*image, cv::Scalar::all(0), *image);
  }
  return scene;
}

}  // namespace anomalyclip::synth

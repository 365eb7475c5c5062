#include "damage.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace anomalyclip::synth {

cv::Mat1b visible(const Plane& touched, const Image& good, const Image& bad, float noise) {
  const float least = std::max(0.02f, 0.5f * noise);
  Plane changed(good.size());
  for (int y = 0; y < good.rows; ++y) {
    for (int x = 0; x < good.cols; ++x) {
      const Color d = bad(y, x) - good(y, x);
      changed(y, x) =
          std::max({std::abs(d[0]), std::abs(d[1]), std::abs(d[2])}) > least ? 1.f : 0.f;
    }
  }
  const Plane dense = blurred(changed, 1.5f);
  cv::Mat1b out(good.size());
  for (int y = 0; y < good.rows; ++y)
    for (int x = 0; x < good.cols; ++x)
      out(y, x) = touched(y, x) > 0.35f && dense(y, x) > 0.3f ? 255 : 0;
  return out;
}

Damage damaged(Sketch& sketch, const Scene& scene, const Image& good,
               const std::vector<int>& materials) {
  Damage out{good, Plane(good.size(), 0.f), -1};
  const int count = sketch.random.chance(0.3f) ? sketch.random.integer(1, 4) : 1;
  const double least = least_area(sketch), most = 0.4 * sketch.size * sketch.size;
  for (int i = 0; i < count; ++i) {
    for (int attempt = 0; attempt < 3; ++attempt) {
      Stage stage{scene, out.image.clone(), materials};
      int kind = -1;
      const Plane touched = draw_defect(sketch, stage, kind);
      const int area = cv::countNonZero(touched > 0.35f);
      if (area < least || area > most) continue;
      cv::min(stage.image, cv::Scalar::all(1), stage.image);
      cv::max(stage.image, cv::Scalar::all(0), stage.image);
      out.image = stage.image;
      out.touched =
          map_planes(out.touched, touched, [](float a, float b) { return std::max(a, b); });
      out.kind = kind;
      break;
    }
  }
  return out;
}

}  // namespace anomalyclip::synth
